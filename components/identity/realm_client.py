"""A client of a realm, kept by the engine, with the claims its tokens carry. Imported only where a stack asks a Keycloak."""

import pulumi
import pulumi_keycloak as keycloak
from pulumi_keycloak import openid

from components.identity.realm_rules import ACCESS_TOKEN_SECONDS, DEFAULT_SCOPES, MARK, PROTOCOL, Client


def realm_client(
    name: str, client: Client, secret: pulumi.Input[str], realm: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> openid.Client:
    made = openid.Client(
        name,
        realm_id=realm,
        client_id=client.client_id,
        name=client.title,
        description=MARK,
        access_type="CONFIDENTIAL",
        client_authenticator_type="client-secret",
        client_secret=secret,
        standard_flow_enabled=True,
        implicit_flow_enabled=False,
        direct_access_grants_enabled=False,
        service_accounts_enabled=False,
        oauth2_device_authorization_grant_enabled=False,
        oauth2_jwt_authorization_grant_enabled=False,
        standard_token_exchange_enabled=False,
        full_scope_allowed=False,
        consent_required=False,
        frontchannel_logout_enabled=False,
        backchannel_logout_session_required=True,
        backchannel_logout_revoke_offline_sessions=False,
        exclude_issuer_from_auth_response=False,
        exclude_session_state_from_auth_response=False,
        require_dpop_bound_tokens=False,
        use_refresh_tokens=True,
        use_refresh_tokens_client_credentials=False,
        access_token_lifespan=str(ACCESS_TOKEN_SECONDS),
        pkce_code_challenge_method="S256",
        base_url=client.start,
        always_display_in_console=bool(client.start),
        valid_redirect_uris=client.redirect_uris,
        valid_post_logout_redirect_uris=client.post_logout_uris,
        web_origins=client.origins,
        extra_config={"oidc.ciba.grant.enabled": "false"},
        opts=opts,
    )
    openid.ClientDefaultScopes(
        f"{name}-scopes",
        realm_id=realm,
        client_id=made.id,
        default_scopes=DEFAULT_SCOPES,
        opts=opts,
    )
    openid.ClientOptionalScopes(
        f"{name}-optional-scopes", realm_id=realm, client_id=made.id, optional_scopes=[], opts=opts
    )
    for mapper in client.mappers:
        keycloak.GenericProtocolMapper(
            f"{name}-{mapper.name}",
            realm_id=realm,
            client_id=made.id,
            name=mapper.name,
            protocol=PROTOCOL,
            protocol_mapper=mapper.kind,
            config=mapper.config,
            opts=opts,
        )
    return made
