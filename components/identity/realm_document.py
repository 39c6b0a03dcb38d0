"""The realm as Keycloak's own import takes it, and as it has to be whichever way it was made. Pure."""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from components.identity.realm_rules import (
    ACCESS_TOKEN_SECONDS,
    DEFAULT_SCOPES,
    FAILURES_FORGOTTEN_SECONDS,
    FIELDS,
    LOGIN_FAILURES,
    LONGEST_WAIT_SECONDS,
    MARK,
    PASSWORD_POLICY,
    POLICY,
    POLICY_WORDS,
    PROTOCOL,
    REJECTED,
    SIGNATURE,
    WAIT_SECONDS,
    Client,
    Field,
    Mapper,
    clients,
    roles_of,
    session_rules,
)
from hub.settings import CLIENT_SECRET, LOGIN_PASSWORD
from settings import Settings
from settings.contract import Contract, contract

Document = dict[str, Any]
_PROFILE_PROVIDER: Final = "org.keycloak.userprofile.UserProfileProvider"


def document_of(settings: Settings, secrets: Mapping[str, str]) -> Document | None:
    """None where no Keycloak says who somebody is."""
    agreed, ours = contract(settings), settings.keycloak_of_ours
    return realm_document(agreed, ours.people if ours else {}, secrets) if agreed else None


def realm_document(agreed: Contract, people: Mapping[str, Collection[str]], secrets: Mapping[str, str]) -> Document:
    """Everything of the realm that is ours. Of an existing realm that is the clients, their roles, and who bears them."""
    ours = {
        "realm": agreed.realm,
        "clients": [client_document(client, agreed, secrets) for client in clients(agreed)],
        "roles": {"client": {agreed.client_id: [{"name": role, "description": MARK} for role in sorted(agreed.roles)]}},
        "groups": [group_document(group, agreed) for group in agreed.groups],
    }
    if not agreed.realm_is_ours:
        return ours
    return {
        **ours,
        "id": agreed.realm,
        **realm_rules(agreed),
        "users": [
            person_document(name, groups, agreed, secrets[LOGIN_PASSWORD]) for name, groups in sorted(people.items())
        ],
        "components": {_PROFILE_PROVIDER: [_profile_component()]},
        "clientProfiles": {"profiles": [policy_profile()]},
        "clientPolicies": {"policies": [policy()]},
    }


def realm_rules(agreed: Contract) -> Document:
    return {
        "enabled": True,
        "displayName": "JupyterHub",
        "sslRequired": "external",
        "registrationAllowed": False,
        "registrationEmailAsUsername": False,
        "editUsernameAllowed": False,
        "resetPasswordAllowed": False,
        "rememberMe": False,
        "verifyEmail": False,
        "loginWithEmailAllowed": False,
        "duplicateEmailsAllowed": False,
        "userManagedAccessAllowed": False,
        "defaultSignatureAlgorithm": SIGNATURE,
        "passwordPolicy": PASSWORD_POLICY,
        "bruteForceProtected": True,
        "permanentLockout": False,
        "failureFactor": LOGIN_FAILURES,
        "waitIncrementSeconds": WAIT_SECONDS,
        "maxFailureWaitSeconds": LONGEST_WAIT_SECONDS,
        "maxDeltaTimeSeconds": FAILURES_FORGOTTEN_SECONDS,
        **session_rules(agreed),
    }


def client_document(client: Client, agreed: Contract, secrets: Mapping[str, str]) -> Document:
    """The edge's secret is between Keycloak and the engine, which alone makes an edge."""
    return {
        **({"secret": secrets[CLIENT_SECRET]} if client.client_id == agreed.client_id else {}),
        "clientId": client.client_id,
        "name": client.title,
        "description": MARK,
        "protocol": PROTOCOL,
        "enabled": True,
        "publicClient": False,
        "bearerOnly": False,
        "clientAuthenticatorType": "client-secret",
        "standardFlowEnabled": True,
        "implicitFlowEnabled": False,
        "directAccessGrantsEnabled": False,
        "serviceAccountsEnabled": False,
        "authorizationServicesEnabled": False,
        "fullScopeAllowed": False,
        "consentRequired": False,
        "frontchannelLogout": False,
        "alwaysDisplayInConsole": bool(client.start),
        "baseUrl": client.start,
        "redirectUris": list(client.redirect_uris),
        "webOrigins": list(client.origins),
        "attributes": {
            "pkce.code.challenge.method": "S256",
            "post.logout.redirect.uris": "##".join(client.post_logout_uris),
            "access.token.lifespan": str(ACCESS_TOKEN_SECONDS),
            "use.refresh.tokens": "true",
            "client_credentials.use_refresh_token": "false",
            "oauth2.device.authorization.grant.enabled": "false",
            "oidc.ciba.grant.enabled": "false",
            "standard.token.exchange.enabled": "false",
            "oauth2.jwt.authorization.grant.enabled": "false",
            "exclude.issuer.from.auth.response": "false",
            "exclude.session.state.from.auth.response": "false",
            "dpop.bound.access.tokens": "false",
            "backchannel.logout.session.required": "true",
            "backchannel.logout.revoke.offline.tokens": "false",
        },
        "defaultClientScopes": list(DEFAULT_SCOPES),
        "optionalClientScopes": [],
        "protocolMappers": [mapper_document(mapper) for mapper in client.mappers],
    }


def mapper_document(mapper: Mapper) -> Document:
    return {
        "name": mapper.name,
        "protocol": PROTOCOL,
        "protocolMapper": mapper.kind,
        "config": dict(mapper.config),
    }


def group_document(group: str, agreed: Contract) -> Document:
    borne = list(roles_of(group, agreed))
    return {"name": group, "path": f"/{group}", "clientRoles": {agreed.client_id: borne} if borne else {}}


def person_document(name: str, groups: Iterable[str], agreed: Contract, password: str) -> Document:
    return {
        "username": name,
        "enabled": True,
        "groups": [f"/{group}" for group in sorted(groups)],
        # Whom the console makes gets it by itself: with it people look after their own account.
        "realmRoles": [f"default-roles-{agreed.realm.lower()}"],
        "credentials": [{"type": "password", "value": password, "temporary": False}],
    }


def profile_document() -> Document:
    """What may be known of a person, and who may change it."""
    return {"attributes": [_field_document(field) for field in FIELDS]}


def _field_document(field: Field) -> Document:
    return {
        "name": field.name,
        "displayName": f"${{{field.name}}}",
        "validations": field.rules,
        "permissions": {"view": ["admin", "user"], "edit": ["admin", "user"] if field.own else ["admin"]},
        "multivalued": False,
    }


def policy_profile() -> Document:
    executors = [{"executor": name, "configuration": {"auto-configure": "true"}} for name in REJECTED]
    return {"name": POLICY, "description": POLICY_WORDS, "executors": executors}


def policy() -> Document:
    return {
        "name": POLICY,
        "description": POLICY_WORDS,
        "enabled": True,
        "conditions": [{"condition": "any-client", "configuration": {}}],
        "profiles": [POLICY],
    }


def _profile_component() -> Document:
    text = json.dumps(profile_document())
    return {"providerId": "declarative-user-profile", "subComponents": {}, "config": {"kc.user.profile.config": [text]}}
