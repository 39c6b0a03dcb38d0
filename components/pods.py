"""What the pods of the platform have in common: the restricted security profile and the writing of resources. Pure."""

import hashlib
import hmac

from pulumi_kubernetes.core.v1 import (
    CapabilitiesArgs,
    EmptyDirVolumeSourceArgs,
    HTTPGetActionArgs,
    PodSecurityContextArgs,
    ProbeArgs,
    ResourceRequirementsArgs,
    SeccompProfileArgs,
    SecurityContextArgs,
    VolumeArgs,
    VolumeMountArgs,
)

from settings.domain import Resources

PLATFORM_USER = 1000


def pod_security() -> PodSecurityContextArgs:
    """Nobody is root, and the volumes belong to the group of the one user there is."""
    return PodSecurityContextArgs(
        run_as_non_root=True,
        run_as_user=PLATFORM_USER,
        run_as_group=PLATFORM_USER,
        fs_group=PLATFORM_USER,
        fs_group_change_policy="OnRootMismatch",
        seccomp_profile=SeccompProfileArgs(type="RuntimeDefault"),
    )


def container_security() -> SecurityContextArgs:
    return SecurityContextArgs(
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        capabilities=CapabilitiesArgs(drop=["ALL"]),
    )


def requirements(resources: Resources) -> ResourceRequirementsArgs:
    return ResourceRequirementsArgs(
        requests={"cpu": resources.cpu.guarantee, "memory": resources.memory.guarantee},
        limits={"cpu": resources.cpu.limit, "memory": resources.memory.limit},
    )


def http_probe(
    path: str, port: str, *, period_seconds: int, failure_threshold: int, timeout_seconds: int = 3
) -> ProbeArgs:
    return ProbeArgs(
        http_get=HTTPGetActionArgs(path=path, port=port),
        period_seconds=period_seconds,
        failure_threshold=failure_threshold,
        timeout_seconds=timeout_seconds,
    )


def scratch() -> tuple[VolumeArgs, VolumeMountArgs]:
    """The one directory any program may write to; it goes with the pod."""
    path = "/tmp"  # noqa: S108 - a directory of the pod's own
    return VolumeArgs(name="tmp", empty_dir=EmptyDirVolumeSourceArgs()), VolumeMountArgs(name="tmp", mount_path=path)


def fingerprint(content: str) -> str:
    """Put into a pod's annotations, it starts the pod anew when what the pod reads has changed."""
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def keyed_fingerprint(key: str, content: str) -> str:
    """The same of a secret, which a fingerprint without a key would help to guess."""
    return hmac.new(key.encode(), content.encode(), "sha256").hexdigest()[:16]
