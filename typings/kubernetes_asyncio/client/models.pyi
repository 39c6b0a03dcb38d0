class V1Volume: ...
class V1VolumeMount: ...

class V1Toleration:
    key: str

class V1NodeSelectorRequirement:
    def __init__(self, *, key: str, operator: str, values: list[str]) -> None: ...

class V1NodeSelectorTerm:
    match_expressions: list[V1NodeSelectorRequirement] | None
    def __init__(
        self,
        *,
        match_expressions: list[V1NodeSelectorRequirement] | None = None,
        match_fields: list[V1NodeSelectorRequirement] | None = None,
    ) -> None: ...

class V1NodeSelector:
    node_selector_terms: list[V1NodeSelectorTerm]
    def __init__(self, *, node_selector_terms: list[V1NodeSelectorTerm]) -> None: ...

class V1NodeAffinity:
    required_during_scheduling_ignored_during_execution: V1NodeSelector | None

class V1Affinity:
    node_affinity: V1NodeAffinity | None

class V1SecurityContext: ...

class V1ResourceRequirements:
    requests: dict[str, str] | None
    limits: dict[str, str] | None
    def __init__(self, *, requests: dict[str, str], limits: dict[str, str]) -> None: ...

class V1Container:
    env: list[V1EnvVar]
    security_context: V1SecurityContext
    resources: V1ResourceRequirements
    volume_mounts: list[V1VolumeMount]

class V1EnvVar:
    name: str
    value: str | None
    def __init__(self, name: str, value: str) -> None: ...

class V1ObjectMeta:
    annotations: dict[str, str] | None
    labels: dict[str, str] | None

class V1PodSpec:
    affinity: V1Affinity | None
    node_selector: dict[str, str] | None
    runtime_class_name: str | None
    tolerations: list[V1Toleration] | None
    containers: list[V1Container]
    init_containers: list[V1Container] | None
    volumes: list[V1Volume]

class V1Pod:
    metadata: V1ObjectMeta
    spec: V1PodSpec

class V1PersistentVolumeClaim:
    metadata: V1ObjectMeta
