"""Where the lab keeps things and which addresses it uses. One list: every other module reads it from here."""

from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "node"
FILES = HERE / "files"

STATE = Path("/var/lib/jupyterhub-lab")
RUN = Path("/run/jupyterhub-lab")
CACHE = Path.home() / ".cache" / "jupyterhub-platform"

CONFIG = STATE / "config"
CERTIFICATES = STATE / "certificates"
LOGS = STATE / "log"
POD_LOGS = STATE / "pod-log"
ETCD = STATE / "etcd"
VOLUMES = STATE / "volumes"
CONTAINERD = STATE / "containerd"
KUBELET = STATE / "kubelet"
REGISTRY = STATE / "registry"
CHANGES = STATE / "changes.json"
CNI_BINARIES = STATE / "cni"
CNI_CONFIG = CONFIG / "cni"
# Debian's containernetworking-plugins.
DEBIAN_CNI = Path("/usr/lib/cni")

PIDS = RUN / "pids"
CONTAINERD_SOCKET = RUN / "containerd" / "containerd.sock"
POLICIES_SOCKET = RUN / "policies.sock"

BINARIES = CACHE / "bin"
KUBECTL = BINARIES / "kubectl"
KUBECONFIG = CACHE / "lab" / "kubeconfig"
GO_CACHE = CACHE / "go"
LOCK = CACHE / "lab" / "lock"

CONTEXT = "jupyterhub-lab"
NODE = "jupyterhub-lab"
CGROUP = "jhlab"
BRIDGE = "jhlab0"
POD_NETWORK = "jhlab"

POD_RANGE = "10.244.0.0/24"
SERVICE_RANGE = "10.96.0.0/16"
# The bridge carries the node's address, so that it exists before the first pod and never leaves the machine.
NODE_ADDRESS = "10.244.0.1"
API_SERVICE = "10.96.0.1"
DNS_SERVICE = "10.96.0.10"
API_PORT = 6443
API_URL = f"https://{NODE_ADDRESS}:{API_PORT}"
ETCD_URL = "https://127.0.0.1:2379"
ETCD_PEER_URL = "https://127.0.0.1:2380"
REGISTRY_ADDRESS = "127.0.0.1:5000"
