"""From the stack file to where users' servers run. Pure."""

from components.naming import USERS_PRIORITY, priority_class, scheduler_name
from hub.settings import ServerNodes
from settings import Settings


def server_nodes(settings: Settings) -> ServerNodes:
    asked, namespace = settings.scheduling, settings.namespace.name
    if asked is None:
        return ServerNodes()
    return ServerNodes(
        scheduler=scheduler_name(namespace) if asked.user_scheduler else None,
        priority_class=priority_class(namespace, USERS_PRIORITY),
        node_selector=dict(sorted(asked.users.node_selector.items())),
        tolerations=tuple(toleration.manifest for toleration in asked.users.tolerations),
    )
