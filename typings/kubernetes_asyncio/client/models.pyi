class V1Volume: ...
class V1VolumeMount: ...

class V1Container:
    env: list[V1EnvVar]
    volume_mounts: list[V1VolumeMount]

class V1EnvVar:
    name: str
    def __init__(self, name: str, value: str) -> None: ...

class V1ObjectMeta:
    annotations: dict[str, str] | None
    labels: dict[str, str] | None

class V1PodSpec:
    containers: list[V1Container]
    init_containers: list[V1Container] | None
    volumes: list[V1Volume]

class V1Pod:
    metadata: V1ObjectMeta
    spec: V1PodSpec
