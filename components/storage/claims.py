"""How a claim is written. Pure."""

from pulumi_kubernetes.core.v1 import PersistentVolumeClaimSpecArgs, VolumeResourceRequirementsArgs


def claim(size: str, storage_class: str | None, mode: str = "ReadWriteOnce") -> PersistentVolumeClaimSpecArgs:
    return PersistentVolumeClaimSpecArgs(
        access_modes=[mode],
        storage_class_name=storage_class,
        resources=VolumeResourceRequirementsArgs(requests={"storage": size}),
    )
