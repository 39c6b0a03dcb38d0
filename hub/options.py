"""What a user may ask for, whether by the form, by a link or through the API, and what they get."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, StrictStr, ValidationError
from pydantic_core import ErrorDetails

from hub.failures import FORBIDDEN, Refusal
from hub.offers import (
    ANY_NODE,
    CPU,
    GPU,
    IMAGE,
    MEMORY,
    NODE,
    Choice,
    Offer,
    Source,
    cores_in_words,
    gpus_in_words,
    memory_in_words,
)
from hub.person import Person
from hub.profile_settings import Profile

OF_PROFILE = ":"
"""Between an option and its profile in the form, where every profile has its own."""


class UserOptions(BaseModel):
    """Nothing else is understood, and nothing is converted."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    profile: StrictStr | None = None
    image: StrictStr | None = None
    cpu: StrictStr | None = None
    memory: StrictStr | None = None
    gpu: StrictStr | None = None
    node: StrictStr | None = None


@dataclass(frozen=True)
class Chosen:
    """What a server is started with."""

    profile: Profile
    image: Source
    cpu_limit: float
    memory_limit: int
    gpus: int
    nodes: tuple[str, ...]
    """The only ones it may run on; any where none are named."""

    @property
    def cpu_guarantee(self) -> float:
        return min(self.profile.cpu_guarantee, self.cpu_limit)

    @property
    def memory_guarantee(self) -> int:
        return min(self.profile.memory_guarantee, self.memory_limit)


def parse_options(options: object) -> UserOptions:
    """The options, if they are any."""
    if not isinstance(options, dict):
        raise refusal("the options must be an object")
    try:
        return UserOptions.model_validate(options)
    except ValidationError as error:
        raise refusal("; ".join(map(_sentence, error.errors(include_url=False)))) from error


def require_known(options: object, profiles: Collection[str]) -> None:
    """Options of an earlier start may name what the stack file has no more."""
    name = parse_options(options).profile
    if name is not None and name not in profiles:
        raise refusal(f"there is no profile {name[:80]!r}")


def options_from_form(form: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """A form or a query string holds lists; every option is given once. Of a form with all profiles, one counts."""
    repeated = sorted(name for name, values in form.items() if len(values) != 1)
    if repeated:
        raise refusal(f"{', '.join(map(_quoted, repeated))} must be given once")
    given = {name: values[0] for name, values in form.items() if name != "_xsrf"}
    mine = f"{OF_PROFILE}{given.get('profile')}"
    return {
        name.removesuffix(mine): value for name, value in given.items() if OF_PROFILE not in name or name.endswith(mine)
    }


def choose(options: object, offers: Sequence[Offer], person: Person) -> Chosen:
    """What the options mean, or the reason why they are refused."""
    given = parse_options(options)
    offer = _offered(given.profile, offers, person)
    picked = {kind: _picked(kind, value, offer) for kind, value in given.model_dump(exclude={"profile"}).items()}
    profile = offer.profile
    node, image, cpu, memory, gpu = (picked[kind] for kind in (NODE, IMAGE, CPU, MEMORY, GPU))
    chosen = Chosen(
        profile=profile,
        image=offer.sources[image.value if image else profile.image],
        cpu_limit=cpu.amount if cpu else profile.cpu_limit,
        memory_limit=int(memory.amount) if memory else profile.memory_limit,
        gpus=int(gpu.amount) if gpu else offer.gpus,
        nodes=(node.value,) if node and node.value != ANY_NODE else offer.nodes,
    )
    _require_room(chosen, offer)
    return chosen


def _offered(name: str | None, offers: Sequence[Offer], person: Person) -> Offer:
    if not offers:
        mine = f"you are in {', '.join(sorted(person.groups))} only" if person.groups else "you are in no group"
        message = f"Nothing is offered to you: every profile is for some group, and {mine}. Ask an administrator."
        raise Refusal("profile", message, FORBIDDEN)
    for offer in offers:
        if name in {None, offer.profile.name}:
            return offer
    names = ", ".join(offer.profile.name for offer in offers)
    raise refusal(f"there is no profile {str(name)[:80]!r} for you; choose one of {names}")


def _picked(kind: str, value: str | None, offer: Offer) -> Choice | None:
    selection = offer.selections.get(kind)
    if selection is None:
        if value is not None:
            raise refusal(f"profile {offer.profile.name!r} offers no choice of {kind}; leave {kind!r} out")
        return None
    wanted = selection.default if value is None else value
    for choice in selection.choices:
        if choice.value == wanted:
            return choice
    raise refusal(f"there is no {kind} {wanted[:80]!r}; choose one of {', '.join(selection.values)}"[:350])


def _require_room(chosen: Chosen, offer: Offer) -> None:
    """A server that no node can hold would wait until it is given up."""
    if not offer.capacities:
        return
    nodes = [node for node in offer.capacities if not chosen.nodes or node.name in chosen.nodes]
    for node in nodes:
        if node.gpus >= chosen.gpus and node.capacity.cpu >= chosen.cpu_limit and node.memory >= chosen.memory_limit:
            return
    size = (
        f"{cores_in_words(chosen.cpu_limit)}, {memory_in_words(chosen.memory_limit)} and {gpus_in_words(chosen.gpus)}"
    )
    where = f"node {chosen.nodes[0]} does not hold" if chosen.nodes else "no node holds"
    raise refusal(f"{where} {size} together; choose less, or another node")


def refusal(reason: str) -> Refusal:
    return Refusal("options", f"The server was not started: {reason}.", 400)


def _sentence(detail: ErrorDetails) -> str:
    name = _quoted(".".join(map(str, detail["loc"])))
    if detail["type"] == "extra_forbidden":
        return f"there is no option {name}, there are {', '.join(UserOptions.model_fields)}"
    return f"{name} must be a text"


def _quoted(name: str) -> str:
    return repr(name[:80])
