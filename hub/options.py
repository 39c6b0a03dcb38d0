"""What a user may ask for, whether by the form, by a link or through the API."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, StrictStr, ValidationError
from pydantic_core import ErrorDetails

from hub.failures import Refusal
from hub.settings import Profile


class UserOptions(BaseModel):
    """Nothing else is understood, and nothing is converted."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    profile: StrictStr | None = None


def parse_options(options: object, profiles: Sequence[Profile]) -> UserOptions:
    """The options, or the reason why they are refused."""
    if not isinstance(options, dict):
        raise refusal("the options must be an object")
    try:
        parsed = UserOptions.model_validate(options)
    except ValidationError as error:
        raise refusal("; ".join(map(_sentence, error.errors(include_url=False)))) from error
    if parsed.profile is not None and parsed.profile not in {profile.name for profile in profiles}:
        raise refusal(f"there is no profile {parsed.profile[:80]!r}; choose one of {_names(profiles)}")
    return parsed


def options_from_form(form: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """A form or a query string holds lists; every option is given once."""
    repeated = sorted(name for name, values in form.items() if len(values) != 1)
    if repeated:
        raise refusal(f"{', '.join(map(_quoted, repeated))} must be given once")
    return {name: values[0] for name, values in form.items() if name != "_xsrf"}


def chosen_profile(options: UserOptions, profiles: Sequence[Profile]) -> Profile:
    return next((profile for profile in profiles if profile.name == options.profile), profiles[0])


def refusal(reason: str) -> Refusal:
    return Refusal("options", f"The server was not started: {reason}.", 400)


def _sentence(detail: ErrorDetails) -> str:
    name = _quoted(".".join(map(str, detail["loc"])))
    if detail["type"] == "extra_forbidden":
        return f"there is no option {name}, the only one is 'profile'"
    return f"{name} must be a text"


def _quoted(name: str) -> str:
    return repr(name[:80])


def _names(profiles: Sequence[Profile]) -> str:
    return ", ".join(profile.name for profile in profiles)
