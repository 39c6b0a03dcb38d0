"""The traits of the users' servers. Every pod made from them satisfies Pod Security `restricted`."""

from hub.settings import HubSettings
from hub.trait import PLATFORM, Trait
from hub.volume_settings import ClaimHome, SubpathHome

HOME = "/home/jovyan"
USER_ID = 1000
GROUP_ID = 100
COMPONENT = "singleuser-server"
FORGETS_AFTER = 15
"""Seconds for which a server believes what the hub said of a visitor: so long does a logout leave its door open. By itself it
would be 300. A hub that is restarted meanwhile, which takes less, is not noticed; one that stays away is."""
_TMP: dict[str, object] = {"name": "tmp", "emptyDir": {}}
_TMP_MOUNT = {"name": "tmp", "mountPath": "/tmp"}  # noqa: S108 - inside the pod


def server_traits(settings: HubSettings) -> list[Trait]:
    home = settings.servers.home
    values = {**_pod(settings), **_nodes(settings), **_names(), **_home(home), **_safety(home), **_pace(settings)}
    return [
        Trait("JupyterHub", "spawner_class", "hub.spawner.PlatformSpawner", PLATFORM),
        *(Trait("PlatformSpawner", name, value, _KEYS.get(name, PLATFORM)) for name, value in values.items()),
    ]


_KEYS = {
    "namespace": "namespace.name",
    "servers": "users",
    "default_url": "users.default_url",
    "environment": "users.environment",
    "start_timeout": "users.start_timeout",
    "http_timeout": "users.http_timeout",
    "scheduler_name": "scheduling.user_scheduler",
    "node_selector": "scheduling.users.node_selector",
    "tolerations": "scheduling.users.tolerations",
    "storage_capacity": "storage.home.size",
    "storage_class": "storage.home.storage_class",
}


def _pod(settings: HubSettings) -> dict[str, object]:
    servers = settings.servers
    return {
        "namespace": servers.namespace,
        "image": servers.images[0].reference,
        "image_pull_policy": "IfNotPresent",
        "cmd": ["jupyterhub-singleuser"],
        "args": [f"--HubOAuth.cache_max_age={FORGETS_AFTER}"],
        "servers": servers.model_dump(mode="json"),
        "profile_list": [],
        "default_url": servers.default_url,
        "notebook_dir": HOME,
        "environment": {
            **{name: _literal(value) for name, value in servers.environment.items()},
            "JUPYTERHUB_ALLOW_TOKEN_IN_URL": "0",
        },
        "component_label": COMPONENT,
        "common_labels": {
            "app.kubernetes.io/name": "jupyterhub",
            "app.kubernetes.io/managed-by": "kubespawner",
            "app": "jupyterhub",
            "heritage": "jupyterhub",
        },
        "extra_labels": {"hub.jupyter.org/network-access-hub": "true"},
    }


def _nodes(settings: HubSettings) -> dict[str, object]:
    nodes = settings.servers.nodes
    return {
        "scheduler_name": nodes.scheduler,
        "priority_class_name": nodes.priority_class or "",
        "node_selector": nodes.node_selector,
        "tolerations": list(nodes.tolerations),
    }


def _literal(value: str) -> str:
    """KubeSpawner expands `{username}` and the like in environment values; the stack file's are plain text."""
    return value.replace("{", "{{").replace("}", "}}")


def _names() -> dict[str, object]:
    return {
        "slug_scheme": "safe",
        "pod_name_template": "jupyter-{user_server}",
        "pvc_name_template": "claim-{user_server}",
        # hub/homes.py finds a home by its owner, whatever it is called.
        "handle_legacy_names": False,
        "delete_pvc": False,
    }


def _home(home: ClaimHome | SubpathHome) -> dict[str, object]:
    """The claims of users; a directory of a volume that all share is mounted by hub/volumes.py."""
    if isinstance(home, SubpathHome):
        return {"storage_pvc_ensure": False, "volumes": [_TMP], "volume_mounts": [_TMP_MOUNT]}
    return {
        "storage_pvc_ensure": True,
        "storage_capacity": home.size,
        "storage_class": home.storage_class,
        "storage_access_modes": ["ReadWriteOnce"],
        "remember_pvc_name": True,
        "volumes": [{"name": "home", "persistentVolumeClaim": {"claimName": "{pvc_name}"}}, _TMP],
        "volume_mounts": [{"name": "home", "mountPath": home.mount}, _TMP_MOUNT],
    }


def _safety(home: ClaimHome | SubpathHome) -> dict[str, object]:
    return {
        "uid": USER_ID,
        "gid": GROUP_ID,
        "fs_gid": GROUP_ID,
        "privileged": False,
        "allow_privilege_escalation": False,
        "pod_security_context": {
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
            # A volume that many share is not walked through at every start.
            "fsGroupChangePolicy": "OnRootMismatch",
        },
        "container_security_context": {
            # With the home elsewhere, programs keep their settings in the user's directory until the server stops.
            "readOnlyRootFilesystem": home.mount == HOME,
            "capabilities": {"drop": ["ALL"]},
        },
        "automount_service_account_token": False,
        "extra_pod_config": {"enableServiceLinks": False},
    }


def _pace(settings: HubSettings) -> dict[str, object]:
    return {
        "start_timeout": settings.servers.start_timeout,
        # A slow server is also stopped when a hub that was restarted cannot reach it within this time.
        "http_timeout": settings.servers.http_timeout,
        # Answered from memory; how soon the hub notices a server that went away.
        "poll_interval": 5,
        "k8s_api_request_timeout": 10,
        "k8s_api_request_retry_timeout": 60,
        "delete_grace_period": 10,
        # Failed starts are the users' affair; ending the hub over them would only add to the damage.
        "consecutive_failure_limit": 0,
    }
