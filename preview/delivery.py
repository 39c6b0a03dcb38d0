"""An Argo CD Application for rendered manifests: it applies what is committed, and deletes nothing that people would miss. Pure."""

from typing import Any, Final

from settings import Settings
from settings.surroundings import Delivery

KEPT: Final = {"argocd.argoproj.io/sync-options": "Prune=false,Delete=false"}
"""Said by each object whose loss would lose data: Argo CD leaves it there whatever becomes of its manifest."""


def application(stack: str, settings: Settings, delivery: Delivery) -> dict[str, Any]:
    """Applied once, by hand, in the cluster that the stack is for. Without a finalizer: deleting it deletes nothing else."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": f"{settings.namespace.name}-{stack}", "namespace": "argocd"},
        "spec": {
            "project": "default",
            "source": {
                "repoURL": delivery.repository,
                "path": delivery.path,
                "targetRevision": delivery.revision,
            },
            "destination": {"server": "https://kubernetes.default.svc", "namespace": settings.namespace.name},
            "syncPolicy": {
                "automated": {"prune": True, "selfHeal": True},
                # Secrets are rendered without their values: only a server-side apply leaves alone what it does not name.
                "syncOptions": ["ServerSideApply=true", "PruneLast=true"],
                "retry": {"limit": 5, "backoff": {"duration": "10s", "factor": 2, "maxDuration": "3m"}},
            },
        },
    }
