"""The part of the spawner that deals with what users choose and are entitled to: the form, its answer, and the pod's parts."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, ClassVar

from jinja2 import Environment, FileSystemLoader
from kubernetes_asyncio.client.models import V1Pod
from kubespawner import KubeSpawner
from traitlets import Dict, default

from hub.answers import KeptAnswer
from hub.control import ControlApi
from hub.discovery import Directory
from hub.failures import Refusal
from hub.furnish import PodParts, furnish
from hub.offers import TITLES, Offer, offers
from hub.options import Chosen, choose, options_from_form, require_known
from hub.person import Person
from hub.platform_services import service_parts
from hub.profile_settings import PROFILE, Discovery
from hub.settings import UserServers
from hub.volumes import home_made_ready, volume_parts

TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)


class ProfileSpawner(KubeSpawner):
    servers = Dict(config=True, help="What the stack file says of the users' servers.")

    _refused_query: Refusal | None = None
    _chosen: Chosen | None = None
    """Of a start that this hub has seen."""
    _started_with: str | None = None
    _control: ClassVar[ControlApi | None] = None
    _directory: ClassVar = Directory()
    """Of services that are found; one for all spawners."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._forget_options_of_old_profiles()

    @property
    def _servers(self) -> UserServers:
        return UserServers.model_validate(self.servers)

    @property
    def _person(self) -> Person:
        return Person(self.user.name, frozenset(group.name for group in self.user.groups))

    async def _offers(self) -> list[Offer]:
        servers = self._servers
        found = None if servers.discovery is None else await self._control_api(servers.discovery).found()
        return offers(servers.profiles, servers.images, self._person, found)

    def _control_api(self, discovery: Discovery) -> ControlApi:
        """One for all spawners."""
        asked = ProfileSpawner._control
        if asked is None or asked.discovery != discovery:
            asked = ProfileSpawner._control = ControlApi(discovery, KeptAnswer(self.db, discovery.url), self.log)
        return asked

    # --- what was chosen ---

    @default("options_from_form")
    def _options_from_form_default(self) -> Callable[[dict[str, list[str]]], dict[str, str]]:
        return options_from_form

    @default("apply_user_options")
    def _apply_user_options_default(self) -> Callable[["ProfileSpawner", object], Awaitable[None]]:
        return ProfileSpawner._apply_options

    async def _apply_options(self, options: object) -> None:
        """Runs before any other part of a start, whoever asked for it."""
        self._chosen = chosen = choose(options, await self._offers(), self._person)
        self._started_with = chosen.profile.name
        self.image, self.image_pull_policy = chosen.image.reference, chosen.image.pull_policy
        self.cpu_guarantee, self.cpu_limit = chosen.cpu_guarantee, chosen.cpu_limit
        self.mem_guarantee, self.mem_limit = chosen.memory_guarantee, chosen.memory_limit

    async def load_user_options(self) -> None:
        """Nothing is left to load: `_apply_options` has done it."""

    async def options_from_query(self, query_data: dict[str, list[str]]) -> dict[str, str]:
        """JupyterHub starts the default when a link's options are refused; remember the refusal for the form."""
        try:
            options = options_from_form(query_data)
            choose(options, await self._offers(), self._person)
        except Refusal as error:
            self._refused_query = error
            raise
        return options

    # --- what becomes of it ---

    async def get_pod_manifest(self) -> V1Pod:
        return furnish(await super().get_pod_manifest(), await self._parts())

    async def _parts(self) -> PodParts:
        """What the person's server gets by who they are and what they chose."""
        servers, person = self._servers, self._person
        with_gpus = any(profile.gpu for profile in servers.profiles)
        chosen = chosen_parts(self._chosen, hide_gpus=with_gpus) if self._chosen else PodParts()
        found = await ProfileSpawner._directory.look(self.api, servers.service_discovery, self.log)
        parts = volume_parts(servers, person) | chosen | service_parts(servers, person, found)
        return home_made_ready(servers, person, parts.mounts) | parts

    def get_state(self) -> dict[str, Any]:
        return {**super().get_state(), PROFILE: self._started_with}

    def load_state(self, state: dict[str, Any]) -> None:
        super().load_state(state)
        self._started_with = state.get(PROFILE)

    # --- the form ---

    @default("options_form")
    def _options_form_default(self) -> Callable[["ProfileSpawner"], Awaitable[str]]:
        return ProfileSpawner._form

    async def _form(self) -> str:
        refused, self._refused_query = self._refused_query, None
        offered = await self._offers()
        self._forget_options_unless(lambda options: choose(options, offered, self._person))
        chosen = choose(self.user_options or {}, offered, self._person)
        if len(offered) > 1 or any(selection.is_open for selection in offered[0].selections.values()):
            return TEMPLATES.get_template("profiles.html").render(
                offers=offered, chosen=chosen.profile.name, given=self.user_options or {}, titles=TITLES
            )
        if refused:
            raise refused
        return ""

    def _forget_options_of_old_profiles(self) -> None:
        names = {profile.name for profile in self._servers.profiles}
        self._forget_options_unless(lambda options: require_known(options, names))

    def _forget_options_unless(self, accepted: Callable[[object], object]) -> None:
        try:
            accepted(self.user_options or {})
        except Refusal as error:
            self.log.warning("%s starts with the default options from now on: %s", self._log_name, error)
            self.user_options = {}
            if self.orm_spawner:
                self.orm_spawner.user_options = {}


def chosen_parts(chosen: Chosen, *, hide_gpus: bool) -> PodParts:
    """What a choice gives to the pod beside its image, its cores and its memory."""
    profile, gpu = chosen.profile, chosen.profile.gpu
    where = PodParts(node_selector=profile.node_selector, nodes=chosen.nodes)
    if gpu is None or chosen.gpus == 0:
        # Where NVIDIA's runtime is every pod's, an image that asks for all GPUs would get them.
        return where | PodParts(environment={"NVIDIA_VISIBLE_DEVICES": "void"} if hide_gpus else {})
    nvidia = gpu.resource.startswith("nvidia.com/")
    return where | PodParts(
        environment={"NVIDIA_DRIVER_CAPABILITIES": "compute,utility"} if nvidia else {},
        limits={gpu.resource: str(chosen.gpus)},
        tolerations=gpu.tolerations,
        runtime_class=gpu.runtime_class,
    )
