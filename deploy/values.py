"""The values of the Secrets: which exist already, which are made now, which somebody has to give. Pure but for randomness."""

import re
import secrets
import string
from base64 import b64encode
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from components.naming import FINGERPRINT_KEY, SECRETS_ANNOTATION
from components.pods import keyed_fingerprint
from lab.problem import Problem

_GENERATED: Final = re.compile(r"<<generated:(?P<kind>digits|password):(?P<length>\d+):(?P<name>[^>]+)>>")
_DECLARED: Final = re.compile(r"<<declared:(?P<name>[^>]+)>>")
_READABLE_BY_OTHERS: Final = 0o077


@dataclass(frozen=True, order=True)
class Place:
    """One key of one Secret."""

    namespace: str
    secret: str
    key: str


def fill(references: Mapping[Place, str], kept: Mapping[Place, str], given: Mapping[str, str]) -> dict[Place, str]:
    """A value for every place. What the cluster keeps stays, unless somebody gives another; one reference, one value."""
    values: dict[str, str] = {}
    for place, reference in sorted(references.items()):
        if place in kept:
            values.setdefault(reference, kept[place])
    for reference in sorted(set(references.values())):
        if declared := _DECLARED.fullmatch(reference):
            name = declared["name"]
            if name in given:
                values[reference] = given[name]
            elif reference not in values:
                raise KeyError(name)
        elif reference not in values:
            values[reference] = _made(reference)
    return {
        place: values[reference] if place not in kept or _DECLARED.fullmatch(reference) else kept[place]
        for place, reference in references.items()
    }


def _made(reference: str) -> str:
    wanted = _GENERATED.fullmatch(reference)
    if wanted is None:
        raise ValueError(f"{reference} is no reference that this version knows")
    length = int(wanted["length"])
    letters = string.digits if wanted["kind"] == "digits" else string.ascii_letters + string.digits
    return "".join(secrets.choice(letters) for _ in range(length))


def with_values(
    manifest: Mapping[str, Any], values: Mapping[Place, str], references: Mapping[Place, str]
) -> Mapping[str, Any]:
    """A Secret with its values, pods with the fingerprints of theirs; anything else as it is."""
    if manifest["kind"] == "Secret":
        ours = (manifest["metadata"]["namespace"], manifest["metadata"]["name"])
        held = {place.key: value for place, value in values.items() if (place.namespace, place.secret) == ours}
        return {**manifest, "data": {key: b64encode(value.encode()).decode() for key, value in held.items()}}
    template: dict[str, Any] = manifest.get("spec", {}).get("template", {})
    shown: str = template.get("metadata", {}).get("annotations", {}).get(SECRETS_ANNOTATION, "")
    if not shown:
        return manifest
    key = next(place for place in references if place.key == FINGERPRINT_KEY)
    for place, reference in references.items():
        placeholder = keyed_fingerprint(references[key], reference)
        shown = shown.replace(placeholder, keyed_fingerprint(values[key], values[place]))
    filled: dict[str, Any] = deepcopy(dict(manifest))
    filled["spec"]["template"]["metadata"]["annotations"][SECRETS_ANNOTATION] = shown
    return filled


def generated(references: Mapping[Place, str], kept: Mapping[Place, str]) -> dict[str, str]:
    """The generated values that the cluster keeps, by name."""
    found = ((_GENERATED.fullmatch(reference), kept[place]) for place, reference in references.items() if place in kept)
    return {match["name"]: value for match, value in found if match}


def missing(references: Mapping[Place, str], kept: Mapping[Place, str], given: Mapping[str, str]) -> list[str]:
    """The declared secrets that nobody has given and the cluster does not keep."""
    there = {references[place] for place in kept if place in references}
    wanted = {
        reference: match["name"] for reference in references.values() if (match := _DECLARED.fullmatch(reference))
    }
    return sorted(name for reference, name in wanted.items() if name not in given and reference not in there)


def declared_values(
    references: Mapping[Place, str], kept: Mapping[Place, str], given: Mapping[str, str]
) -> dict[str, str]:
    """The declared secrets by name, from who gave them or from the cluster."""
    found = {
        match["name"]: kept[place]
        for place, ref in references.items()
        if place in kept and (match := _DECLARED.fullmatch(ref))
    }
    return found | dict(given)


def read_given(directory: Path) -> dict[str, str]:
    """The secrets given as files, by name; a file that others may read is refused."""
    given: dict[str, str] = {}
    loose: list[str] = []
    for path in sorted(directory.glob("*")) if directory.is_dir() else ():
        if path.stat().st_mode & _READABLE_BY_OTHERS:
            loose.append(f"  chmod 600 {path}")
        given[path.name] = path.read_text().removesuffix("\n")
    if loose:
        raise Problem("\n".join(["secrets that other users of this machine may read are refused; first run", *loose]))
    return given
