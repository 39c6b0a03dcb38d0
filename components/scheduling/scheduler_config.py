"""What the users' scheduler is told, and what it may do. Pure."""

import json

from pulumi_kubernetes.rbac.v1 import PolicyRuleArgs

from components.naming import SCHEDULER, scheduler_name

CONFIG_FILE = "config.json"
_SCORES = {"TaintToleration": 10_000, "NodeAffinity": 10_000, "NodeResourcesFit": 100, "ImageLocality": 1}
"""What makes one node better than another: first what people wish, then how full it is, then what it has pulled."""
_READ = ("get", "list", "watch")


def configuration(namespace: str) -> str:
    """A KubeSchedulerConfiguration that fills one node before it takes the next."""
    config = {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "enableProfiling": False,
        "leaderElection": {
            "leaderElect": True,
            "resourceLock": "leases",
            "resourceNamespace": namespace,
            "resourceName": SCHEDULER,
        },
        # The fullest node is only found by looking at all of them.
        "percentageOfNodesToScore": 100,
        "profiles": [_profile(scheduler_name(namespace))],
    }
    return json.dumps(config, indent=1)


def _profile(name: str) -> dict[str, object]:
    fullest = {
        "type": "MostAllocated",
        "resources": [{"name": resource, "weight": 1} for resource in ("cpu", "memory")],
    }
    return {
        "schedulerName": name,
        "plugins": {
            "score": {
                "enabled": [{"name": plugin, "weight": weight} for plugin, weight in _SCORES.items()],
                # Both would spread the servers again.
                "disabled": [{"name": "NodeResourcesBalancedAllocation"}, {"name": "PodTopologySpread"}],
            }
        },
        "pluginConfig": [{"name": "NodeResourcesFit", "args": {"scoringStrategy": fullest}}],
    }


def cluster_rules() -> list[PolicyRuleArgs]:
    """A scheduler looks at everything that decides where a pod fits. It changes nothing but the volumes it hands out."""
    core = ["nodes", "namespaces", "pods", "services", "replicationcontrollers"]
    volumes = ["persistentvolumes", "persistentvolumeclaims"]
    storage = ["csinodes", "csidrivers", "csistoragecapacities", "storageclasses", "volumeattachments"]
    return [
        _rule("", [*core, *volumes], _READ),
        _rule("apps", ["replicasets", "statefulsets"], _READ),
        _rule("policy", ["poddisruptionbudgets"], _READ),
        _rule("storage.k8s.io", storage, _READ),
        _rule("", ["persistentvolumes"], ("update", "patch")),
    ]


def users_rules() -> list[PolicyRuleArgs]:
    """What it does for a server."""
    return [*_binding_rules(), _rule("", ["persistentvolumeclaims"], ("update", "patch"))]


def platform_rules(*, placeholders: bool) -> list[PolicyRuleArgs]:
    """Its lease; and placeholders, the only pods it may push aside."""
    elected = [
        _rule("coordination.k8s.io", ["leases"], ("create",)),
        PolicyRuleArgs(
            api_groups=["coordination.k8s.io"],
            resources=["leases"],
            resource_names=[SCHEDULER],
            verbs=["get", "update"],
        ),
    ]
    if not placeholders:
        return [*elected, _events()]
    return [*elected, *_binding_rules(), _rule("", ["pods"], ("delete",))]


def _binding_rules() -> list[PolicyRuleArgs]:
    return [_rule("", ["pods/binding"], ("create",)), _rule("", ["pods/status"], ("patch",)), _events()]


def _events() -> PolicyRuleArgs:
    return PolicyRuleArgs(api_groups=["", "events.k8s.io"], resources=["events"], verbs=["create", "patch", "update"])


def _rule(group: str, resources: list[str], verbs: tuple[str, ...]) -> PolicyRuleArgs:
    return PolicyRuleArgs(api_groups=[group], resources=resources, verbs=list(verbs))
