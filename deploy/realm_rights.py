"""Whether a Keycloak that somebody else keeps will take what is to be done, asked before anything is changed."""

from typing import Any

from components.identity.realm_rules import MARK
from deploy.keycloak import Keycloak, RefusedError
from lab.problem import Problem
from settings.contract import Contract


def require(keycloak: Keycloak, agreed: Contract) -> None:
    """It answers, takes the secret, and lets the client do all that is to be done; one sentence where not."""
    keycloak.log_in()
    realm = f"realms/{agreed.realm}"
    try:
        there = keycloak.get(realm) is not None
        if not there and not agreed.realm_is_ours:
            raise Problem(f"identity.realm.name: the Keycloak at {keycloak.url} has no realm {agreed.realm!r}")
        if lacking := _lacking(keycloak, realm, agreed) if there else _lacking_to_make(keycloak):
            raise Problem(_lacks(keycloak, agreed, lacking))
        if not agreed.realm_is_ours:
            _require_groups(keycloak, realm, agreed)
            _require_own_client(keycloak, realm, agreed)
    except RefusedError as refused:
        rights = ["view-realm", "manage-clients", "manage-users"]
        raise Problem(_lacks(keycloak, agreed, rights)) from refused


def client_of(keycloak: Keycloak, realm: str, client: str) -> dict[str, Any] | None:
    found: list[dict[str, Any]] = keycloak.get(f"{realm}/clients", clientId=client)
    return found[0] if found else None


def groups_of(keycloak: Keycloak, realm: str) -> dict[str, str]:
    """The identifiers of all groups at the top, by name."""
    return {group["name"]: group["id"] for group in keycloak.get(f"{realm}/groups", max="100000")}


def _lacking_to_make(keycloak: Keycloak) -> list[str]:
    return [] if keycloak.allows("POST", "realms") else ["create-realm"]


def _lacking(keycloak: Keycloak, realm: str, agreed: Contract) -> list[str]:
    lacking: list[str] = []
    some: list[dict[str, Any]] = keycloak.get(f"{realm}/clients", max="1")
    if not (some and some[0]["access"]["manage"]):
        lacking.append("manage-clients")
    if not keycloak.allows("POST", f"{realm}/groups"):
        lacking.append("manage-users")
    if agreed.realm_is_ours and not keycloak.allows("PUT", realm):
        lacking.append("manage-realm")
    return lacking


def _lacks(keycloak: Keycloak, agreed: Contract, rights: list[str]) -> str:
    if rights == ["create-realm"]:
        where = "the realm role create-realm, or make the realm by hand"
    elif keycloak.realm == agreed.realm:
        where = f"{' and '.join(rights)} of the client realm-management"
    else:
        where = f"{' and '.join(rights)} of the client {agreed.realm}-realm"
    return (
        f"{keycloak.key}.administrator: the client {keycloak.client!r} needs {' and '.join(rights)} in realm {agreed.realm!r} "
        f"of {keycloak.url}, and nothing was changed; give its service account {where}"
    )


def _require_groups(keycloak: Keycloak, realm: str, agreed: Contract) -> None:
    """Of somebody else's realm: a group we made would be empty, and let nobody in without a word."""
    there = groups_of(keycloak, realm)
    lines = [f"  {_key_of(group, agreed)}: {group!r}" for group in agreed.groups if group not in there]
    if lines:
        raise Problem(
            "\n".join([f"realm {agreed.realm!r} has no such group at its top; make it there, or name another:", *lines])
        )


def _key_of(group: str, agreed: Contract) -> str:
    if group in agreed.membership.users:
        return "identity.groups.users"
    return "identity.groups.admins" if group in agreed.membership.admins else "a list of groups"


def _require_own_client(keycloak: Keycloak, realm: str, agreed: Contract) -> None:
    client = client_of(keycloak, realm, agreed.client_id)
    if client and client.get("description") != MARK:
        raise Problem(
            f"identity.realm.name: realm {agreed.realm!r} has a client {agreed.client_id!r} that no stack file has made; "
            "rename or delete it there, or use another realm"
        )
