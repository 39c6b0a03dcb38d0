"""All that Keycloak says of a realm, without what it makes up by itself: to be laid beside another."""

import json
from collections.abc import Iterator
from typing import Any, Final, cast

from deploy.keycloak import Keycloak

Json = Any
_MADE_UP: Final = ("id", "containerId", "createdTimestamp", "createdDate")
_SECRETS_OF_KEYS: Final = ("kid", "privateKey", "certificate", "secret", "kc.user.profile.config")


def snapshot(keycloak: Keycloak, name: str) -> Json:
    realm = f"realms/{name}"
    found = {
        "realm": keycloak.get(realm),
        "profile": keycloak.get(f"{realm}/users/profile"),
        "profiles": keycloak.get(f"{realm}/client-policies/profiles"),
        "policies": keycloak.get(f"{realm}/client-policies/policies"),
        "default scopes": _names(keycloak.get(f"{realm}/default-default-client-scopes")),
        "optional scopes": _names(keycloak.get(f"{realm}/default-optional-client-scopes")),
        "flows": _named(keycloak.get(f"{realm}/authentication/flows"), "alias"),
        "required actions": _named(keycloak.get(f"{realm}/authentication/required-actions"), "alias"),
        "components": [_component(each) for each in keycloak.get(f"{realm}/components")],
        "clients": {each["clientId"]: _client(keycloak, realm, each) for each in keycloak.get(f"{realm}/clients")},
        "groups": {each["name"]: _group(keycloak, realm, each) for each in keycloak.get(f"{realm}/groups")},
        "users": {each["username"]: _user(keycloak, realm, each) for each in keycloak.get(f"{realm}/users")},
    }
    return _scrubbed(found, name)


def differences(one: Json, other: Json, path: str = "") -> Iterator[tuple[str, Json, Json]]:
    if isinstance(one, dict) and isinstance(other, dict):
        mine, theirs = cast("dict[str, Json]", one), cast("dict[str, Json]", other)
        for key in sorted(mine.keys() | theirs.keys()):
            yield from differences(mine.get(key), theirs.get(key), f"{path}.{key}" if path else key)
    elif one != other:
        yield path, one, other


def _client(keycloak: Keycloak, realm: str, client: Json) -> Json:
    path = f"{realm}/clients/{client['id']}"
    mappers = _named(client.get("protocolMappers", []), "name")
    return {
        **client,
        "protocolMappers": mappers,
        "roles": _named(keycloak.get(f"{path}/roles"), "name"),
        "scope": keycloak.get(f"{path}/scope-mappings"),
    }


def _group(keycloak: Keycloak, realm: str, group: Json) -> Json:
    return {**group, "roles": keycloak.get(f"{realm}/groups/{group['id']}/role-mappings")}


def _user(keycloak: Keycloak, realm: str, user: Json) -> Json:
    path = f"{realm}/users/{user['id']}"
    credentials = [
        {**json.loads(each["credentialData"]), "type": each["type"]} for each in keycloak.get(f"{path}/credentials")
    ]
    groups = sorted(each["path"] for each in keycloak.get(f"{path}/groups"))
    return {**user, "groups": groups, "roles": keycloak.get(f"{path}/role-mappings"), "credentials": credentials}


def _component(component: Json) -> Json:
    config = {key: sorted(value) for key, value in component["config"].items() if key not in _SECRETS_OF_KEYS}
    return {"name": component.get("name"), "provider": component["providerId"], "config": config}


def _named(items: list[Json], key: str) -> dict[str, Json]:
    return {item[key]: item for item in items}


def _names(items: list[Json]) -> list[str]:
    return sorted(item["name"] for item in items)


def _scrubbed(node: Json, name: str) -> Json:
    if isinstance(node, dict):
        fields = cast("dict[str, Json]", node)
        return {
            key.replace(name, "<realm>"): _scrubbed(value, name) for key, value in fields.items() if key not in _MADE_UP
        }
    if isinstance(node, list):
        return sorted(
            (_scrubbed(item, name) for item in cast("list[Json]", node)),
            key=lambda item: json.dumps(item, sort_keys=True),
        )
    return node.replace(name, "<realm>") if isinstance(node, str) else node
