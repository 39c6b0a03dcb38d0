"""The way in from the internet: a tunnel, and whoever stands in front of it. Imported only where a stack asks for it."""

import pulumi
import pulumi_cloudflare

from components.base import Component
from components.exposure.access import Access, AccessArgs, Keycloak
from components.exposure.edge_args import EdgeArgs
from components.exposure.edge_names import hosts
from components.exposure.tunnel import TUNNEL_SECRET, Tunnel, TunnelArgs
from settings.contract import Contract
from settings.exposure import Access as AccessSettings
from settings.exposure import ExistingLogin, OneTimePin, ThroughKeycloak


class Cloudflare(Component):
    audience: pulumi.Output[str] | None
    """Whom the tokens of Access are for; None where it does not stand in front."""

    def __init__(self, name: str, args: EdgeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        settings = args.settings
        provider = pulumi_cloudflare.Provider("cloudflare", api_token=args.api_token, opts=self.child)
        part = pulumi.ResourceOptions(parent=self, providers=[provider])
        self.audience = None
        if settings.access is not None:
            guard = AccessArgs(
                settings=settings.access,
                login=login(settings.access, args.contract, args.edge_client_secret),
                account=settings.account,
                hosts=hosts(settings),
                namespace=args.namespace,
            )
            self.audience = Access("access", guard, part).audience
        way = TunnelArgs(
            settings=settings,
            namespace=args.namespace,
            namespace_name=args.namespace_name,
            audience=self.audience,
            generation=args.rotations.get(TUNNEL_SECRET, 0),
            nodes=args.nodes,
            image=args.image,
            monitoring=args.monitoring,
            edge_in_reach=args.edge_in_reach,
        )
        Tunnel("tunnel", way, part)
        self.register_outputs({})


def login(
    settings: AccessSettings, contract: Contract | None, secret: pulumi.Input[str] | None
) -> Keycloak | OneTimePin | ExistingLogin:
    match settings.login:
        case ThroughKeycloak():
            if contract is None or contract.edge is None or secret is None:
                raise ValueError("the edge is to ask Keycloak, and nobody says which")
            return Keycloak(issuer=contract.issuer, client_id=contract.edge.client_id, secret=secret)
        case _:
            return settings.login
