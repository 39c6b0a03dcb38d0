"""What a hub that is taken over might ask for: the pods and claims of KubeSpawner, each bent in one way.

Every rule is the only one that speaks against at least one of them, so leaving a rule out lets that one in.
"""

import copy
from collections.abc import Callable
from typing import Any

from components.network.admission import CLAIM_RULES, Allowed, pod_rules

Manifest = dict[str, Any]
Bend = Callable[[Manifest], object]
REGISTRY = "registry.example.org/library"


def container(**fields: Any) -> Bend:
    return lambda pod: pod["spec"]["containers"][0].update(fields)


def another(kind: str, **fields: Any) -> Bend:
    """One more container, like the first but for these fields."""

    def bend(pod: Manifest) -> None:
        more = {**copy.deepcopy(pod["spec"]["containers"][0]), "lifecycle": None, "name": "more", **fields}
        pod["spec"].setdefault(kind, []).append({key: value for key, value in more.items() if value is not None})

    return bend


def spec(**fields: Any) -> Bend:
    return lambda pod: pod["spec"].update(fields)


def security(**fields: Any) -> Bend:
    return lambda pod: pod["spec"]["containers"][0]["securityContext"].update(fields)


def volume(**source: Any) -> Bend:
    return lambda pod: pod["spec"]["volumes"].append({"name": "more", **source})


def label(key: str, value: str | None) -> Bend:
    return lambda pod: (
        pod["metadata"]["labels"].pop(key) if value is None else pod["metadata"]["labels"].update({key: value})
    )


def variable(**source: Any) -> Bend:
    return lambda pod: pod["spec"]["containers"][0]["env"].append({"name": "MORE", "valueFrom": source})


def image_of(pod: Manifest) -> str:
    return pod["spec"]["containers"][0]["image"]


def no_owner(manifest: Manifest) -> None:
    del manifest["metadata"]["annotations"]["hub.jupyter.org/username"]


IMAGE, NODE, PORT, RIGHTS, ACCOUNT, CHOICE, STANDING, LABEL, OWNER, MOUNT, READ = (
    rule.message for rule in pod_rules(Allowed(images=()))
)
PODS: list[tuple[str, Bend, str]] = [
    ("another image", container(image="docker.io/library/busybox"), IMAGE),
    ("an image whose name begins alike", lambda pod: container(image=image_of(pod) + "0")(pod), IMAGE),
    ("an image beside the registry", container(image=f"{REGISTRY}-of-others/notebook"), IMAGE),
    ("an image of a registry inside of another", container(image=f"evil.example.org/{REGISTRY}/notebook"), IMAGE),
    ("another image to begin with", another("initContainers", image="busybox"), IMAGE),
    ("another image beside it", another("containers", image="busybox", ports=None), IMAGE),
    # Its ports would be ports of the node.
    ("the node's network", lambda pod: (spec(hostNetwork=True)(pod), container(ports=[])(pod)), NODE),
    ("the node's processes", spec(hostPID=True), NODE),
    ("the node's memory", spec(hostIPC=True), NODE),
    ("a port of the node", container(ports=[{"containerPort": 8888, "hostPort": 8888}]), PORT),
    ("escalation", security(allowPrivilegeEscalation=True), RIGHTS),
    ("escalation by silence", container(securityContext={}), RIGHTS),
    ("a capability", security(capabilities={"drop": ["ALL"], "add": ["NET_ADMIN"]}), RIGHTS),
    ("escalation to begin with", another("initContainers", securityContext=None), RIGHTS),
    ("another account", spec(serviceAccountName="somebody", serviceAccount="somebody"), ACCOUNT),
    ("a node", spec(nodeName="somewhere"), CHOICE),
    ("the standing of the cluster's own", spec(priorityClassName="system-node-critical"), STANDING),
    ("no label", label("component", None), LABEL),
    ("another label", label("component", "hub"), LABEL),
    ("another component", label("app.kubernetes.io/component", "database"), LABEL),
    ("no owner", no_owner, OWNER),
    ("a directory of the node", volume(hostPath={"path": "/"}), MOUNT),
    ("a Secret", volume(secret={"secretName": "login-password"}), MOUNT),
    ("a ConfigMap", volume(configMap={"name": "kube-root-ca.crt"}), MOUNT),
    ("a token", spec(automountServiceAccountToken=True), MOUNT),
    ("a token by silence", lambda pod: pod["spec"].pop("automountServiceAccountToken"), MOUNT),
    ("a token as a volume", volume(projected={"sources": [{"serviceAccountToken": {"path": "token"}}]}), MOUNT),
    ("a server of files", volume(nfs={"server": "10.0.0.1", "path": "/"}), MOUNT),
    ("a disk made for it", volume(csi={"driver": "example.org"}), MOUNT),
    ("a Secret in a variable", variable(secretKeyRef={"name": "x", "key": "y"}), READ),
    ("a ConfigMap in a variable", variable(configMapKeyRef={"name": "x", "key": "y"}), READ),
    ("a Secret as all variables", container(envFrom=[{"secretRef": {"name": "x"}}]), READ),
]
OWNER_OF_CLAIM, FILLED = (rule.message for rule in CLAIM_RULES)
CLAIMS: list[tuple[str, Bend, str]] = [
    ("no owner", no_owner, OWNER_OF_CLAIM),
    ("a volume by name", spec(volumeName="pv-of-somebody"), FILLED),
    ("a volume by label", spec(selector={"matchLabels": {"of": "somebody"}}), FILLED),
    ("a copy", spec(dataSource={"kind": "PersistentVolumeClaim", "name": "claim-somebody"}), FILLED),
    ("a copy, newly said", spec(dataSourceRef={"kind": "PersistentVolumeClaim", "name": "claim-somebody"}), FILLED),
]
