"""What the cluster itself refuses in our namespaces. A hub that is taken over can start users' servers, and nothing else; and
nobody opens a way past the one the stack file names.

The rules are CEL; https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.admissionregistration.v1 import (
    MatchConditionArgs,
    MatchResourcesArgs,
    NamedRuleWithOperationsArgs,
    ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding,
    ValidatingAdmissionPolicyBindingSpecArgs,
    ValidatingAdmissionPolicySpecArgs,
    ValidationArgs,
    VariableArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, LabelSelectorRequirementArgs, ObjectMetaArgs

from components.base import Component, name_of
from components.naming import HUB, SERVER, labels
from hub.homes import USERNAME
from hub.settings import UserServers
from settings.exposure import Exposure, Ingress

_OWNED = f"object.metadata.?annotations[?'{USERNAME}'].orValue('') != ''"
_CONTAINERS = " + ".join(
    f"dyn(object.spec.?{kind}.orValue([]))" for kind in ("containers", "initContainers", "ephemeralContainers")
)


@dataclass(frozen=True)
class Rule:
    """What has to hold, and what is said where it does not."""

    expression: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """What users' servers are made of."""

    images: Collection[str]
    """Exactly these references."""
    registries: Collection[str] = ()
    """Any image below one of these, such as `harbor.example.com/library`."""
    secrets: Collection[str] = ()


def allowed(servers: UserServers) -> Allowed:
    made_ready_by = {servers.workspace_image} if servers.workspace_image else set[str]()
    return Allowed(
        images=sorted({image.reference for image in servers.images} | made_ready_by),
        registries=servers.discovery.registries if servers.discovery else (),
        secrets=sorted({file.secret for service in servers.services for file in service.files}),
    )


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Which requests a policy is about."""

    kinds: Sequence[tuple[str, Sequence[str]]]
    """API groups and their resources."""
    namespaces: Sequence[str]
    by: str | None = None
    """The one whose requests they are; anybody's when None."""


@dataclass(frozen=True, kw_only=True)
class AdmissionArgs:
    platform: str
    servers: UserServers
    exposure: Exposure


class Admission(Component):
    def __init__(self, name: str, args: AdmissionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._users = args.servers.namespace
        hub = f"system:serviceaccount:{args.platform}:{HUB}"
        pods = Judged(kinds=[("", ("pods", "pods/ephemeralcontainers"))], namespaces=[self._users], by=hub)
        claims = Judged(kinds=[("", ("persistentvolumeclaims",))], namespaces=[self._users], by=hub)
        self._policy(
            "pods", pods, pod_rules(allowed(args.servers)), VariableArgs(name="containers", expression=_CONTAINERS)
        )
        self._policy("claims", claims, CLAIM_RULES)
        # Beside an Ingress, cert-manager opens a way of its own for as long as it proves who owns the name.
        closed = (self._users,) if isinstance(args.exposure, Ingress) else (args.platform, self._users)
        self._policy("services", Judged(kinds=[("", ("services",))], namespaces=closed), SERVICE_RULES)
        self._policy("routes", Judged(kinds=ROUTES, namespaces=closed), ROUTE_RULES)
        self.register_outputs({})

    def _policy(self, subject: str, judged: Judged, rules: Iterable[Rule], *variables: VariableArgs) -> None:
        # The whole cluster shares these names, so they carry the one that no other stack has.
        metadata = ObjectMetaArgs(name=f"{subject}.{self._users}.jupyterhub-platform", labels=labels("admission"))
        here = LabelSelectorArgs(match_expressions=[_among(judged.namespaces)])
        made = ValidatingAdmissionPolicy(
            f"{subject}-policy",
            metadata=metadata,
            spec=ValidatingAdmissionPolicySpecArgs(
                failure_policy="Fail",
                match_constraints=MatchResourcesArgs(
                    namespace_selector=here,
                    resource_rules=[
                        NamedRuleWithOperationsArgs(
                            api_groups=[group],
                            api_versions=["*"],
                            operations=["CREATE", "UPDATE"],
                            resources=list(resources),
                        )
                        for group, resources in judged.kinds
                    ],
                ),
                match_conditions=[MatchConditionArgs(name="by", expression=_by(judged.by))] if judged.by else None,
                variables=list(variables) or None,
                validations=[
                    ValidationArgs(expression=rule.expression, message=rule.message, reason="Forbidden")
                    for rule in rules
                ],
            ),
            opts=self.child,
        )
        ValidatingAdmissionPolicyBinding(
            f"{subject}-binding",
            metadata=metadata,
            spec=ValidatingAdmissionPolicyBindingSpecArgs(
                policy_name=name_of(made.metadata),
                validation_actions=["Deny"],
                match_resources=MatchResourcesArgs(namespace_selector=here),
            ),
            opts=self.child,
        )


def pod_rules(allowed: Allowed) -> tuple[Rule, ...]:
    return (
        Rule(
            f"variables.containers.all(c, c.image in {_cel(allowed.images)} || "
            f"{_cel(f'{registry}/' for registry in allowed.registries)}.exists(r, c.image.startsWith(r)))",
            "runs an image that the stack file does not allow",
        ),
        Rule(_none("object.spec", "hostNetwork", "hostPID", "hostIPC"), "shares the node's network or processes"),
        Rule(
            "variables.containers.all(c, c.?ports.orValue([]).all(p, p.?hostPort.orValue(0) == 0))",
            "asks for a port of the node",
        ),
        Rule(
            # Who is privileged escalates: the API server takes no container that says otherwise.
            "variables.containers.all(c, c.?securityContext.?allowPrivilegeEscalation.orValue(true) == false "
            "&& c.?securityContext.?capabilities.?add.orValue([]).size() == 0)",
            "asks for rights that no user's server has",
        ),
        Rule("object.spec.?serviceAccountName.orValue('default') == 'default'", "runs as somebody else's account"),
        Rule("request.operation != 'CREATE' || !has(object.spec.nodeName)", "chooses its node past the scheduler"),
        Rule(
            "!object.spec.?priorityClassName.orValue('').startsWith('system-')",
            "would push aside what the cluster itself lives by",
        ),
        Rule(
            "['component', 'app.kubernetes.io/component'].all(key, "
            f"object.metadata.?labels[?key].orValue('') == '{SERVER}')",
            f"is not labelled as a {SERVER}, which its network policy goes by",
        ),
        Rule(_OWNED, "does not name its owner"),
        Rule(
            # The token of an account is a volume too, when rules are judged.
            "object.spec.?volumes.orValue([]).all(v, has(v.persistentVolumeClaim) || has(v.emptyDir) || has(v.downwardAPI) "
            f"|| v.?secret.?secretName.orValue('') in {_cel(allowed.secrets)})",
            "mounts what no user's server mounts",
        ),
        Rule(
            "variables.containers.all(c, !has(c.envFrom) && c.?env.orValue([]).all(e, "
            "!has(e.valueFrom) || has(e.valueFrom.fieldRef) || has(e.valueFrom.resourceFieldRef)))",
            "reads a Secret or a ConfigMap as a variable, which every program of the server inherits",
        ),
    )


CLAIM_RULES = (
    Rule(_OWNED, "does not name its owner"),
    Rule(
        "!has(object.spec.volumeName) && !has(object.spec.dataSource) && !has(object.spec.dataSourceRef) "
        "&& !has(object.spec.selector)",
        "reaches for a volume that somebody else has filled",
    ),
)


SERVICE_RULES = (
    Rule(
        "object.spec.?type.orValue('ClusterIP') in ['ClusterIP', 'ExternalName']",
        "opens a port of the nodes, past the one way that the stack file names",
    ),
    Rule(
        "object.spec.?externalIPs.orValue([]).size() == 0",
        "listens on an address outside of the cluster, past the one way that the stack file names",
    ),
)
ROUTES = (
    ("networking.k8s.io", ("ingresses",)),
    ("gateway.networking.k8s.io", ("*",)),
    ("traefik.io", ("ingressroutes", "ingressroutetcps", "ingressrouteudps")),
)
"""By which controllers of a cluster lead people in."""
ROUTE_RULES = (Rule("false", "leads people in past the one way that the stack file names"),)


def _by(user: str) -> str:
    return f"request.userInfo.username == '{user}'"


def _among(namespaces: Sequence[str]) -> LabelSelectorRequirementArgs:
    return LabelSelectorRequirementArgs(key="kubernetes.io/metadata.name", operator="In", values=list(namespaces))


def _none(owner: str, *names: str) -> str:
    return " && ".join(f"{owner}.?{name}.orValue(false) == false" for name in names)


def _cel(texts: Iterable[str]) -> str:
    """A list in CEL, whose texts are written as JSON writes them."""
    return json.dumps(list(texts))
