"""What providers would compute, as far as a program may depend on it: references in place of generated values."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final


def generated(kind: str, length: int, name: str) -> str:
    """The reference to a value that is made once and kept: `password` (letters and digits) or `digits`."""
    return f"<<generated:{kind}:{length}:{name}>>"


def is_generated_by(name: str, text: str) -> bool:
    """Whether a text holds what the resource of that name generates."""
    return re.search(rf"<<generated:[a-z0-9]+:[0-9]+:{re.escape(name)}>>", text) is not None


def declared(name: str) -> str:
    """The reference to a secret that somebody gives by hand."""
    return f"<<declared:{name}>>"


def _random_password(name: str, inputs: Mapping[str, Any]) -> dict[str, str]:
    if inputs.get("special") is not False:
        raise ValueError(f"RandomPassword {name!r}: set special=False, a reference stands for letters and digits only")
    kind = "digits" if inputs.get("upper") is False and inputs.get("lower") is False else "password"
    return {"result": generated(kind, inputs["length"], name)}


def _only_there(*outputs: str) -> Callable[[str, Mapping[str, Any]], dict[str, str]]:
    """What somebody else's service chooses, and only an engine could ask for."""
    return lambda name, _inputs: {output: f"<<id:{name}:{output}>>" for output in outputs}


COMPUTED: Final[Mapping[str, Callable[[str, Mapping[str, Any]], Mapping[str, Any]]]] = {
    "random:index/randomPassword:RandomPassword": _random_password,
    "cloudflare:index/zeroTrustAccessApplication:ZeroTrustAccessApplication": _only_there("aud"),
    "cloudflare:index/zeroTrustAccessServiceToken:ZeroTrustAccessServiceToken": _only_there("clientId", "clientSecret"),
}


def _existing_realm(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": asked["realm"], "realm": asked["realm"]}


def _existing_group(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": f"<<id:group:{asked['name']}>>", "name": asked["name"], "realmId": asked["realmId"]}


ASKED: Final[Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]]] = {
    "keycloak:index/getRealm:getRealm": _existing_realm,
    "keycloak:index/getGroup:getGroup": _existing_group,
}
"""What a program asks of things that somebody else keeps: it is taken to be there."""


def identity(type_: str, name: str, inputs: Mapping[str, Any]) -> str:
    """The id a provider would give; Kubernetes' follows from the manifest, any other stays a reference."""
    metadata: dict[str, Any] = inputs.get("metadata", {})
    if type_.startswith("kubernetes:") and "name" in metadata:
        return "/".join(str(metadata[part]) for part in ("namespace", "name") if part in metadata)
    return f"<<id:{type_}:{name}>>"
