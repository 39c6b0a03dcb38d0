"""What the engine's provider is told, in the words of Keycloak's own import: so that both can be laid beside each other."""

from collections.abc import Mapping
from typing import Any, Final

from preview.answers import identity
from preview.inventory import Declared, Inventory, Secret

Json = Any

REALM: Final = {
    "realm": "realm",
    "displayName": "displayName",
    "sslRequired": "sslRequired",
    "registrationAllowed": "registrationAllowed",
    "registrationEmailAsUsername": "registrationEmailAsUsername",
    "editUsernameAllowed": "editUsernameAllowed",
    "resetPasswordAllowed": "resetPasswordAllowed",
    "rememberMe": "rememberMe",
    "verifyEmail": "verifyEmail",
    "loginWithEmailAllowed": "loginWithEmailAllowed",
    "duplicateEmailsAllowed": "duplicateEmailsAllowed",
    "userManagedAccess": "userManagedAccessAllowed",
    "passwordPolicy": "passwordPolicy",
    "defaultSignatureAlgorithm": "defaultSignatureAlgorithm",
    "accessTokenLifespan": "accessTokenLifespan",
    "ssoSessionIdleTimeout": "ssoSessionIdleTimeout",
    "ssoSessionMaxLifespan": "ssoSessionMaxLifespan",
    "revokeRefreshToken": "revokeRefreshToken",
}
"""The provider's words for what a realm does, and Keycloak's."""
BRUTE_FORCE: Final = {
    "permanentLockout": "permanentLockout",
    "maxLoginFailures": "failureFactor",
    "waitIncrementSeconds": "waitIncrementSeconds",
    "maxFailureWaitSeconds": "maxFailureWaitSeconds",
    "failureResetTimeSeconds": "maxDeltaTimeSeconds",
}
CLIENT: Final = {
    "clientId": "clientId",
    "name": "name",
    "description": "description",
    "clientAuthenticatorType": "clientAuthenticatorType",
    "clientSecret": "secret",
    "standardFlowEnabled": "standardFlowEnabled",
    "implicitFlowEnabled": "implicitFlowEnabled",
    "directAccessGrantsEnabled": "directAccessGrantsEnabled",
    "serviceAccountsEnabled": "serviceAccountsEnabled",
    "fullScopeAllowed": "fullScopeAllowed",
    "consentRequired": "consentRequired",
    "frontchannelLogoutEnabled": "frontchannelLogout",
    "alwaysDisplayInConsole": "alwaysDisplayInConsole",
    "baseUrl": "baseUrl",
    "validRedirectUris": "redirectUris",
    "webOrigins": "webOrigins",
}
ATTRIBUTES: Final = {
    "pkceCodeChallengeMethod": "pkce.code.challenge.method",
    "accessTokenLifespan": "access.token.lifespan",
    "useRefreshTokens": "use.refresh.tokens",
    "useRefreshTokensClientCredentials": "client_credentials.use_refresh_token",
    "oauth2DeviceAuthorizationGrantEnabled": "oauth2.device.authorization.grant.enabled",
    "standardTokenExchangeEnabled": "standard.token.exchange.enabled",
    "oauth2JwtAuthorizationGrantEnabled": "oauth2.jwt.authorization.grant.enabled",
    "excludeIssuerFromAuthResponse": "exclude.issuer.from.auth.response",
    "excludeSessionStateFromAuthResponse": "exclude.session.state.from.auth.response",
    "requireDpopBoundTokens": "dpop.bound.access.tokens",
    "backchannelLogoutSessionRequired": "backchannel.logout.session.required",
    "backchannelLogoutRevokeOfflineSessions": "backchannel.logout.revoke.offline.tokens",
}
"""What Keycloak keeps as text beside the fields of a client."""
BY_THE_PROVIDER: Final = {
    "protocol": "openid-connect",
    "enabled": True,
    "publicClient": False,
    "bearerOnly": False,
    "authorizationServicesEnabled": False,
}
"""What the provider says of every confidential client."""


def document(inventory: Inventory) -> Json:
    """The realm document that says the same as the program."""
    clients = {_id(client): client for client in inventory.of("keycloak:openid/client:Client")}
    roles = {_id(role): role for role in inventory.of("keycloak:index/role:Role")}
    groups = {_id(group): _text(group, "name") for group in inventory.of("keycloak:index/group:Group")}
    told: Json = {
        "clients": [_client(inventory, client) for client in clients.values()],
        "roles": {"client": {}},
        "groups": [_group(inventory, identifier, name, clients, roles) for identifier, name in groups.items()],
        "users": [_user(inventory, user, groups) for user in inventory.of("keycloak:index/user:User")],
        "profile": [_field(each) for each in inventory.one(PROFILE, "user-profile").inputs["attributes"]],
        "policies": _policies(inventory),
        "realm": _realm(inventory.one("keycloak:index/realm:Realm", "realm")),
    }
    for role in roles.values():
        bearer = _text(clients[_text(role, "clientId")], "clientId")
        told["roles"]["client"].setdefault(bearer, []).append(
            {"name": role.inputs["name"], "description": role.inputs["description"]}
        )
    return told


PROFILE: Final = "keycloak:index/realmUserProfile:RealmUserProfile"


def _realm(declared: Declared) -> Json:
    inputs = dict(declared.inputs)
    defenses = inputs.pop("securityDefenses")["bruteForceDetection"]
    told = {REALM[key]: _plain(value) for key, value in inputs.items()}
    return {**told, **{BRUTE_FORCE[key]: value for key, value in defenses.items()}, "bruteForceProtected": True}


def _client(inventory: Inventory, client: Declared) -> Json:
    inputs = {key: _plain(value) for key, value in client.inputs.items() if key not in ("realmId", "accessType")}
    extra: Mapping[str, str] = inputs.pop("extraConfig")
    leaving = inputs.pop("validPostLogoutRedirectUris")
    attributes = {ATTRIBUTES[key]: _as_text(inputs.pop(key)) for key in list(inputs) if key in ATTRIBUTES}
    scopes = {
        kind: inventory.one(
            f"keycloak:openid/client{kind.title()}Scopes:Client{kind.title()}Scopes", f"{client.name}{part}"
        )
        for kind, part in (("default", "-scopes"), ("optional", "-optional-scopes"))
    }
    mappers = inventory.of("keycloak:index/genericProtocolMapper:GenericProtocolMapper")
    return {
        **BY_THE_PROVIDER,
        **{CLIENT[key]: value for key, value in inputs.items()},
        "attributes": {**attributes, **extra, "post.logout.redirect.uris": "##".join(leaving)},
        **{f"{kind}ClientScopes": scope.inputs[f"{kind}Scopes"] for kind, scope in scopes.items()},
        "protocolMappers": [_mapper(mapper) for mapper in mappers if mapper.inputs["clientId"] == _id(client)],
    }


def _mapper(mapper: Declared) -> Json:
    return {key: mapper.inputs[key] for key in ("name", "protocol", "protocolMapper", "config")}


def _group(inventory: Inventory, identifier: str, name: str, clients: Json, roles: Json) -> Json:
    [bears] = [
        found for found in inventory.of("keycloak:index/groupRoles:GroupRoles") if found.inputs["groupId"] == identifier
    ]
    borne: Json = {}
    for role in (roles[reference] for reference in bears.inputs["roleIds"]):
        borne.setdefault(_text(clients[_text(role, "clientId")], "clientId"), []).append(role.inputs["name"])
    return {"name": name, "path": f"/{name}", "clientRoles": borne}


def _user(inventory: Inventory, user: Declared, groups: Mapping[str, str]) -> Json:
    [joined] = [
        found for found in inventory.of("keycloak:index/userGroups:UserGroups") if found.inputs["userId"] == _id(user)
    ]
    password = {key: _plain(value) for key, value in user.inputs["initialPassword"].items()}
    return {
        "username": user.inputs["username"],
        "groups": [f"/{groups[reference]}" for reference in joined.inputs["groupIds"]],
        "credentials": [{"type": "password", **password}],
    }


def _field(field: Json) -> Json:
    return {
        "name": field["name"],
        "displayName": field["displayName"],
        "validations": {each["name"]: each.get("config", {}) for each in field["validators"]},
        "permissions": {"view": field["permissions"]["views"], "edit": field["permissions"]["edits"]},
    }


def _policies(inventory: Inventory) -> Json:
    kept = ("name", "description")
    profile = inventory.one("keycloak:index/realmClientPolicyProfile:RealmClientPolicyProfile", "client-profile").inputs
    policy = inventory.one(
        "keycloak:index/realmClientPolicyProfilePolicy:RealmClientPolicyProfilePolicy", "client-policy"
    ).inputs
    executors: Json = [
        {"executor": each["name"], "configuration": each["configuration"]} for each in profile["executors"]
    ]
    conditions: Json = [{"condition": each["name"], "configuration": {}} for each in policy["conditions"]]
    return {
        "profiles": [{**{key: profile[key] for key in kept}, "executors": executors}],
        "policies": [
            {
                **{key: policy[key] for key in (*kept, "enabled", "profiles")},
                "conditions": conditions,
            }
        ],
    }


def _id(declared: Declared) -> str:
    return identity(declared.type, declared.name, {})


def _text(declared: Declared, key: str) -> str:
    return str(declared.inputs[key])


def _as_text(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plain(value: Json) -> Json:
    """Durations in seconds, secrets as what they are."""
    if isinstance(value, Secret):
        return value.value
    if isinstance(value, str) and value.endswith("s") and value[:-1].isdigit():
        return int(value[:-1])
    return value
