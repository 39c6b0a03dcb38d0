"""From the stack file to what the hub knows of the users' servers. Pure."""

from collections.abc import Iterable, Mapping

from components.hub.server_nodes import server_nodes
from components.hub.volumes import home_of, volumes_of
from components.services.services import declared_services, looking
from hub.profile_settings import Discovered, Discovery, Gpu, Image, Listed, Profile
from hub.settings import UserServers
from settings import Settings
from settings import profiles as sections
from settings.domain import bytes_of, millicores_of
from settings.users import UsersSection

_HTTP_TIMEOUT = 120


def user_servers(settings: Settings, images: Mapping[str, str]) -> UserServers:
    """`images` says where ours are."""
    users = settings.users
    return UserServers(
        namespace=settings.namespace.users,
        images=tuple(user_images(users, images)),
        profiles=tuple(_profile(profile, users.images[0].name) for profile in users.profiles),
        discovery=_discovery(users.discovery),
        nodes=server_nodes(settings),
        home=home_of(settings.storage.home),
        volumes=tuple(volumes_of(settings.storage.volumes)),
        workspace_image=images.get("workspace"),
        default_url=users.default_url,
        start_timeout=users.start_timeout,
        http_timeout=users.http_timeout or _HTTP_TIMEOUT,
        named_servers=users.named_servers,
        stop_on_logout=users.stop_on_logout,
        environment=dict(sorted(users.environment.items())),
        services=declared_services(settings.services),
        service_discovery=looking(settings.service_discovery),
    )


def user_images(users: UsersSection, images: Mapping[str, str]) -> Iterable[Image]:
    """What servers are started from, and where it is."""
    for image in users.images:
        yield Image(name=image.name, title=image.title, reference=image.reference or images[image.name])


def _profile(profile: sections.Profile, default_image: str) -> Profile:
    culler = profile.culler or sections.ProfileCuller()
    return Profile(
        name=profile.name,
        title=profile.title,
        description=profile.description,
        image=profile.image or default_image,
        groups=None if profile.groups is None else tuple(sorted(profile.groups)),
        cpu_guarantee=_cores(profile.cpu.guarantee),
        cpu_limit=_cores(profile.cpu.limit),
        memory_guarantee=bytes_of(profile.memory.guarantee),
        memory_limit=bytes_of(profile.memory.limit),
        gpu=_gpu(profile.gpu),
        node_selector=dict(sorted(profile.node_selector.items())),
        idle=culler.idle,
        max_age=culler.max_age,
        choices=_choices(profile.choices),
    )


def _gpu(gpu: sections.Gpu | None) -> Gpu | None:
    if gpu is None:
        return None
    return Gpu(
        count=gpu.count,
        resource=gpu.resource,
        runtime_class=gpu.runtime_class,
        tolerations=tuple(toleration.manifest for toleration in gpu.tolerations),
    )


def _choices(choices: sections.Listed | sections.Discovered | None) -> Listed | Discovered | None:
    match choices:
        case None:
            return None
        case sections.Discovered():
            return Discovered()
        case sections.Listed():
            return Listed(
                images=choices.images,
                cpu={text: _cores(text) for text in choices.cpu},
                memory={text: bytes_of(text) for text in choices.memory},
                gpu=choices.gpu,
                nodes=choices.nodes,
            )


def _discovery(discovery: sections.Discovery | None) -> Discovery | None:
    return None if discovery is None else Discovery.model_validate(discovery.model_dump())


def _cores(cpu: str) -> float:
    return millicores_of(cpu) / 1000
