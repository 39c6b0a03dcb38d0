"""The part of the spawner that deals with what users choose and are entitled to: the form, its answer, and the pod's parts."""

from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from kubernetes_asyncio.client.models import V1Pod
from kubespawner import KubeSpawner
from traitlets import Dict, default

from hub.failures import Refusal
from hub.furnish import Person, PodParts, furnish
from hub.options import chosen_profile, options_from_form, parse_options
from hub.settings import Profile, UserServers

TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)


class ProfileSpawner(KubeSpawner):
    servers = Dict(config=True, help="What the stack file says of the users' servers.")

    _refused_query: Refusal | None = None

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._forget_options_of_old_profiles()

    @property
    def _servers(self) -> UserServers:
        return UserServers.model_validate(self.servers)

    @property
    def _profiles(self) -> tuple[Profile, ...]:
        return self._servers.profiles

    @property
    def _person(self) -> Person:
        return Person(self.user.name, frozenset(group.name for group in self.user.groups))

    async def get_pod_manifest(self) -> V1Pod:
        return furnish(await super().get_pod_manifest(), await self._parts())

    async def _parts(self) -> PodParts:
        """What the person's server gets by who they are and what they chose."""
        return PodParts()

    @default("options_from_form")
    def _options_from_form_default(self) -> Callable[[dict[str, list[str]]], dict[str, str]]:
        return options_from_form

    @default("apply_user_options")
    def _apply_user_options_default(self) -> Callable[["ProfileSpawner", object], None]:
        return ProfileSpawner._apply_options

    def _apply_options(self, options: object) -> None:
        """Runs before any other part of a start, whoever asked for it."""
        profile = chosen_profile(parse_options(options, self._profiles), self._profiles)
        self.cpu_guarantee, self.cpu_limit = profile.cpu_guarantee, profile.cpu_limit
        self.mem_guarantee, self.mem_limit = profile.memory_guarantee, profile.memory_limit

    async def load_user_options(self) -> None:
        """Nothing is left to load: `_apply_options` has done it."""

    def options_from_query(self, query_data: dict[str, list[str]]) -> dict[str, str]:
        """JupyterHub starts the default when a link's options are refused; remember the refusal for the form."""
        try:
            options = options_from_form(query_data)
            parse_options(options, self._profiles)
        except Refusal as error:
            self._refused_query = error
            raise
        return options

    @default("options_form")
    def _options_form_default(self) -> Callable[["ProfileSpawner"], str]:
        return ProfileSpawner._form

    def _form(self) -> str:
        refused, self._refused_query = self._refused_query, None
        if len(self._profiles) > 1:
            chosen = (self.user_options or {}).get("profile") or self._profiles[0].name
            return TEMPLATES.get_template("profiles.html").render(profiles=self._profiles, chosen=chosen)
        if refused:
            raise refused
        return ""

    def _forget_options_of_old_profiles(self) -> None:
        try:
            parse_options(self.user_options or {}, self._profiles)
        except Refusal as error:
            self.log.warning("%s starts with the default options from now on: %s", self._log_name, error)
            self.user_options = {}
            if self.orm_spawner:
                self.orm_spawner.user_options = {}
