"""Whether the pinned JupyterHub accepts these settings: `python -m hub.check < settings.json`.

Loads jupyterhub_config.py as `jupyterhub` does and tries every trait on the real class. Needs neither a cluster nor secrets;
prints the problems as JSON and ends with 1 if there are any.
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path

from jupyterhub.app import JupyterHub
from jupyterhub.crypto import CryptKeeper
from jupyterhub.proxy import ConfigurableHTTPProxy
from jupyterhub.scopes import ScopeNotFound, scope_definitions
from jupyterhub.scopes import _check_scopes_exist as check_scopes  # pyright: ignore[reportPrivateUsage] - it is what the hub calls
from pydantic import ValidationError
from traitlets import TraitError
from traitlets.config import Config, Configurable
from traitlets.config.loader import PyFileConfigLoader

from hub.login.traits import AUTHENTICATORS
from hub.places import Places
from hub.secret_files import KEY_BYTES, read_secrets
from hub.settings import (
    CLIENT_SECRET,
    COOKIE_SECRET,
    CRYPT_KEY,
    DATABASE_PASSWORD,
    METRICS_TOKEN,
    PROXY_TOKEN,
    HubSettings,
    service_token,
)
from hub.spawner import PlatformSpawner
from hub.trait import PLATFORM, Trait
from hub.traits import DECIDED_ELSEWHERE, given_traits, traits
from hub.watch import PersistentEventReflector, PersistentPodReflector

Classes = tuple[type[Configurable], ...]

IN_USE: Classes = (
    JupyterHub,
    PlatformSpawner,
    ConfigurableHTTPProxy,
    CryptKeeper,
    PersistentPodReflector,
    PersistentEventReflector,
)
"""A section of the configuration reaches these classes, and nothing else, by their own name or a parent's; beside them the login's."""


@dataclass(frozen=True)
class Problem:
    key: str
    reason: str
    mend: str


def check(text: str) -> list[Problem]:
    try:
        settings = HubSettings.model_validate_json(text)
    except ValidationError as error:
        return [_of_settings(detail["loc"], detail["msg"]) for detail in error.errors(include_url=False)]
    with tempfile.TemporaryDirectory() as directory:
        places = _placeholders(Path(directory), text, settings)
        table = traits(settings, read_secrets(settings, places.secrets), places)
        config = _load(places)
    used = (*IN_USE, AUTHENTICATORS[settings.login.kind])
    return [*problems(config, table, given_traits(settings), used), *unknown_scopes(settings)]


def unknown_scopes(settings: HubSettings) -> Iterator[Problem]:
    """Scopes of services and roles that this JupyterHub does not know: the hub would not start."""
    for key, entries in {"hub.services": settings.services, "hub.roles": settings.roles}.items():
        for position, entry in enumerate(entries):
            for scope in entry.scopes:
                name = scope.partition("!")[0]
                try:
                    check_scopes([scope])
                except ScopeNotFound as error:
                    reason = str(error).replace("  ", " ")
                    yield Problem(f"{key}.{position}.scopes", reason, _hint(name, dict.fromkeys(scope_definitions)))


def problems(config: Config, table: list[Trait], given: list[Trait], used: Classes = IN_USE) -> Iterator[Problem]:
    """Everything wrong with a loaded configuration; the two lists say what is in it and which key it comes from."""
    sections = _sections(used)
    taken = {trait.key: problem for trait in given if (problem := _taken(sections, trait, table))}
    yield from taken.values()
    # What was taken has been said; its value stands in the loaded configuration in place of ours.
    overridden = {trait.name for trait in given if trait.key in taken}
    for trait in [*table, *given]:
        if trait.name in overridden:
            continue
        loaded = config[trait.owner]
        if trait.name not in loaded:
            raise LookupError(f"jupyterhub_config.py does not set {trait.owner}.{trait.name}")
        yield from _wrong_name(sections, trait.owner, trait.name, trait.key)
        yield from _wrong_value(sections.get(trait.owner, ()), trait.name, loaded[trait.name], trait.key)


def _sections(used: Classes) -> dict[str, Classes]:
    """Which of the classes in use a section reaches."""
    sections: dict[str, Classes] = {}
    for each in used:
        for parent in each.__mro__:
            if issubclass(parent, Configurable) and parent is not Configurable:
                sections[parent.__name__] = (*sections.get(parent.__name__, ()), each)
    return sections


def _wrong_name(sections: Mapping[str, Classes], owner: str, name: str, key: str) -> Iterator[Problem]:
    if owner not in sections:
        yield Problem(key, f"there is no class {owner} in the hub", _hint(owner, sections))
        return
    known = {known for used in sections[owner] for known in used.class_trait_names(config=True)}
    if name not in known:
        yield Problem(key, f"{owner} has no trait {name}", _hint(name, known))


def _hint(word: str, known: Mapping[str, object] | set[str]) -> str:
    close = get_close_matches(word, list(known), 1)
    return f"did you mean {close[0]}?" if close else "remove it"


def _wrong_value(used: Classes, name: str, value: object, key: str) -> Iterator[Problem]:
    for owner in used:
        trait = owner.class_traits(config=True).get(name)
        if trait is None:
            continue
        try:
            # An instance without __init__ has its validators and none of the rest.
            trait._validate(owner.__new__(owner), value)  # pyright: ignore[reportPrivateUsage] - setting it would run observers
        except TraitError as error:
            yield Problem(key, str(error), f"give {name} a value of the type its documentation names")
            return
        except Exception as error:
            yield Problem(key, f"{owner.__name__}.{name} refuses {value!r}: {error}", "give a value it accepts")
            return


def _taken(sections: Mapping[str, Classes], given: Trait, table: list[Trait]) -> Problem | None:
    """A trait that something else decides already, by its own name or through another trait."""
    if given.name in DECIDED_ELSEWHERE:
        return _decided(given, DECIDED_ELSEWHERE[given.name])
    reached = set(sections.get(given.owner, ()))
    for trait in table:
        if trait.name == given.name and reached & set(sections[trait.owner]):
            return _decided(given, trait.key)
    return None


def _decided(given: Trait, key: str) -> Problem:
    if key == PLATFORM:
        return Problem(given.key, "is set by the platform, which depends on it", "remove it")
    return Problem(given.key, f"is set by the key {key}", f"remove it, and change {key} instead")


def _of_settings(path: tuple[int | str, ...], message: str) -> Problem:
    return Problem(".".join(map(str, path)) or "hub", message, "the program and the hub disagree about HubSettings")


def _placeholders(directory: Path, text: str, settings: HubSettings) -> Places:
    places = Places(settings=directory / "settings.json", secrets=directory, state=directory)
    places.settings.write_text(text)
    for name in (COOKIE_SECRET, CRYPT_KEY):
        (directory / name).write_text("0" * 2 * KEY_BYTES)
    tokens = [service_token(service.name) for service in settings.services]
    for name in (PROXY_TOKEN, DATABASE_PASSWORD, METRICS_TOKEN, CLIENT_SECRET, *tokens):
        (directory / name).write_text("placeholder")
    return places


def _load(places: Places) -> Config:
    os.environ |= {
        "JUPYTERHUB_SETTINGS": str(places.settings),
        "JUPYTERHUB_SECRETS": str(places.secrets),
        "JUPYTERHUB_STATE": str(places.state),
    }
    return PyFileConfigLoader("jupyterhub_config.py", path=str(Path(__file__).parent)).load_config()


if __name__ == "__main__":
    found = check(sys.stdin.read())
    print(json.dumps([asdict(problem) for problem in found], indent=2))
    sys.exit(1 if found else 0)
