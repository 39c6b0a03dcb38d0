"""The tunnel: a host name at Cloudflare that leads to the proxy, over connections that begin in the cluster."""

import base64
import json
from dataclasses import dataclass

import pulumi
from pulumi_cloudflare import (
    CertificatePack,
    DnsRecord,
    ZeroTrustTunnelCloudflared,
    ZeroTrustTunnelCloudflaredConfig,
    ZeroTrustTunnelCloudflaredConfigConfigArgs,
    ZeroTrustTunnelCloudflaredConfigConfigIngressArgs,
    ZeroTrustTunnelCloudflaredConfigConfigIngressOriginRequestAccessArgs,
    ZeroTrustTunnelCloudflaredConfigConfigIngressOriginRequestArgs,
)
from pulumi_kubernetes.core.v1 import Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.base import Component, name_of
from components.exposure.cloudflared import Cloudflared, CloudflaredArgs
from components.exposure.edge_names import comment, hosts, title
from components.naming import CLOUDFLARED, PROXY_PUBLIC_SERVICE, labels
from components.placement import Nodes
from components.pods import fingerprint
from components.secrets.credentials import SecretKey
from components.secrets.generations import Shape, generated
from settings.exposure import Tunnel as Settings
from settings.monitoring import MonitoringSection

TUNNEL_SECRET = "tunnel-secret"  # noqa: S105 - the name of what is generated
TUNNEL_TOKEN = "tunnel-token"  # noqa: S105 - the name of a Secret
_AUTOMATIC = 1
"""How long others may remember a record, where Cloudflare itself answers."""

Rule = ZeroTrustTunnelCloudflaredConfigConfigIngressArgs
OriginRequest = ZeroTrustTunnelCloudflaredConfigConfigIngressOriginRequestArgs


@dataclass(frozen=True, kw_only=True)
class TunnelArgs:
    settings: Settings
    namespace: pulumi.Input[str]
    namespace_name: str
    audience: pulumi.Input[str] | None
    """Whom the tokens of Access are for; None where it does not stand in front."""
    generation: int
    """How often the tunnel's secret was replaced."""
    nodes: Nodes
    image: str
    monitoring: MonitoringSection | None
    edge_in_reach: bool


class Tunnel(Component):
    def __init__(self, name: str, args: TunnelArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        settings = args.settings
        [*_, value] = generated(TUNNEL_SECRET, Shape.KEY, args.generation, self.kept)
        secret = value.apply(lambda known: base64.b64encode(known.encode()).decode())
        tunnel = ZeroTrustTunnelCloudflared(
            "tunnel",
            account_id=settings.account,
            name=title(settings.host),
            config_src="cloudflare",
            tunnel_secret=secret,
            opts=self.child,
        )
        self._routes(args, tunnel.id)
        for role, host in zip(("tunnel-dns", "tunnel-dns-users"), hosts(settings), strict=False):
            self._record(role, settings.zone, host, tunnel.id)
        if settings.subdomains is not None:
            self._certificate(settings.zone, sorted({settings.subdomains.apex, *hosts(settings)}))
        token = pulumi.Output.all(tunnel=tunnel.id, secret=secret).apply(
            lambda known: connector_token(settings.account, known["tunnel"], known["secret"])
        )
        # Whoever destroys a platform ends its connections first: Cloudflare keeps a tunnel that has any.
        connector = CloudflaredArgs(
            namespace=args.namespace,
            token=self._token(token, args.namespace),
            nodes=args.nodes,
            image=args.image,
            monitoring=args.monitoring,
            edge_in_reach=args.edge_in_reach,
        )
        Cloudflared(CLOUDFLARED, connector, self.child)
        self.register_outputs({})

    def _routes(self, args: TunnelArgs, tunnel: pulumi.Output[str]) -> None:
        access = args.settings.access
        guarded = origin_request(access.team, args.audience) if access and args.audience else None
        origin = f"http://{PROXY_PUBLIC_SERVICE}.{args.namespace_name}:80"
        ZeroTrustTunnelCloudflaredConfig(
            "tunnel-routes",
            account_id=args.settings.account,
            tunnel_id=tunnel,
            source="cloudflare",
            config=ZeroTrustTunnelCloudflaredConfigConfigArgs(
                ingresses=[
                    *(Rule(hostname=host, service=origin, origin_request=guarded) for host in hosts(args.settings)),
                    Rule(service="http_status:404"),
                ]
            ),
            opts=self.child,
        )

    def _record(self, role: str, zone: str, host: str, tunnel: pulumi.Output[str]) -> None:
        DnsRecord(
            role,
            zone_id=zone,
            name=host,
            type="CNAME",
            content=pulumi.Output.concat(tunnel, ".cfargotunnel.com"),
            proxied=True,
            ttl=_AUTOMATIC,
            comment=comment(pulumi.get_stack()),
            opts=self.child,
        )

    def _certificate(self, zone: str, names: list[str]) -> None:
        CertificatePack(
            "tunnel-certificate",
            zone_id=zone,
            type="advanced",
            hosts=names,
            certificate_authority="lets_encrypt",
            validation_method="txt",
            validity_days=90,
            cloudflare_branding=False,
            opts=self.child,
        )

    def _token(self, token: pulumi.Output[str], namespace: pulumi.Input[str]) -> SecretKey:
        # Not among what is kept: the engine keeps what a kept object needs, and the tunnel would stay for good.
        made = Secret(
            TUNNEL_TOKEN,
            metadata=ObjectMetaArgs(name=TUNNEL_TOKEN, namespace=namespace, labels=labels(CLOUDFLARED)),
            string_data={TUNNEL_TOKEN: token},
            opts=self.child,
        )
        shown = pulumi.Output.unsecret(token.apply(fingerprint))
        return SecretKey(name_of(made.metadata), TUNNEL_TOKEN, shown)


def connector_token(account: str, tunnel: str, secret: str) -> str:
    """What cloudflared shows to the edge, as the API would write it: nobody has to ask for it."""
    content = json.dumps({"a": account, "t": tunnel, "s": secret}, separators=(",", ":"))
    return base64.b64encode(content.encode()).decode()


def origin_request(team: str, audience: pulumi.Input[str]) -> OriginRequest:
    """Every request is judged once more where it leaves the tunnel: a bypass at the edge ends there."""
    judged = ZeroTrustTunnelCloudflaredConfigConfigIngressOriginRequestAccessArgs(
        required=True, team_name=team, aud_tags=[audience]
    )
    return OriginRequest(access=judged)
