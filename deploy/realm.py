"""The realm: where no engine has made it Keycloak's own import does, and what differs from it is set right either way.

People are made once and then left alone. Secrets are only ever in memory.
"""

import time
from collections.abc import Collection
from typing import Final

from components.identity.realm_document import Document, profile_document
from deploy.keycloak import Json, Keycloak, RefusedError
from deploy.realm_rights import client_of, groups_of
from lab.problem import Problem
from settings.contract import Contract

_WITH_CALLS_OF_THEIR_OWN: Final = ("protocolMappers", "defaultClientScopes", "optionalClientScopes")
"""Of a client."""
_TRIES: Final = 3
_PAUSE: Final = 5.0
_ITS_OWN_FAULT: Final = 500
_BESIDE_RULES: Final = ("clients", "roles", "groups", "users", "components", "clientProfiles", "clientPolicies")


def apply(keycloak: Keycloak, agreed: Contract, document: Document, pause: float = _PAUSE) -> list[str]:
    """Bring the realm, or what is ours in it, to what the document says; what was done, a line each."""
    for more in reversed(range(_TRIES)):
        try:
            return _brought(keycloak, agreed, document)
        except RefusedError as refused:
            # A server that stumbles has kept nothing of that step, and everything is compared before it is changed.
            if refused.status < _ITS_OWN_FAULT or not more:
                raise Problem(
                    f"the realm {agreed.realm!r} at {keycloak.url} cannot be brought to what is declared: {refused}"
                ) from refused
        time.sleep(pause)
    raise AssertionError("the last try returns or raises")


def _brought(keycloak: Keycloak, agreed: Contract, document: Document) -> list[str]:
    realm = f"realms/{agreed.realm}"
    if agreed.realm_is_ours and keycloak.get(realm) is None:
        keycloak.post("realms", document)
        return [f"realm {agreed.realm} made", *_settle(keycloak, realm, agreed, document)]
    return _settle(keycloak, realm, agreed, document)


def _settle(keycloak: Keycloak, realm: str, agreed: Contract, document: Document) -> list[str]:
    done = _rules(keycloak, realm, document) if agreed.realm_is_ours else []
    done += _missing(keycloak, realm, agreed, document)
    for client in document["clients"]:
        done += _client(keycloak, realm, client)
    return done + _bearers(keycloak, realm, agreed, document)


def _rules(keycloak: Keycloak, realm: str, document: Document) -> list[str]:
    wanted = {key: value for key, value in document.items() if key not in _BESIDE_RULES}
    parts: tuple[tuple[str, Document], ...] = (
        (realm, wanted),
        (f"{realm}/users/profile", profile_document()),
        (f"{realm}/client-policies/profiles", document["clientProfiles"]),
        (f"{realm}/client-policies/policies", document["clientPolicies"]),
    )
    done: list[str] = []
    for path, part in parts:
        if drifted := differing(part, keycloak.get(path)):
            keycloak.put(path, part)
            done.append(f"{path.removeprefix('realms/')} set right: {', '.join(drifted)}")
    return done


def _missing(keycloak: Keycloak, realm: str, agreed: Contract, document: Document) -> list[str]:
    """What is not there is imported; what is there is left to the comparison, and people to themselves."""
    if agreed.realm_is_ours:
        parts = {key: document[key] for key in ("clients", "roles", "groups", "users")}
        answer = keycloak.post(f"{realm}/partialImport", {"ifResourceExists": "SKIP", **parts})
        added = [each for each in answer["results"] if each["action"] == "ADDED"]
        return [f"{each['resourceType'].lower().replace('_', ' ')} {each['resourceName']} made" for each in added]
    # An import asks for rights over the whole realm, which is somebody else's.
    done: list[str] = []
    for wanted in document["clients"]:
        name = wanted["clientId"]
        if client_of(keycloak, realm, name) is None:
            keycloak.post(f"{realm}/clients", wanted)
            done.append(f"client {name} made")
        done += _roles(keycloak, realm, name, document["roles"]["client"].get(name, []))
    return done


def _roles(keycloak: Keycloak, realm: str, client: str, wanted: list[Document]) -> list[str]:
    path = f"{realm}/clients/{_id(keycloak, realm, client)}/roles"
    there = {role["name"] for role in keycloak.get(path)}
    absent = [role for role in wanted if role["name"] not in there]
    for role in absent:
        keycloak.post(path, role)
    return [f"role {role['name']} of client {client} made" for role in absent]


def _client(keycloak: Keycloak, realm: str, wanted: Document) -> list[str]:
    name = wanted["clientId"]
    path = f"{realm}/clients/{_id(keycloak, realm, name)}"
    live, fields = keycloak.get(path), {key: wanted[key] for key in wanted if key not in _WITH_CALLS_OF_THEIR_OWN}
    drifted = differing(fields, live)
    if drifted:
        attributes = {**live.get("attributes", {}), **fields["attributes"]}
        # The mappers have calls of their own, and would be taken for new ones here.
        keycloak.put(path, {**live, **fields, "attributes": attributes, "protocolMappers": None})
    drifted += _mappers(keycloak, path, live.get("protocolMappers", []), wanted["protocolMappers"])
    for kind in ("default", "optional"):
        drifted += _scopes(keycloak, realm, path, kind, wanted[f"{kind}ClientScopes"])
    return [f"client {name} set right: {', '.join(drifted)}"] if drifted else []


def _mappers(keycloak: Keycloak, client: str, live: list[Document], wanted: list[Document]) -> list[str]:
    """A mapper that nobody declares could write any claim, so it goes."""
    path, there, done = f"{client}/protocol-mappers/models", {mapper["name"]: mapper for mapper in live}, list[str]()
    for mapper in wanted:
        found = there.pop(mapper["name"], None)
        if found is None:
            keycloak.post(path, mapper)
        elif differing(mapper, found):
            keycloak.put(f"{path}/{found['id']}", {**found, **mapper})
        else:
            continue
        done.append(f"mapper {mapper['name']}")
    for name, mapper in sorted(there.items()):
        keycloak.delete(f"{path}/{mapper['id']}")
        done.append(f"mapper {name}")
    return done


def _scopes(keycloak: Keycloak, realm: str, client: str, kind: str, wanted: Collection[str]) -> list[str]:
    path = f"{client}/{kind}-client-scopes"
    live = {scope["name"]: scope["id"] for scope in keycloak.get(path)}
    surplus, absent = sorted(live.keys() - set(wanted)), sorted(set(wanted) - live.keys())
    for name in surplus:
        keycloak.delete(f"{path}/{live[name]}")
    known = {scope["name"]: scope["id"] for scope in keycloak.get(f"{realm}/client-scopes")} if absent else {}
    for name in absent:
        keycloak.put(f"{path}/{known[name]}", {})
    return [f"{kind} scope {name}" for name in (*surplus, *absent)]


def _bearers(keycloak: Keycloak, realm: str, agreed: Contract, document: Document) -> list[str]:
    """The hub's roles are borne by the groups that the document says, and by no other."""
    identifier, groups, done = _id(keycloak, realm, agreed.client_id), groups_of(keycloak, realm), list[str]()
    for role in (each["name"] for each in document["roles"]["client"][agreed.client_id]):
        path = f"{realm}/clients/{identifier}/roles/{role}"
        found, live = (
            keycloak.get(path),
            {group["path"]: group["id"] for group in keycloak.get(f"{path}/groups", max="1000")},
        )
        wanted = {f"/{group}": groups[group] for group in agreed.roles[role]}
        for group in sorted(live.keys() - wanted.keys()):
            keycloak.delete(f"{realm}/groups/{live[group]}/role-mappings/clients/{identifier}", [found])
            done.append(f"group {group} bears role {role} no longer")
        for group in sorted(wanted.keys() - live.keys()):
            keycloak.post(f"{realm}/groups/{wanted[group]}/role-mappings/clients/{identifier}", [found])
            done.append(f"group {group} bears role {role}")
    return done


def _id(keycloak: Keycloak, realm: str, client: str) -> str:
    found = client_of(keycloak, realm, client)
    if found is None:
        raise Problem(f"{realm}: the client {client!r} was made, and is not there")
    return found["id"]


def differing(wanted: Json, live: Json, path: str = "") -> list[str]:
    """The fields of what is wanted that are otherwise in what is there. What is there beyond them is not looked at."""
    if isinstance(wanted, dict) and isinstance(live, dict):
        below = f"{path}." if path else ""
        return [found for key, value in wanted.items() for found in differing(value, live.get(key), f"{below}{key}")]
    if isinstance(wanted, list) and isinstance(live, list) and len(wanted) == len(live):
        pairs = zip(_ordered(wanted), _ordered(live), strict=True)
        return [path] if any(differing(mine, theirs, path) for mine, theirs in pairs) else []
    # What is off or empty is often not said at all.
    return [] if wanted == live or (live is None and not wanted) else [path or "it"]


def _ordered(items: list[Json]) -> list[Json]:
    """Texts mean the same in any order; whole objects are told apart by theirs."""
    return sorted(items, key=str) if all(isinstance(item, str) for item in items) else items
