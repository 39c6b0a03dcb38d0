"""What a person's server gets beside its size: each subject says its parts, and they are put into the pod here."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from kubernetes_asyncio.client.models import (
    V1Affinity,
    V1Container,
    V1EnvVar,
    V1NodeAffinity,
    V1NodeSelector,
    V1NodeSelectorRequirement,
    V1NodeSelectorTerm,
    V1Pod,
    V1PodSpec,
    V1ResourceRequirements,
    V1Toleration,
    V1Volume,
    V1VolumeMount,
)
from kubespawner.utils import get_k8s_model

Manifest = Mapping[str, Any]
"""A part of a pod, as the API takes it."""
_ROOM = ("cpu", "memory")


@dataclass(frozen=True, kw_only=True)
class PodParts:
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    annotations: Mapping[str, str] = field(default_factory=dict[str, str])
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    """What policies choose the pod by."""
    volumes: tuple[Manifest, ...] = ()
    mounts: tuple[Manifest, ...] = ()
    """Of the notebook's container."""
    init_containers: tuple[Manifest, ...] = ()
    limits: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of the notebook's container, beside its cores and its memory."""
    node_selector: Mapping[str, str] = field(default_factory=dict[str, str])
    nodes: tuple[str, ...] = ()
    """The only ones the pod may run on; any where none are named."""
    tolerations: tuple[Manifest, ...] = ()
    runtime_class: str | None = None

    def __or__(self, other: "PodParts") -> "PodParts":
        """Both; where they say different things under one name, the other one's."""
        return PodParts(
            environment={**self.environment, **other.environment},
            annotations={**self.annotations, **other.annotations},
            labels={**self.labels, **other.labels},
            volumes=(*self.volumes, *other.volumes),
            mounts=(*self.mounts, *other.mounts),
            init_containers=(*self.init_containers, *other.init_containers),
            limits={**self.limits, **other.limits},
            node_selector={**self.node_selector, **other.node_selector},
            nodes=other.nodes or self.nodes,
            tolerations=(*self.tolerations, *other.tolerations),
            runtime_class=other.runtime_class or self.runtime_class,
        )


def furnish(pod: V1Pod, parts: PodParts) -> V1Pod:
    """Put the parts into a pod that KubeSpawner made. What the hub itself sets there is never replaced."""
    spec, notebook = pod.spec, pod.spec.containers[0]
    taken = {variable.name for variable in notebook.env}
    notebook.env += [V1EnvVar(name, _literal(value)) for name, value in parts.environment.items() if name not in taken]
    notebook.volume_mounts += [get_k8s_model(V1VolumeMount, mount) for mount in parts.mounts]
    spec.volumes += [get_k8s_model(V1Volume, volume) for volume in parts.volumes]
    spec.init_containers = [
        *(spec.init_containers or ()),
        *(_like(notebook, get_k8s_model(V1Container, container)) for container in parts.init_containers),
    ]
    pod.metadata.annotations = {**parts.annotations, **(pod.metadata.annotations or {})}
    pod.metadata.labels = {**parts.labels, **(pod.metadata.labels or {})}
    notebook.resources.limits = {**parts.limits, **(notebook.resources.limits or {})}
    _place(spec, parts)
    return pod


def _place(spec: V1PodSpec, parts: PodParts) -> None:
    """Where the pod may run: what KubeSpawner asks for holds beside what the parts ask for."""
    spec.node_selector = {**parts.node_selector, **(spec.node_selector or {})}
    spec.tolerations = [
        *(spec.tolerations or ()),
        *(get_k8s_model(V1Toleration, toleration) for toleration in parts.tolerations),
    ]
    spec.runtime_class_name = parts.runtime_class or spec.runtime_class_name
    if parts.nodes:
        spec.affinity = spec.affinity or V1Affinity()
        spec.affinity.node_affinity = spec.affinity.node_affinity or V1NodeAffinity()
        _require_nodes(spec.affinity.node_affinity, parts.nodes)


def _require_nodes(affinity: V1NodeAffinity, nodes: Collection[str]) -> None:
    """One of the terms has to hold, so each of those there are is held together with each node."""
    asked = affinity.required_during_scheduling_ignored_during_execution
    terms = asked.node_selector_terms if asked else [V1NodeSelectorTerm()]
    affinity.required_during_scheduling_ignored_during_execution = V1NodeSelector(
        node_selector_terms=[
            V1NodeSelectorTerm(match_expressions=term.match_expressions, match_fields=[_called(node)])
            for term in terms
            for node in nodes
        ]
    )


def _called(node: str) -> V1NodeSelectorRequirement:
    return V1NodeSelectorRequirement(key="metadata.name", operator="In", values=[node])


def _literal(value: str) -> str:
    """Kubernetes would put other variables in place of `$(NAME)`."""
    return value.replace("$", "$$")


def _like(notebook: V1Container, container: V1Container) -> V1Container:
    """With the notebook's user, its restrictions, and the room it is going to have itself; devices are left to it."""
    container.security_context = notebook.security_context
    room = notebook.resources
    container.resources = V1ResourceRequirements(requests=_room(room.requests), limits=_room(room.limits))
    return container


def _room(asked: Mapping[str, str] | None) -> dict[str, str]:
    return {name: amount for name, amount in (asked or {}).items() if name in _ROOM}
