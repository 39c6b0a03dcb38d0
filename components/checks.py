"""What is asked of others before anything is made: of the user's kubeconfig, of the pinned JupyterHub, of Cloudflare."""

from components import kubeconfig
from components.exposure import edge_check
from components.hub import check as hub_check
from settings import Settings


def check(settings: Settings, stack: str, source: str) -> None:
    kubeconfig.require_context(settings.cluster, source)
    hub_check.check(settings, source)
    edge_check.check(settings, stack, source)
