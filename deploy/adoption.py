"""What a Keycloak holds already of the resources that the engine declares: found by name, so that none is made a second time.

A run that was killed, a server that came back with its database, a move from the other way: each leaves a realm that the
engine's state does not know.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from components.identity.realm_rules import MARK
from deploy.keycloak import Keycloak
from deploy.realm_rights import client_of, groups_of
from deploy.state import Adopted
from preview.answers import identity
from preview.inventory import Declared

Known = Mapping[str, Any]
"""What a resource is declared with."""
_CLIENT_VERSION: Final = {"__meta": '{"schema_version":"1"}'}
"""As the pinned provider writes a client down; without it, it would take it for one of an earlier version."""


def held(keycloak: Keycloak, name: str, declared: Iterable[Declared]) -> dict[str, Adopted]:
    """By the engine's names, those of the declared resources that are there."""
    realm = _Realm(keycloak, name)
    if keycloak.get(realm.path) is None:
        return {}
    ids: dict[str, str] = {}
    there: dict[str, Adopted] = {}
    kinds = list(_FINDERS)
    wanted = [resource for resource in declared if resource.type in _FINDERS]
    for resource in sorted(wanted, key=lambda each: kinds.index(each.type)):
        known = {
            key: ids.get(value, value) if isinstance(value, str) else value for key, value in resource.inputs.items()
        }
        found = _FINDERS[resource.type](realm, known)
        if found is not None:
            ids[identity(resource.type, resource.name, {})] = found.id
            there[resource.urn] = found
    return there


@dataclass(frozen=True)
class _Realm:
    keycloak: Keycloak
    name: str

    @property
    def path(self) -> str:
        return f"realms/{self.name}"

    def itself(self, _known: Known) -> Adopted:
        return Adopted(self.name, {"realm": self.name})

    def client(self, known: Known) -> Adopted | None:
        client = client_of(self.keycloak, self.path, known["clientId"])
        ours = client and client.get("description") == MARK
        return self._found(client["id"], known, "clientId", **_CLIENT_VERSION) if client and ours else None

    def group(self, known: Known) -> Adopted | None:
        return self._found(groups_of(self.keycloak, self.path).get(known["name"]), known, "name")

    def user(self, known: Known) -> Adopted | None:
        users = self.keycloak.get(f"{self.path}/users", username=known["username"], exact="true")
        return self._found(users[0]["id"] if users else None, known, "username")

    def role(self, known: Known) -> Adopted | None:
        role = self.keycloak.get(f"{self.path}/clients/{known['clientId']}/roles/{known['name']}")
        return self._found(role["id"] if role else None, known, "clientId", "name")

    def mapper(self, known: Known) -> Adopted | None:
        found: list[dict[str, str]] = self.keycloak.get(
            f"{self.path}/clients/{known['clientId']}/protocol-mappers/models"
        )
        ids = {mapper["name"]: mapper["id"] for mapper in found or ()}
        return self._found(ids.get(known["name"]), known, "clientId", "name")

    def membership(self, known: Known) -> Adopted | None:
        """As it is now: what it was made with is nothing that Keycloak remembers."""
        groups = self.keycloak.get(f"{self.path}/users/{known['userId']}/groups")
        if groups is None:
            return None
        asked = {"realmId": self.name, "userId": known["userId"], "exhaustive": known["exhaustive"]}
        now = {**asked, "groupIds": [group["id"] for group in groups]}
        return Adopted(f"{self.name}/{known['userId']}", now, now)

    def profile(self, known: Known) -> Adopted | None:
        return self._policy("profiles", "realm-client-policy-profiles", known)

    def policy(self, known: Known) -> Adopted | None:
        return self._policy("policies", "realm-client-policy-profile-policies", known)

    def _policy(self, kind: str, part: str, known: Known) -> Adopted | None:
        there = {each["name"] for each in self.keycloak.get(f"{self.path}/client-policies/{kind}")[kind]}
        return self._found(f"{self.name}/{part}/{known['name']}" if known["name"] in there else None, known, "name")

    def _found(self, identifier: str | None, known: Known, *asked: str, **more: str) -> Adopted | None:
        """With what the provider asks Keycloak by, for all the rest."""
        if identifier is None:
            return None
        return Adopted(identifier, {"realmId": self.name, **{key: known[key] for key in asked}, **more})


_FINDERS: Final[Mapping[str, Callable[[_Realm, Known], Adopted | None]]] = {
    "keycloak:index/realm:Realm": _Realm.itself,
    "keycloak:openid/client:Client": _Realm.client,
    "keycloak:index/group:Group": _Realm.group,
    "keycloak:index/user:User": _Realm.user,
    "keycloak:index/role:Role": _Realm.role,
    "keycloak:index/genericProtocolMapper:GenericProtocolMapper": _Realm.mapper,
    "keycloak:index/userGroups:UserGroups": _Realm.membership,
    "keycloak:index/realmClientPolicyProfile:RealmClientPolicyProfile": _Realm.profile,
    "keycloak:index/realmClientPolicyProfilePolicy:RealmClientPolicyProfilePolicy": _Realm.policy,
}
"""Each after those it is found by. Whatever else there is of a realm may be made again, and is then the same."""
