"""What the lab needs of the machine: Debian as root, a few packages, kernel settings, one bridge."""

import json
import os
import platform
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from lab import paths
from lab.commands import run, try_run
from lab.problem import Problem

OWN_CLUSTER = (
    "Name a cluster of your own in the stack file instead:\n"
    "  cluster: {kind: context, context: <a context of your kubeconfig>}"
)

# The command each package is needed for, so that one that came another way counts too.
PACKAGES = {
    "containerd": Path("/usr/bin/containerd"),
    "runc": Path("/usr/sbin/runc"),
    "containernetworking-plugins": paths.DEBIAN_CNI / "bridge",
    "nftables": Path("/usr/sbin/nft"),
    "iproute2": Path("/usr/bin/ip"),
    "openssl": Path("/usr/bin/openssl"),
    "ca-certificates": Path("/etc/ssl/certs/ca-certificates.crt"),
    "buildah": Path("/usr/bin/buildah"),
    "debootstrap": Path("/usr/sbin/debootstrap"),
}

# Debian asks this file before a package's service is started.
SERVICE_GUARD = Path("/usr/sbin/policy-rc.d")
GUARD_TEXT = "#!/bin/sh\n# The lab's, while it installs packages.\nexit 101\n"

SETTINGS = {
    "net/ipv4/ip_forward": "1",
    # Pods share one bridge: without this their packets to each other would pass no policy and no Service's way back.
    "net/bridge/bridge-nf-call-iptables": "1",
    "net/bridge/bridge-nf-call-ip6tables": "1",
    # The kubelet, containerd and every JupyterLab watch files; Debian's 128 watchers run out with a few users.
    "fs/inotify/max_user_instances": "1024",
    # What every kubelet insists on. It would set them itself, and never back.
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
AT_LEAST = {"fs/inotify/max_user_instances"}

# Places outside the lab's own that the kubelet and the network plugins use whatever they are told.
CONTAINER_LOGS = Path("/var/log/containers")
DEVICE_PLUGINS = Path("/var/lib/kubelet/device-plugins")
NETWORK_RESULTS = Path("/var/lib/cni/results")

MASQUERADE = "jhlab-masquerade"
MASQUERADE_RULES = f"""
table ip {MASQUERADE}
delete table ip {MASQUERADE}
table ip {MASQUERADE} {{
  chain leaving {{
    type nat hook postrouting priority srcnat
    ip saddr {paths.POD_RANGE} ip daddr != {paths.POD_RANGE} oifname != "{paths.BRIDGE}" masquerade
  }}
}}
"""


def refusal(system: str, user: int, os_release: str) -> str | None:
    """Why the lab cannot run here, None when it can."""
    if system != "Linux":
        return f"The lab runs on Debian-like Linux, and this is {system}."
    fields = dict(line.split("=", 1) for line in os_release.splitlines() if "=" in line)
    family = f"{fields.get('ID', '')} {fields.get('ID_LIKE', '')}".replace('"', "").split()
    if "debian" not in family:
        return f"The lab installs Debian's packages, and this is {fields.get('PRETTY_NAME', 'another system')}."
    if user != 0:
        return "The lab needs root: it makes network interfaces, mounts and control groups."
    return None


def check() -> None:
    release = Path("/etc/os-release")
    reason = refusal(platform.system(), os.getuid(), release.read_text() if release.exists() else "")
    if reason:
        raise Problem(f"{reason}\n{OWN_CLUSTER}")


def missing_packages() -> list[str]:
    return [name for name, proof in PACKAGES.items() if not proof.exists()]


def install(packages: list[str]) -> None:
    """Install without starting the services that Debian's packages bring: the lab runs its own containerd."""
    # One of ours that an interrupted run left is ours to remove; anybody else's stays.
    ours = not SERVICE_GUARD.exists() or SERVICE_GUARD.read_text() == GUARD_TEXT
    if ours:
        SERVICE_GUARD.write_text(GUARD_TEXT)
        SERVICE_GUARD.chmod(0o755)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        run("dpkg", "--configure", "-a", environment=environment)
        run("apt-get", "-q", "update", environment=environment)
        run("apt-get", "-q", "-y", "--no-install-recommends", "install", *packages, environment=environment)
    finally:
        if ours:
            SERVICE_GUARD.unlink()


def setting(name: str) -> Path:
    return Path("/proc/sys") / name


def suffices(name: str, value: str, wanted: str) -> bool:
    return int(value) >= int(wanted) if name in AT_LEAST else value == wanted


def pending_settings() -> dict[str, str]:
    """Kernel settings that are not yet as the lab needs them."""
    absent = [name for name in SETTINGS if not setting(name).exists()]
    if absent:
        raise Problem(
            f"The kernel has no {', '.join(absent)}. Load br_netfilter (`modprobe br_netfilter`) or use another kernel."
        )
    return {
        name: wanted
        for name, wanted in SETTINGS.items()
        if not suffices(name, setting(name).read_text().strip(), wanted)
    }


@dataclass(frozen=True)
class Changes:
    """What `down` has to put back. Kernel settings count only until the machine starts anew."""

    boot: str
    settings: dict[str, str]


def read_changes() -> Changes:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    noted = Changes(**json.loads(paths.CHANGES.read_text())) if paths.CHANGES.exists() else None
    return noted if noted and noted.boot == boot else Changes(boot, {})


def change_settings(pending: dict[str, str]) -> None:
    """Change kernel settings, noting first what they were."""
    noted = read_changes()
    earlier = {name: setting(name).read_text().strip() for name in pending}
    paths.STATE.mkdir(parents=True, exist_ok=True)
    unfinished = paths.CHANGES.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(asdict(replace(noted, settings=earlier | noted.settings)), indent=2))
    unfinished.replace(paths.CHANGES)
    for name, value in pending.items():
        setting(name).write_text(value)


def restore_settings() -> None:
    for name, value in read_changes().settings.items():
        setting(name).write_text(value)
    paths.CHANGES.unlink(missing_ok=True)


def stray_files() -> list[Path]:
    """What the lab's programs wrote outside its own directories."""
    links = [
        link
        for link in CONTAINER_LOGS.glob("*")
        if link.is_symlink() and link.readlink().is_relative_to(paths.POD_LOGS)
    ]
    results = list(NETWORK_RESULTS.glob(f"{paths.POD_NETWORK}-*"))
    sandboxes = [result.name.split("-")[1] for result in results]
    loopbacks = [result for sandbox in sandboxes for result in NETWORK_RESULTS.glob(f"cni-loopback-{sandbox}-*")]
    sockets = [DEVICE_PLUGINS / name for name in ("kubelet.sock", "kubelet_internal_checkpoint", "DEPRECATION")]
    return [*links, *results, *loopbacks, *(path for path in sockets if path.exists())]


def delete_stray_files() -> None:
    for path in stray_files():
        path.unlink()
    for directory in (CONTAINER_LOGS, DEVICE_PLUGINS, DEVICE_PLUGINS.parent, NETWORK_RESULTS, NETWORK_RESULTS.parent):
        with suppress(OSError):  # absent, or somebody else keeps something there
            directory.rmdir()


def make_network() -> None:
    """The bridge with the node's address, the way out for pods, and the plugins that containerd calls."""
    if try_run("ip", "link", "show", paths.BRIDGE).returncode:
        run("ip", "link", "add", paths.BRIDGE, "type", "bridge")
    width = paths.POD_RANGE.rsplit("/")[1]
    run("ip", "address", "replace", f"{paths.NODE_ADDRESS}/{width}", "dev", paths.BRIDGE)
    run("ip", "link", "set", paths.BRIDGE, "up")
    run("nft", "-f", "-", stdin=MASQUERADE_RULES)


def link_plugins(build: Path) -> None:
    paths.CNI_BINARIES.mkdir(parents=True, exist_ok=True)
    plugins = {name: paths.DEBIAN_CNI / name for name in ("bridge", "host-local", "loopback")}
    plugins["policies-cni"] = build / "policies-cni"
    for name, program in plugins.items():
        link = paths.CNI_BINARIES / name
        link.unlink(missing_ok=True)
        link.symlink_to(program)


def delete_network() -> None:
    """Every interface on the bridge, the bridge, and the tables of the lab and of its kube-proxy."""
    for link in json.loads(try_run("ip", "-json", "link", "show", "type", "veth").stdout or "[]"):
        if link.get("master") == paths.BRIDGE:
            try_run("ip", "link", "delete", link["ifname"])
    try_run("ip", "link", "delete", paths.BRIDGE)
    for family, table in (
        ("ip", MASQUERADE),
        ("inet", "jhlab-policies"),
        ("ip", "kube-proxy"),
        ("ip6", "kube-proxy"),
    ):
        try_run("nft", "delete", "table", family, table)


def free_megabytes(path: Path) -> int:
    return shutil.disk_usage(path).free // 2**20
