"""The volumes that all users share: a claim each, in the users' namespace, kept when the platform goes."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import PersistentVolumeClaim
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.base import Component
from components.naming import HOMES, VOLUME, claim_of, labels
from components.storage.claims import claim
from settings.storage import SharedVolume


@dataclass(frozen=True, kw_only=True)
class VolumesArgs:
    volumes: tuple[SharedVolume, ...]
    namespace: pulumi.Input[str]
    room: pulumi.Resource
    """What has to admit them first: a quota and limits that were just raised."""


class Volumes(Component):
    def __init__(self, name: str, args: VolumesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        for volume in args.volumes:
            called, holds = claim_of(volume.name), HOMES if volume.mount is None else VOLUME
            PersistentVolumeClaim(
                called,
                metadata=ObjectMetaArgs(name=called, namespace=args.namespace, labels=labels(holds)),
                # Pods of all nodes mount it at once.
                spec=claim(volume.size, volume.storage_class, "ReadWriteMany"),
                opts=pulumi.ResourceOptions.merge(self.kept, pulumi.ResourceOptions(depends_on=[args.room])),
            )
        self.register_outputs({})
