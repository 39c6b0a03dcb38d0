"""Names and labels that more than one component speaks of. Pure."""

HUB = "hub"
HUB_PORT = 8081
HUB_SETTINGS = "hub-settings"
"""The ConfigMap of what the hub is told."""
PROXY = "proxy"
PROXY_HTTP_PORT = 8000
PROXY_API_PORT = 8001
PROXY_METRICS_PORT = 8002
PROXY_PUBLIC_SERVICE = "proxy-public"
PROXY_API_SERVICE = "proxy-api"
DATABASE = "database"
DATABASE_PORT = 5432
KEYCLOAK_DATABASE = "keycloak-database"
KEYCLOAK_MANAGEMENT_PORT = 9000
CERTIFICATE = "certificate"
CLOUDFLARED = "cloudflared"
CLOUDFLARED_METRICS_PORT = 2000
SCHEDULER = "user-scheduler"
SCHEDULER_PORT = 10259
PLACEHOLDER = "user-placeholder"
PULLER = "image-puller"
SERVER = "singleuser-server"
SERVER_PORT = 8888
USERS_PRIORITY = "users"
VOLUME = "volume"
HOMES = "homes"
"""A shared volume, and one with a directory for each user."""

STACK_ANNOTATION = "jupyterhub-platform/stack"
"""Whose namespace it is: a stack that is given another one is told from a new one."""
NOT_WAITED_FOR = {"pulumi.com/skipAwait": "true"}
"""The annotation of what may take as long as it likes to be ready: by the engine as by kubectl."""
SETTINGS_ANNOTATION = "jupyterhub-platform/settings"
SECRETS_ANNOTATION = "jupyterhub-platform/secrets"
"""Fingerprints of what a pod reads: when one changes, the pod starts anew."""

KEYCLOAK_DATABASE_PASSWORD = "keycloak-database-password"  # noqa: S105 - the name of a Secret
KEYCLOAK_ADMINISTRATOR = "keycloak-administrator"
FINGERPRINT_KEY = "fingerprint-key"
"""With which fingerprints of secrets are made."""


def scheduler_name(namespace: str) -> str:
    """By which pods ask for the users' scheduler; it carries the namespace, as all that belongs to the whole cluster does."""
    return f"{namespace}-{SCHEDULER}"


def priority_class(namespace: str, role: str) -> str:
    return f"{namespace}-{role}"


def claim_of(volume: str) -> str:
    """The claim of a shared volume."""
    return f"volume-{volume}"


def selector(component: str) -> dict[str, str]:
    """What a Service, a Deployment or a policy finds the pods of a component by; it can never change."""
    return {"app.kubernetes.io/name": "jupyterhub", "app.kubernetes.io/component": component}


def labels(component: str) -> dict[str, str]:
    """What every object of a component carries."""
    return selector(component) | {
        "app.kubernetes.io/part-of": "jupyterhub-platform",
        "app.kubernetes.io/managed-by": "jupyterhub-platform",
    }
