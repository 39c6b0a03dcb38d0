"""Secrets as the files that a pod reads them from."""

from collections.abc import Mapping

from pulumi_kubernetes.core.v1 import (
    KeyToPathArgs,
    ProjectedVolumeSourceArgs,
    SecretProjectionArgs,
    VolumeProjectionArgs,
)

from components.secrets.credentials import SecretKey


def secret_files(files: Mapping[str, SecretKey | None]) -> ProjectedVolumeSourceArgs:
    """All of them in one directory; None is for those that a stack does without."""
    return ProjectedVolumeSourceArgs(
        default_mode=0o440,
        sources=[
            VolumeProjectionArgs(
                secret=SecretProjectionArgs(name=key.secret, items=[KeyToPathArgs(key=key.key, path=file)])
            )
            for file, key in files.items()
            if key is not None
        ],
    )
