"""What users choose from."""

from collections.abc import Iterable, Iterator

from images.catalogue import SERVERS
from settings.domain import bytes_of, millicores_of
from settings.problems import Problem
from settings.profiles import Discovered, Listed, Profile
from settings.root import Settings
from settings.rules.groups import nobody_in


def profiles_are_told_apart(settings: Settings) -> Iterator[Problem]:
    yield from _told_apart("users.profiles", [(each.name, each.title) for each in settings.users.profiles])
    yield from _told_apart("users.images", [(each.name, each.title) for each in settings.users.images])


def _told_apart(key: str, entries: Iterable[tuple[str, str]]) -> Iterator[Problem]:
    names: set[str] = set()
    titles: set[str] = set()
    for position, (name, title) in enumerate(entries):
        if name in names:
            yield Problem(
                f"{key}.{position}.name",
                f"{name!r} stands twice, so a choice would be ambiguous; give each a name of its own",
            )
        if title in titles:
            yield Problem(
                f"{key}.{position}.title",
                f"{title!r} stands twice, so nobody could tell the choices apart; give each a title of its own",
            )
        names.add(name)
        titles.add(title)


def profiles_are_for_somebody(settings: Settings) -> Iterator[Problem]:
    for key, profile in _profiles(settings):
        yield from nobody_in(settings, f"{key}.groups", profile.groups)


def images_are_known(settings: Settings) -> Iterator[Problem]:
    images = {image.name: position for position, image in enumerate(settings.users.images)}
    for image in settings.users.images:
        key = f"users.images.{images[image.name]}"
        if image.reference is None and image.name not in SERVERS:
            ours = ", ".join(SERVERS)
            yield Problem(f"{key}.name", f"{image.name!r} is none of ours ({ours}); say its reference, with a digest")
        if image.reference is not None and image.name in SERVERS:
            yield Problem(
                f"{key}.reference", f"is somewhere else than our {image.name}; remove it or choose another name"
            )
    for key, profile in _profiles(settings):
        named: dict[str, tuple[str, ...]] = {f"{key}.image": (profile.image,) if profile.image else ()}
        if isinstance(profile.choices, Listed):
            named[f"{key}.choices.images"] = profile.choices.images
        for place, names in named.items():
            for name in names:
                if name not in images:
                    yield Problem(place, f"names {name!r}, which users.images does not list; list it or choose another")


def choices_can_be_kept(settings: Settings) -> Iterator[Problem]:
    for key, profile in _profiles(settings):
        if isinstance(profile.choices, Listed):
            yield from _empty(f"{key}.choices", profile.choices)
            yield from _same_size(f"{key}.choices", profile.choices)
            yield from _default_image(f"{key}.choices.images", profile, profile.choices)
            yield from _too_large(f"{key}.choices", profile, profile.choices)
            yield from _larger_than_nodes(f"{key}.choices", profile.choices, settings)
            yield from _gpus(f"{key}.choices.gpu", profile, profile.choices)


def _empty(key: str, choices: Listed) -> Iterator[Problem]:
    if not any((choices.images, choices.cpu, choices.memory, choices.gpu, choices.nodes)):
        yield Problem(key, "offers nothing to choose; list images, cpu, memory, gpu or nodes, or remove it")


def _same_size(key: str, choices: Listed) -> Iterator[Problem]:
    for kind, sizes in {"cpu": map(millicores_of, choices.cpu), "memory": map(bytes_of, choices.memory)}.items():
        counted = list(sizes)
        if len(set(counted)) < len(counted):
            yield Problem(
                f"{key}.{kind}", "offers one size in two ways, and nobody could tell them apart; write each once"
            )


def _default_image(key: str, profile: Profile, choices: Listed) -> Iterator[Problem]:
    if profile.image and choices.images and profile.image not in choices.images:
        yield Problem(key, f"leaves out the profile's own image {profile.image!r}; add it, or remove the image")


def _too_large(key: str, profile: Profile, choices: Listed) -> Iterator[Problem]:
    """The limits of a profile are the most anybody may choose: quota and capacity are counted with them."""
    for cpu in choices.cpu:
        if millicores_of(cpu) > millicores_of(profile.cpu.limit):
            yield Problem(f"{key}.cpu", f"offers {cpu}, more than the profile's cpu.limit; raise that or offer less")
    for memory in choices.memory:
        if bytes_of(memory) > bytes_of(profile.memory.limit):
            yield Problem(
                f"{key}.memory", f"offers {memory}, more than the profile's memory.limit; raise that or offer less"
            )


def _larger_than_nodes(key: str, choices: Listed, settings: Settings) -> Iterator[Problem]:
    pools = settings.cluster.nodes
    if not pools:
        return
    cores = max(millicores_of(pool.cpu) for pool in pools)
    memory = max(bytes_of(pool.memory) for pool in pools)
    for cpu in choices.cpu:
        if millicores_of(cpu) > cores:
            yield Problem(f"{key}.cpu", f"offers {cpu}, more than any node of cluster.nodes has; offer less")
    for size in choices.memory:
        if bytes_of(size) > memory:
            yield Problem(f"{key}.memory", f"offers {size}, more than any node of cluster.nodes has; offer less")


def _gpus(key: str, profile: Profile, choices: Listed) -> Iterator[Problem]:
    if choices.gpu and profile.gpu is None:
        yield Problem(key, "offers GPUs, and the profile does not say what they are; add its section gpu")
    elif profile.gpu and choices.gpu and max(choices.gpu) > profile.gpu.count:
        yield Problem(key, f"offers more than the profile's gpu.count ({profile.gpu.count}); raise that or offer less")


def discovery_is_asked_for(settings: Settings) -> Iterator[Problem]:
    asking = [key for key, profile in _profiles(settings) if isinstance(profile.choices, Discovered)]
    if asking and settings.users.discovery is None:
        yield Problem(f"{asking[0]}.choices.kind", "needs a control API to ask; add users.discovery")
    if not asking and settings.users.discovery is not None:
        yield Problem("users.discovery", "is asked by no profile; give one choices of kind discovered, or remove it")


def profiles_are_culled_sensibly(settings: Settings) -> Iterator[Problem]:
    for key, profile in _profiles(settings):
        if profile.culler is None:
            continue
        if settings.culler is None:
            yield Problem(f"{key}.culler", "has nobody who looks for idle servers; add the section culler")
            continue
        idle = profile.culler.idle or settings.culler.idle
        if idle < settings.culler.every:
            yield Problem(
                f"{key}.culler.idle", "is shorter than culler.every, so servers would run beyond it; write more"
            )
        if profile.culler.max_age is not None and profile.culler.max_age < idle:
            yield Problem(
                f"{key}.culler.max_age",
                "is shorter than its idle time, so busy servers would be stopped before idle ones; write more",
            )


def people_land_in_their_server(settings: Settings) -> Iterator[Problem]:
    if settings.users.default_url.split("/")[1] in {"hub", "user"}:
        yield Problem(
            "users.default_url", "leads out of the server and back to the hub; write a path in it, such as /lab"
        )


def _profiles(settings: Settings) -> list[tuple[str, Profile]]:
    return [(f"users.profiles.{position}", profile) for position, profile in enumerate(settings.users.profiles)]


RULES = (
    profiles_are_told_apart,
    profiles_are_for_somebody,
    images_are_known,
    choices_can_be_kept,
    discovery_is_asked_for,
    profiles_are_culled_sensibly,
    people_land_in_their_server,
)
