"""The administrators' side of a real Keycloak, through its own API: people, their groups and sessions, and what signs."""

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from components.identity.keycloak_server import ADMINISTRATOR
from components.naming import KEYCLOAK_ADMINISTRATOR
from deploy.keycloak import Keycloak
from settings import Settings
from settings.contract import HUB_CLIENT, contract
from tests.e2e.cluster import secret

Json = Any
KEYS = "org.keycloak.keys.KeyProvider"


@dataclass(frozen=True)
class Realm:
    """One realm, and who may change all of it."""

    server: Keycloak
    name: str

    @property
    def path(self) -> str:
        return f"realms/{self.name}"

    def make(self, groups: Sequence[str]) -> None:
        """As a site has it that never heard of us."""
        described = {"realm": self.name, "enabled": True, "groups": [{"name": group} for group in groups]}
        self.server.post("realms", described)

    def unmake(self) -> None:
        if self.server.get(self.path):
            self.server.delete(self.path)

    def let_manage(self, client: str, secret: str, *rights: str) -> None:
        """Another client of the master realm may do as much to this realm, and no more."""
        [managed] = self.server.get("realms/master/clients", clientId=f"{self.name}-realm")
        roles = [self.server.get(f"realms/master/clients/{managed['id']}/roles/{right}") for right in rights]
        self.server.post(f"{self._account(client, secret)}/role-mappings/clients/{managed['id']}", roles)

    def let_make(self, client: str, secret: str) -> None:
        """Another client of the master realm may make realms, and manage those."""
        role = self.server.get("realms/master/roles/create-realm")
        self.server.post(f"{self._account(client, secret)}/role-mappings/realm", [role])

    def _account(self, client: str, secret: str) -> str:
        found = self.server.get("realms/master/clients", clientId=client)
        if not found:
            proves = {"secret": secret, "publicClient": False, "serviceAccountsEnabled": True}
            self.server.post("realms/master/clients", {"clientId": client, **proves, "standardFlowEnabled": False})
            found = self.server.get("realms/master/clients", clientId=client)
        account = self.server.get(f"realms/master/clients/{found[0]['id']}/service-account-user")
        return f"realms/master/users/{account['id']}"

    # --- people ---

    def add(self, name: str, password: str, groups: Sequence[str] = ()) -> None:
        self.server.post(f"{self.path}/users", person(name, password, groups))

    def bring(self, name: str, password: str, groups: Sequence[str]) -> None:
        """The same somebody whenever the realm is made anew, so that a hub which kept its database knows them again."""
        known = {"id": str(uuid5(NAMESPACE_DNS, f"{name}.{self.name}")), **person(name, password, groups)}
        self.server.post(f"{self.path}/partialImport", {"ifResourceExists": "SKIP", "users": [known]})

    def remove(self, name: str) -> None:
        for found in self.called(name):
            self.server.delete(f"{self.path}/users/{found['id']}")

    def called(self, name: str) -> list[Json]:
        """What is alike counts for nothing."""
        found = self.server.get(f"{self.path}/users", username=name, exact="true")
        return [each for each in found if each["username"] == name]

    def join(self, name: str, group: str) -> None:
        self.server.put(self._membership(name, group), {})

    def leave(self, name: str, group: str) -> None:
        self.server.delete(self._membership(name, group))

    def sessions(self, name: str) -> list[Json]:
        """What is open for somebody, in whichever browser."""
        return self.server.get(f"{self._person(name)}/sessions")

    def end_sessions(self, name: str) -> None:
        self.server.post(f"{self._person(name)}/logout", {})

    def _person(self, name: str) -> str:
        [found] = self.called(name)
        return f"{self.path}/users/{found['id']}"

    def _membership(self, name: str, group: str) -> str:
        [found] = self.server.get(f"{self.path}/groups", search=group, exact="true")
        return f"{self._person(name)}/groups/{found['id']}"

    # --- what signs ---

    @property
    def signing_key(self) -> str:
        return self.server.get(f"{self.path}/keys")["active"]["RS256"]

    def replace_signing_key(self) -> None:
        """A new one signs from now on, and those of before count no more."""
        providers = self.server.get(f"{self.path}/components", type=KEYS)
        earlier = [provider for provider in providers if provider["providerId"] == "rsa-generated"]
        config = {"priority": "1000", "enabled": "true", "active": "true", "algorithm": "RS256", "keySize": "2048"}
        [realm] = {provider["parentId"] for provider in providers}
        new = {"name": f"rsa-{time.time():.0f}", "providerId": "rsa-generated", "providerType": KEYS, "parentId": realm}
        self.server.post(f"{self.path}/components", {**new, "config": {key: [value] for key, value in config.items()}})
        for provider in earlier:
            self.server.delete(f"{self.path}/components/{provider['id']}")

    # --- what an administrator clicks, until it is as before ---

    @contextmanager
    def tokens_that_last(self, seconds: int) -> Generator[None]:
        [client] = self.server.get(f"{self.path}/clients", clientId=HUB_CLIENT)
        attributes = {**client["attributes"], "access.token.lifespan": str(seconds)}
        with self._changed(f"clients/{client['id']}", {**client, "attributes": attributes}):
            yield

    @contextmanager
    def any_names(self) -> Generator[None]:
        """Keycloak lets an administrator make people of whatever name."""
        profile = self.server.get(f"{self.path}/users/profile")
        named, *others = profile["attributes"]
        assert named["name"] == "username"
        with self._changed("users/profile", {**profile, "attributes": [{**named, "validations": {}}, *others]}):
            yield

    @contextmanager
    def _changed(self, path: str, wanted: Json) -> Generator[None]:
        path = f"{self.path}/{path}"
        before = self.server.get(path)
        self.server.put(path, wanted)
        try:
            yield
        finally:
            self.server.put(path, before)


def person(name: str, password: str, groups: Sequence[str]) -> Json:
    known = {"type": "password", "value": password, "temporary": False}
    # Whose profile lacks something may be asked for it at the first login.
    described = {"email": f"{token_hex(4)}@example.org", "firstName": "Somebody", "lastName": "New"}
    placed = {"groups": [f"/{group}" for group in groups]}
    return {"username": name, "enabled": True, "credentials": [known], **described, **placed}


def embedded(settings: Settings) -> Realm:
    """That of a stack with a Keycloak of its own, where browsers find it."""
    agreed = contract(settings)
    assert agreed, "people of this stack log in elsewhere"
    known = secret(settings.namespace.name, KEYCLOAK_ADMINISTRATOR, KEYCLOAK_ADMINISTRATOR)
    return Realm(Keycloak(agreed.server, "master", ADMINISTRATOR, known), agreed.realm)
