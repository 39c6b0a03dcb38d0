"""Cloudflare Access in front of the hub: who may come to its login at all, judged at the edge before a request reaches us."""

from dataclasses import dataclass

import pulumi
from pulumi_cloudflare import (
    ZeroTrustAccessApplication,
    ZeroTrustAccessApplicationDestinationArgs,
    ZeroTrustAccessApplicationPolicyArgs,
    ZeroTrustAccessIdentityProvider,
    ZeroTrustAccessIdentityProviderConfigArgs,
    ZeroTrustAccessPolicy,
    ZeroTrustAccessPolicyIncludeArgs,
    ZeroTrustAccessPolicyIncludeEmailArgs,
    ZeroTrustAccessPolicyIncludeEmailDomainArgs,
    ZeroTrustAccessPolicyIncludeOidcArgs,
    ZeroTrustAccessPolicyIncludeServiceTokenArgs,
    ZeroTrustAccessServiceToken,
)
from pulumi_kubernetes.core.v1 import Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.base import Component
from components.exposure.edge_names import lasting, title
from components.naming import labels
from settings.contract import GROUPS_CLAIM
from settings.exposure import Access as Settings
from settings.exposure import Allowed, ExistingLogin, OneTimePin

_COMPONENT = "access"

Include = ZeroTrustAccessPolicyIncludeArgs


@dataclass(frozen=True, kw_only=True)
class Keycloak:
    """The realm that the hub asks too, under a client of its own."""

    issuer: str
    client_id: str
    secret: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class AccessArgs:
    settings: Settings
    account: str
    hosts: list[str]
    """What it stands in front of; the first one is what people type."""
    namespace: pulumi.Input[str]
    login: Keycloak | OneTimePin | ExistingLogin
    """How people prove at the edge who they are."""


class Access(Component):
    audience: pulumi.Output[str]
    """Whom the tokens are for that it signs."""

    def __init__(self, name: str, args: AccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._args = args
        login = self._login()
        tokens = {token: self._service_token(token) for token in sorted(args.settings.allow.service_tokens)}
        policies = [self._policy("people", "allow", people(args.settings.allow, login))]
        if tokens:
            programs = [
                Include(service_token=ZeroTrustAccessPolicyIncludeServiceTokenArgs(token_id=token))
                for token in tokens.values()
            ]
            policies.append(self._policy("programs", "non_identity", programs))
        self.audience = self._application(login, policies).aud
        self.register_outputs({})

    @property
    def _host(self) -> str:
        return self._args.hosts[0]

    def _login(self) -> pulumi.Input[str]:
        match self._args.login:
            case ExistingLogin(id=existing):
                return existing
            case OneTimePin():
                return self._method("onetimepin", "one-time PIN", ZeroTrustAccessIdentityProviderConfigArgs())
            case Keycloak() as keycloak:
                return self._method("oidc", "Keycloak", through(keycloak))

    def _method(self, kind: str, part: str, config: ZeroTrustAccessIdentityProviderConfigArgs) -> pulumi.Output[str]:
        return ZeroTrustAccessIdentityProvider(
            "access-login",
            account_id=self._args.account,
            name=title(self._host, part),
            type=kind,
            config=config,
            opts=self.child,
        ).id

    def _policy(self, part: str, decision: str, includes: list[Include]) -> pulumi.Output[str]:
        return ZeroTrustAccessPolicy(
            f"access-policy-{part}",
            account_id=self._args.account,
            name=title(self._host, part),
            decision=decision,
            includes=includes,
            opts=self.child,
        ).id

    def _application(self, login: pulumi.Input[str], policies: list[pulumi.Output[str]]) -> ZeroTrustAccessApplication:
        return ZeroTrustAccessApplication(
            "access-application",
            account_id=self._args.account,
            name=title(self._host),
            type="self_hosted",
            domain=self._host,
            destinations=[
                ZeroTrustAccessApplicationDestinationArgs(type="public", uri=host) for host in self._args.hosts
            ],
            allowed_idps=[login],
            # One way to log in needs no page to choose it.
            auto_redirect_to_identity=True,
            session_duration=lasting(self._args.settings.session),
            http_only_cookie_attribute=True,
            # Keycloak sends people back from another site, by a link that the browser follows: that much, and no more.
            same_site_cookie_attribute="lax",
            # A user's server is shown the tokens of whoever visits it. They are worth nothing without this cookie, which the
            # edge keeps to itself.
            enable_binding_cookie=True,
            policies=[
                ZeroTrustAccessApplicationPolicyArgs(id=policy, precedence=place)
                for place, policy in enumerate(policies, start=1)
            ],
            opts=self.child,
        )

    def _service_token(self, name: str) -> pulumi.Output[str]:
        made = ZeroTrustAccessServiceToken(
            f"access-token-{name}", account_id=self._args.account, name=title(self._host, name), opts=self.child
        )
        # Not among what is kept: the engine would keep what it is made from, and the token would stay valid.
        Secret(
            f"access-token-{name}-secret",
            metadata=ObjectMetaArgs(
                name=f"access-token-{name}", namespace=self._args.namespace, labels=labels(_COMPONENT)
            ),
            string_data={"client-id": pulumi.Output.secret(made.client_id), "client-secret": made.client_secret},
            opts=self.child,
        )
        return made.id


def people(allow: Allowed, login: pulumi.Input[str]) -> list[Include]:
    """Whoever fits one of these is let in."""
    return [
        *(
            Include(email_domain=ZeroTrustAccessPolicyIncludeEmailDomainArgs(domain=domain))
            for domain in sorted(allow.domains)
        ),
        *(Include(email=ZeroTrustAccessPolicyIncludeEmailArgs(email=email)) for email in sorted(allow.emails)),
        *(
            Include(
                oidc=ZeroTrustAccessPolicyIncludeOidcArgs(
                    identity_provider_id=login, claim_name=GROUPS_CLAIM, claim_value=f"/{group}"
                )
            )
            for group in sorted(allow.groups)
        ),
    ]


def through(keycloak: Keycloak) -> ZeroTrustAccessIdentityProviderConfigArgs:
    endpoints = f"{keycloak.issuer}/protocol/openid-connect"
    return ZeroTrustAccessIdentityProviderConfigArgs(
        client_id=keycloak.client_id,
        client_secret=pulumi.Output.secret(keycloak.secret),
        auth_url=f"{endpoints}/auth",
        token_url=f"{endpoints}/token",
        certs_url=f"{endpoints}/certs",
        pkce_enabled=True,
        scopes=["openid", "email", "profile"],
        claims=[GROUPS_CLAIM],
        email_claim_name="email",
    )
