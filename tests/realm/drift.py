"""What a hand in Keycloak's console can do to a realm, and how the way without an engine names that it was undone."""

from collections.abc import Callable
from typing import Any, Final

from deploy.keycloak import Keycloak
from settings.contract import HUB_CLIENT, Contract
from tests.realm.agreed import LOGINS

Change = Callable[["Drift"], None]


class Drift:
    """What a hand in the console can do to a realm."""

    def __init__(self, keycloak: Keycloak, contract: Contract) -> None:
        self.keycloak, self.realm = keycloak, f"realms/{contract.realm}"
        [self.live] = keycloak.get(f"{self.realm}/clients", clientId=HUB_CLIENT)
        self.client = f"{self.realm}/clients/{self.live['id']}"

    def of_realm(self, **fields: Any) -> None:
        self.keycloak.put(self.realm, fields)

    def of_client(self, **fields: Any) -> None:
        self.keycloak.put(self.client, {**self.live, **fields})

    def of_attributes(self, **fields: str) -> None:
        named = {key.replace("_", "."): value for key, value in fields.items()}
        self.of_client(attributes={**self.live["attributes"], **named})

    def mapper(self, name: str) -> dict[str, Any]:
        return next(mapper for mapper in self.live["protocolMappers"] if mapper["name"] == name)

    def group(self, name: str) -> str:
        [found] = [group for group in self.keycloak.get(f"{self.realm}/groups") if group["name"] == name]
        return f"{self.realm}/groups/{found['id']}"

    def forge_a_claim(self) -> None:
        config = {
            "claim.name": "roles",
            "claim.value": "admin",
            "access.token.claim": "true",
            "jsonType.label": "String",
        }
        forged = {"name": "forged", "protocol": "openid-connect", "protocolMapper": "oidc-hardcoded-claim-mapper"}
        self.keycloak.post(f"{self.client}/protocol-mappers/models", {**forged, "config": config})

    def shorten_the_groups(self) -> None:
        mapper = self.mapper("groups")
        changed = {**mapper, "config": {**mapper["config"], "full.path": "false"}}
        self.keycloak.put(f"{self.client}/protocol-mappers/models/{mapper['id']}", changed)

    def drop_the_audience(self) -> None:
        self.keycloak.delete(f"{self.client}/protocol-mappers/models/{self.mapper('audience')['id']}")

    def let_stay_for_ever(self) -> None:
        scopes = {scope["name"]: scope["id"] for scope in self.keycloak.get(f"{self.realm}/client-scopes")}
        self.keycloak.put(f"{self.client}/optional-client-scopes/{scopes['offline_access']}", {})

    def raise_everybody(self) -> None:
        role = self.keycloak.get(f"{self.client}/roles/admin")
        self.keycloak.post(f"{self.group('users')}/role-mappings/clients/{self.live['id']}", [role])

    def lower_the_admins(self) -> None:
        role = self.keycloak.get(f"{self.client}/roles/admin")
        self.keycloak.delete(f"{self.group('admins')}/role-mappings/clients/{self.live['id']}", [role])

    def raise_a_stranger(self) -> None:
        self.keycloak.post(f"{self.realm}/groups", {"name": "strangers"})
        role = self.keycloak.get(f"{self.client}/roles/admin")
        self.keycloak.post(f"{self.group('strangers')}/role-mappings/clients/{self.live['id']}", [role])

    def drop_a_group(self) -> None:
        self.keycloak.delete(self.group("analysts"))

    def drop_the_client(self) -> None:
        self.keycloak.delete(self.client)

    def drop_the_policy(self) -> None:
        self.keycloak.put(f"{self.realm}/client-policies/policies", {"policies": []})

    def let_people_write_addresses(self) -> None:
        profile = self.keycloak.get(f"{self.realm}/users/profile")
        [email] = [field for field in profile["attributes"] if field["name"] == "email"]
        email["permissions"]["edit"] = ["admin", "user"]
        self.keycloak.put(f"{self.realm}/users/profile", profile)


DRIFTS: Final[dict[str, tuple[Change, str]]] = {
    "registration": (lambda drift: drift.of_realm(registrationAllowed=True), "registrationAllowed"),
    "names": (lambda drift: drift.of_realm(editUsernameAllowed=True), "editUsernameAllowed"),
    "guesses": (lambda drift: drift.of_realm(bruteForceProtected=False), "bruteForceProtected"),
    "plain http": (lambda drift: drift.of_realm(sslRequired="none"), "sslRequired"),
    "short passwords": (lambda drift: drift.of_realm(passwordPolicy="length(1)"), "passwordPolicy"),
    "long tokens": (lambda drift: drift.of_realm(accessTokenLifespan=86400), "accessTokenLifespan"),
    "long logins": (lambda drift: drift.of_realm(ssoSessionMaxLifespan=86400 * 30), "ssoSessionMaxLifespan"),
    "addresses": (Drift.let_people_write_addresses, "users/profile"),
    "the policy": (Drift.drop_the_policy, "client-policies/policies"),
    "a redirect": (lambda drift: drift.of_client(redirectUris=[*LOGINS, "https://evil.example/*"]), "redirectUris"),
    "an origin": (lambda drift: drift.of_client(webOrigins=["*"]), "webOrigins"),
    "a public client": (lambda drift: drift.of_client(publicClient=True), "publicClient"),
    "implicit": (lambda drift: drift.of_client(serviceAccountsEnabled=True), "serviceAccountsEnabled"),
    "all roles": (lambda drift: drift.of_client(fullScopeAllowed=True), "fullScopeAllowed"),
    "another secret": (lambda drift: drift.of_client(secret="known"), "secret"),  # noqa: S106 - it is meant to be
    "no proof": (lambda drift: drift.of_attributes(pkce_code_challenge_method=""), "pkce.code.challenge.method"),
    "a device": (
        lambda drift: drift.of_attributes(oauth2_device_authorization_grant_enabled="true"),
        "oauth2.device.authorization.grant.enabled",
    ),
    "after logout": (lambda drift: drift.of_attributes(post_logout_redirect_uris="*"), "post.logout.redirect.uris"),
    "a forged claim": (Drift.forge_a_claim, "mapper forged"),
    "short groups": (Drift.shorten_the_groups, "mapper groups"),
    "no audience": (Drift.drop_the_audience, "mapper audience"),
    "offline": (Drift.let_stay_for_ever, "optional scope offline_access"),
    "users as admins": (Drift.raise_everybody, "/users bears role admin no longer"),
    "strangers as admins": (Drift.raise_a_stranger, "/strangers bears role admin no longer"),
    "admins as nobody": (Drift.lower_the_admins, "/admins bears role admin"),
    "a group that is gone": (Drift.drop_a_group, "group analysts made"),
    "a client that is gone": (Drift.drop_the_client, f"client {HUB_CLIENT} made"),
}
