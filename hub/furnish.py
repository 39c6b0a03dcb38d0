"""What a person's server gets beside its size: each subject says its parts, and they are put into the pod here."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from kubernetes_asyncio.client.models import V1Container, V1EnvVar, V1Pod, V1Volume, V1VolumeMount
from kubespawner.utils import get_k8s_model

Manifest = Mapping[str, Any]
"""A part of a pod, as the API takes it."""


@dataclass(frozen=True)
class Person:
    name: str
    groups: frozenset[str] = frozenset()

    def may_have(self, groups: Collection[str] | None) -> bool:
        """Whether something is for this person: for everybody where no groups are named."""
        return groups is None or not self.groups.isdisjoint(groups)


@dataclass(frozen=True, kw_only=True)
class PodParts:
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    annotations: Mapping[str, str] = field(default_factory=dict[str, str])
    volumes: tuple[Manifest, ...] = ()
    mounts: tuple[Manifest, ...] = ()
    """Of the notebook's container."""
    init_containers: tuple[Manifest, ...] = ()

    def __or__(self, other: "PodParts") -> "PodParts":
        """Both; where they say different things under one name, the other one's."""
        return PodParts(
            environment={**self.environment, **other.environment},
            annotations={**self.annotations, **other.annotations},
            volumes=(*self.volumes, *other.volumes),
            mounts=(*self.mounts, *other.mounts),
            init_containers=(*self.init_containers, *other.init_containers),
        )


def furnish(pod: V1Pod, parts: PodParts) -> V1Pod:
    """Put the parts into a pod that KubeSpawner made. What the hub itself sets there is never replaced."""
    spec, notebook = pod.spec, pod.spec.containers[0]
    taken = {variable.name for variable in notebook.env}
    notebook.env += [V1EnvVar(name, value) for name, value in parts.environment.items() if name not in taken]
    notebook.volume_mounts += [get_k8s_model(V1VolumeMount, mount) for mount in parts.mounts]
    spec.volumes += [get_k8s_model(V1Volume, volume) for volume in parts.volumes]
    spec.init_containers = [
        *(spec.init_containers or ()),
        *(get_k8s_model(V1Container, container) for container in parts.init_containers),
    ]
    pod.metadata.annotations = {**parts.annotations, **(pod.metadata.annotations or {})}
    return pod
