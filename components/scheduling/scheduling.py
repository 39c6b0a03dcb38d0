"""Which nodes take which pods, and what is there before somebody waits for it: everything `scheduling` asks for."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.base import Component
from components.naming import scheduler_name
from components.placement import Nodes, are_several
from components.scheduling.priorities import Priorities, PrioritiesArgs
from components.scheduling.readiness import ImagePuller, ImagePullerArgs, Placeholders, PlaceholdersArgs
from components.scheduling.scheduler import Scheduler, SchedulerArgs
from settings import Settings
from settings.scheduling import SchedulingSection


@dataclass(frozen=True, kw_only=True)
class SchedulingArgs:
    settings: Settings
    platform: pulumi.Input[str]
    users: pulumi.Input[str]
    scheduler_image: str | None
    """None where the stack has no scheduler of its own."""
    server_images: Sequence[str]
    """What users' servers are started from, the default first."""


class Scheduling(Component):
    nodes: Nodes
    """Where the platform's own pods go."""
    before_hub: list[pulumi.Resource]
    """What has to be ready before a new hub takes the place of the running one."""

    def __init__(self, name: str, args: SchedulingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        asked = args.settings.scheduling or SchedulingSection()
        priorities = self._priorities(args) if args.settings.scheduling else None
        self.nodes = Nodes(
            placement=asked.platform,
            priority_class=priorities and priorities.platform,
            several=are_several(args.settings.cluster),
        )
        if asked.user_scheduler and args.scheduler_image:
            Scheduler(
                "user-scheduler",
                SchedulerArgs(
                    settings=asked.user_scheduler,
                    name=args.settings.namespace.name,
                    platform=args.platform,
                    users=args.users,
                    placeholders=asked.placeholders is not None,
                    nodes=self.nodes,
                    image=args.scheduler_image,
                ),
                self.child,
            )
        if asked.placeholders and priorities:
            Placeholders(
                "placeholders",
                PlaceholdersArgs(
                    count=asked.placeholders.count,
                    size=args.settings.users.profiles[0],
                    namespace=args.platform,
                    nodes=Nodes(placement=asked.users, priority_class=priorities.placeholders),
                    scheduler=scheduler_name(args.settings.namespace.name) if asked.user_scheduler else None,
                    image=args.server_images[0],
                ),
                self.child,
            )
        self.before_hub = self._pulled(args, asked, priorities)
        self.register_outputs({})

    def _priorities(self, args: SchedulingArgs) -> Priorities:
        asked = args.settings.scheduling
        placeholders = asked is not None and asked.placeholders is not None
        names = PrioritiesArgs(namespace=args.settings.namespace.name, placeholders=placeholders)
        return Priorities("priorities", names, self.child)

    def _pulled(
        self, args: SchedulingArgs, asked: SchedulingSection, priorities: Priorities | None
    ) -> list[pulumi.Resource]:
        if not asked.image_puller:
            return []
        puller = ImagePuller(
            "image-puller",
            ImagePullerArgs(
                settings=asked.image_puller,
                namespace=args.platform,
                nodes=Nodes(placement=asked.users, priority_class=priorities and priorities.users),
                images=args.server_images,
            ),
            self.child,
        )
        return [puller.pulled] if asked.image_puller.before_rollout else []
