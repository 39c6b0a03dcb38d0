"""How pods find their nodes, and what is there before somebody waits for it."""

from typing import Annotated

from settings.domain import Count, Section, YesOrNo
from settings.form import Whole
from settings.nodes import Placement


class UserScheduler(Section):
    """A scheduler of our own for the users' servers: it fills one node before it takes the next, so that nodes can go."""

    replicas: Annotated[int, Whole("a number of schedulers", 1, 5, 2)]
    """How many. One of them works, the others wait for it to fail."""


class Placeholders(Section):
    """Pods that hold room for the next servers, and give way when one needs it."""

    count: Count
    """How many servers of the default profile there is room for, without waiting for a new node."""


class ImagePuller(Section):
    """Brings the images of the users' servers to every node they may run on."""

    continuous: YesOrNo = True
    """Whether it stays, so that a node that joins later has the images too."""
    before_rollout: YesOrNo = False
    """Whether a new hub waits until every node has the images it starts servers from."""


class SchedulingSection(Section):
    user_scheduler: UserScheduler | None = None
    """The cluster's own scheduler, which spreads servers over the nodes, when absent."""
    placeholders: Placeholders | None = None
    """None when absent."""
    image_puller: ImagePuller | None = None
    """Each node pulls an image when the first server there needs it, when absent."""
    platform: Placement = Placement()
    """Where the hub, the proxy and what belongs to them run."""
    users: Placement = Placement()
    """Where the users' servers run."""
