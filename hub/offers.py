"""What is offered to a person: the profiles of their groups, and what there is to choose in each. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hub.control import Found, FoundImage, FoundNode
from hub.person import Person
from hub.profile_settings import Discovered, Image, Listed, Profile

IMAGE, CPU, MEMORY, GPU, NODE = "image", "cpu", "memory", "gpu", "node"
TITLES = {IMAGE: "Image", NODE: "Node", CPU: "Cores", MEMORY: "Memory", GPU: "GPUs"}
ANY_NODE = "*"
"""No node is called so."""
_STEPS = (1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)
"""Cores and GiB people may choose."""
_GIB = 2**30


@dataclass(frozen=True)
class Choice:
    value: str
    """What a request says."""
    label: str
    """What people read."""
    amount: float = 0
    """What it means, where it is a size."""


@dataclass(frozen=True)
class Selection:
    """One thing to choose."""

    choices: tuple[Choice, ...]
    default: str

    @property
    def is_open(self) -> bool:
        """Whether there is anything to decide."""
        return len(self.choices) > 1

    @property
    def values(self) -> list[str]:
        return [choice.value for choice in self.choices]


@dataclass(frozen=True)
class Source:
    """Where an image is."""

    reference: str
    pull_policy: str = "IfNotPresent"


@dataclass(frozen=True)
class Offer:
    """A profile, and what a person may choose in it."""

    profile: Profile
    sources: Mapping[str, Source]
    """The images, by what a request calls them."""
    selections: Mapping[str, Selection] = field(default_factory=dict[str, Selection])
    gpus: int = 0
    """Where there is no choice of them."""
    nodes: tuple[str, ...] = ()
    """The only ones a server may run on; any where none are named."""
    capacities: tuple[FoundNode, ...] = ()
    """What the nodes hold, as far as that is known."""


def offers(profiles: Iterable[Profile], images: Sequence[Image], person: Person, found: Found | None) -> list[Offer]:
    """The first one is the default. A profile whose choices nobody knows is offered as the stack file has it."""
    return [_offer(profile, images, found) for profile in profiles if person.may_have(profile.groups)]


def _offer(profile: Profile, images: Sequence[Image], found: Found | None) -> Offer:
    sources = {image.name: Source(image.reference) for image in images}
    gpus = profile.gpu.count if profile.gpu else 0
    match profile.choices:
        case Listed() as listed:
            titles = {image.name: image.title for image in images}
            return Offer(profile, sources, _asked(_listed(profile, listed, titles)), gpus, listed.nodes)
        case Discovered() if found is not None:
            sources |= {image.name: _source(image) for image in found.images}
            selections = _asked(_discovered(profile, found, gpus))
            return Offer(profile, sources, selections, gpus, capacities=found.nodes)
        case _:
            return Offer(profile, sources, gpus=gpus)


def _source(image: FoundImage) -> Source:
    """As Kubernetes has it: `latest` is looked up at each start, any other tag stays what it is."""
    return Source(image.reference, "Always" if image.metadata.tag == "latest" else "IfNotPresent")


def _asked(selections: Mapping[str, Selection | None]) -> dict[str, Selection]:
    return {kind: selection for kind, selection in selections.items() if selection is not None}


def _listed(profile: Profile, listed: Listed, titles: Mapping[str, str]) -> dict[str, Selection | None]:
    return {
        IMAGE: _selection([Choice(name, titles[name]) for name in listed.images], profile.image),
        CPU: _selection([Choice(text, cores_in_words(cores), cores) for text, cores in listed.cpu.items()]),
        MEMORY: _selection([Choice(text, memory_in_words(size), size) for text, size in listed.memory.items()]),
        GPU: _selection([Choice(str(count), gpus_in_words(count), count) for count in listed.gpu]),
        NODE: _selection(_or_any([Choice(name, name) for name in listed.nodes])),
    }


def _discovered(profile: Profile, found: Found, gpus: int) -> dict[str, Selection | None]:
    """Sizes up to those of the largest node, and never beyond the profile's."""
    wanted, nodes = found.defaults, found.nodes
    cores = min([profile.cpu_limit, *_largest(node.capacity.cpu for node in nodes)])
    memory = min([profile.memory_limit, *_largest(node.memory for node in nodes)])
    devices = min([gpus, *_largest(node.gpus for node in nodes)])
    return {
        IMAGE: _selection(
            [Choice(image.name, image.display_name) for image in found.images],
            next((image.name for image in found.images if image.default), None),
        ),
        CPU: _sizes([Choice(str(n), cores_in_words(n), n) for n in _STEPS], cores, wanted.default_cpu_cores),
        MEMORY: _sizes([Choice(f"{n}Gi", f"{n} GiB", n * _GIB) for n in _STEPS], memory, wanted.memory),
        GPU: _sizes([Choice(str(n), gpus_in_words(n), n) for n in range(gpus + 1)], devices, wanted.default_gpu_count),
        NODE: _selection(_or_any([Choice(node.name, _described(node)) for node in nodes]), wanted.default_node),
    }


def _selection(choices: Sequence[Choice], default: str | None = None) -> Selection | None:
    """None where there is nothing to choose from."""
    values = [choice.value for choice in choices]
    return Selection(tuple(choices), default if default in values else values[0]) if values else None


def _sizes(choices: Iterable[Choice], most: float, wanted: float) -> Selection | None:
    """As large as possible up to what is wanted, unless people say otherwise."""
    possible = [choice for choice in choices if choice.amount <= most]
    fitting = [choice for choice in possible if choice.amount <= wanted]
    return _selection(possible, fitting[-1].value if fitting else None)


def _or_any(nodes: list[Choice]) -> list[Choice]:
    return [Choice(ANY_NODE, "Any node"), *nodes] if nodes else []


def _largest(sizes: Iterable[float]) -> list[float]:
    return sorted(sizes)[-1:]


def _described(node: FoundNode) -> str:
    parts = [cores_in_words(node.capacity.cpu), memory_in_words(node.memory)]
    return f"{node.name} ({', '.join([*parts, gpus_in_words(node.gpus)] if node.gpus else parts)})"


def cores_in_words(cores: float) -> str:
    return f"{cores:g} core{'' if cores == 1 else 's'}"


def memory_in_words(size: float) -> str:
    return f"{size / _GIB:.4g} GiB"


def gpus_in_words(count: int) -> str:
    return f"{count or 'no'} GPU{'' if count == 1 else 's'}"
