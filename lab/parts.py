"""The programs of the node: what each is called with and how one knows that it serves."""

import hashlib
import json
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lab import certificates, cgroups, health, paths, process
from lab.problem import Problem

CERTS = paths.CERTIFICATES


@dataclass(frozen=True)
class Part:
    name: str
    command: tuple[str, ...]
    ready: Callable[[], bool]
    files: tuple[Path, ...] = field(default=())
    """Configuration that the program reads once, so that a change of it means a restart."""
    seconds: float = 60

    def fingerprint(self) -> str:
        read = [path.read_text() for path in self.files]
        return hashlib.sha256(json.dumps([self.command, read]).encode()).hexdigest()[:16]


def kubeconfig(name: str) -> Path:
    return paths.CONFIG / f"{name}.kubeconfig"


def flags(**values: object) -> tuple[str, ...]:
    """Keyword arguments as command line flags: `a_b=1` becomes `--a-b=1`."""
    return tuple(f"--{name.replace('_', '-')}={value}" for name, value in values.items())


def api_server_flags() -> tuple[str, ...]:
    return flags(
        advertise_address=paths.NODE_ADDRESS,
        bind_address=paths.NODE_ADDRESS,
        secure_port=paths.API_PORT,
        etcd_servers=paths.ETCD_URL,
        etcd_cafile=certificates.certificate("ca"),
        etcd_certfile=certificates.certificate("apiserver-to-etcd"),
        etcd_keyfile=certificates.key("apiserver-to-etcd"),
        service_cluster_ip_range=paths.SERVICE_RANGE,
        authorization_mode="Node,RBAC",
        enable_admission_plugins="NodeRestriction",
        anonymous_auth="false",
        client_ca_file=certificates.certificate("ca"),
        tls_cert_file=certificates.certificate("kube-apiserver"),
        tls_private_key_file=certificates.key("kube-apiserver"),
        kubelet_certificate_authority=certificates.certificate("ca"),
        kubelet_client_certificate=certificates.certificate("apiserver-to-kubelet"),
        kubelet_client_key=certificates.key("apiserver-to-kubelet"),
        kubelet_preferred_address_types="InternalIP",
        service_account_issuer="https://kubernetes.default.svc.cluster.local",
        service_account_key_file=certificates.key("service-accounts"),
        service_account_signing_key_file=certificates.key("service-accounts"),
        audit_policy_file=paths.CONFIG / "audit-policy.yaml",
        audit_log_path=paths.LOGS / "audit.log",
        audit_log_maxsize=50,
        audit_log_maxbackup=2,
        profiling="false",
    )


def controller_manager_flags() -> tuple[str, ...]:
    config = kubeconfig("kube-controller-manager")
    return flags(
        kubeconfig=config,
        # Only their health is asked for, and that needs nobody's name.
        authentication_skip_lookup="true",
        authorization_kubeconfig=config,
        bind_address="127.0.0.1",
        leader_elect="false",
        use_service_account_credentials="true",
        service_account_private_key_file=certificates.key("service-accounts"),
        root_ca_file=certificates.certificate("ca"),
        cluster_signing_cert_file=certificates.certificate("ca"),
        cluster_signing_key_file=certificates.key("ca"),
        allocate_node_cidrs="false",
        profiling="false",
    )


def scheduler_flags() -> tuple[str, ...]:
    config = kubeconfig("kube-scheduler")
    return flags(
        kubeconfig=config,
        # Only their health is asked for, and that needs nobody's name.
        authentication_skip_lookup="true",
        authorization_kubeconfig=config,
        bind_address="127.0.0.1",
        leader_elect="false",
        profiling="false",
    )


def containerd() -> Part:
    config = paths.CONFIG / "containerd.toml"
    command = ("/usr/bin/containerd", "--config", str(config))
    return Part("containerd", command, health.containerd, (config, paths.CNI_CONFIG / "pod-network.conflist"))


def registry(node: Path) -> Part:
    command = (str(node), "registry", *flags(address=paths.REGISTRY_ADDRESS, dir=paths.REGISTRY))
    return Part("registry", command, lambda: health.answers(f"http://{paths.REGISTRY_ADDRESS}/v2/"))


def node_parts(node: Path) -> tuple[Part, ...]:
    """Everything but containerd and the registry, in the order of starting. `node` is the binary that holds them."""
    etcd = flags(
        data_dir=paths.ETCD,
        client_url=paths.ETCD_URL,
        peer_url=paths.ETCD_PEER_URL,
        cert_file=certificates.certificate("etcd"),
        key_file=certificates.key("etcd"),
        ca_file=certificates.certificate("ca"),
    )
    kubelet = flags(
        config=paths.CONFIG / "kubelet.yaml",
        kubeconfig=kubeconfig("kubelet"),
        root_dir=paths.KUBELET,
        hostname_override=paths.NODE,
        node_ip=paths.NODE_ADDRESS,
    )
    policies = flags(
        kubeconfig=kubeconfig("policies"),
        socket=paths.POLICIES_SOCKET,
        bridge=paths.BRIDGE,
        pod_range=paths.POD_RANGE,
    )
    storage = flags(kubeconfig=kubeconfig("storage"), dir=paths.VOLUMES)

    def part(name: str, arguments: tuple[str, ...], ready: Callable[[], bool], *files: Path) -> Part:
        return Part(name, (str(node), name, *arguments), ready, files)

    return (
        part("etcd", etcd, health.etcd),
        part("kube-apiserver", api_server_flags(), health.api, paths.CONFIG / "audit-policy.yaml"),
        part("kube-controller-manager", controller_manager_flags(), lambda: health.answers_tls(10257)),
        part("kube-scheduler", scheduler_flags(), lambda: health.answers_tls(10259)),
        part("policies", policies, paths.POLICIES_SOCKET.is_socket),
        part("storage", storage, lambda: True),
        part(
            "kubelet", kubelet, lambda: health.answers("http://127.0.0.1:10248/healthz"), paths.CONFIG / "kubelet.yaml"
        ),
        part(
            "kube-proxy",
            flags(config=paths.CONFIG / "kube-proxy.yaml"),
            lambda: health.answers("http://127.0.0.1:10256/livez"),
            paths.CONFIG / "kube-proxy.yaml",
        ),
    )


def write_config(pause_image: str) -> None:
    """Fill the addresses and paths of the lab into the configuration files that the programs read."""
    values = {name: str(value) for name, value in vars(paths).items() if name.isupper()}
    for name, target in (
        ("containerd.toml", paths.CONFIG),
        ("registry-hosts.toml", paths.CONFIG / "registries" / paths.REGISTRY_ADDRESS),
        ("pod-network.conflist", paths.CNI_CONFIG),
        ("kubelet.yaml", paths.CONFIG),
        ("kube-proxy.yaml", paths.CONFIG),
        ("audit-policy.yaml", paths.CONFIG),
    ):
        target.mkdir(parents=True, exist_ok=True)
        text = string.Template((paths.FILES / name).read_text()).substitute(values, PAUSE_IMAGE=pause_image)
        write_if_changed(target / name.replace("registry-", ""), text)


def write_if_changed(path: Path, text: str) -> None:
    """kube-proxy ends itself when its file is touched."""
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def is_outdated(part: Part) -> bool:
    """Whether the part runs, but otherwise than described."""
    found = process.running(part.name)
    return found is not None and found.fingerprint != part.fingerprint()


def ensure(part: Part) -> bool:
    """Have the part running as described and ready; True when it had to be started."""
    if is_outdated(part):
        process.stop(part.name)
    absent = process.running(part.name) is None
    if absent:
        process.start(part.name, part.command, part.fingerprint(), cgroups.daemons())
    wait_ready(part)
    return absent


def wait_ready(part: Part) -> None:
    def settled() -> bool:
        return process.running(part.name) is None or part.ready()

    if not process.wait(settled, part.seconds):
        raise Problem(
            f"{part.name} runs but did not answer within {part.seconds:.0f} s. {process.last_words(part.name)}"
        )
    if process.running(part.name) is None:
        raise Problem(f"{part.name} ended while starting. {process.last_words(part.name)}")
