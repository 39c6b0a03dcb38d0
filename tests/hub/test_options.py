"""What a user may ask for: nothing gets through that is not exactly something offered to them."""

from typing import Any

import pytest

from hub.control import Found
from hub.failures import Refusal
from hub.offers import Offer, offers
from hub.options import Chosen, choose, options_from_form
from hub.person import Person
from hub.profile_settings import Discovered, Gpu, Image, Listed, Profile

GIB = 2**30
IMAGES = (
    Image(name="notebook", title="Notebook", reference="ours:1"),
    Image(name="scipy", title="SciPy", reference="s:1"),
)
SMALL = Profile(
    name="small",
    title="Small",
    image="notebook",
    cpu_guarantee=1,
    cpu_limit=2,
    memory_guarantee=2 * GIB,
    memory_limit=4 * GIB,
)
CHOOSING = SMALL.model_copy(
    update={
        "name": "choosing",
        "gpu": Gpu(count=2, resource="example.com/gpu", runtime_class=None, tolerations=()),
        "choices": Listed(
            images=("scipy", "notebook"),
            cpu={"500m": 0.5, "2": 2},
            memory={"1Gi": GIB, "4Gi": 4 * GIB},
            gpu=(0, 2),
            nodes=("a", "b"),
        ),
    }
)
SECRET = SMALL.model_copy(update={"name": "secret", "groups": ("curators",), "image": "scipy"})
FOUND = SMALL.model_copy(
    update={"name": "found", "cpu_limit": 64, "memory_limit": 64 * GIB, "gpu": CHOOSING.gpu, "choices": Discovered()}
)
PROFILES = (SMALL, CHOOSING, SECRET, FOUND)
ADA, BOB = Person("ada", frozenset({"curators"})), Person("bob", frozenset({"readers"}))


ANSWER = Found.model_validate_json(
    """{"images": [
    {"name": "cpu", "display_name": "CPU", "metadata": {"registry": "h", "repository": "l/cpu", "tag": "2"}},
    {"name": "gpu", "display_name": "GPU", "default": true, "metadata": {"registry": "h", "repository": "l/gpu", "tag": "latest"}}],
    "nodes": [{"name": "thin", "capacity": {"cpu": 4, "memory": "8Gi", "gpu": 0}},
              {"name": "fat", "capacity": {"cpu": 16, "memory": "40Gi", "gpu": 8, "effective_gpu": 1}}],
    "defaults": {"default_node": "thin", "default_cpu_cores": 4, "default_memory_gb": 5, "default_gpu_count": 0}}"""
)


def offered(person: Person = BOB, found: Found | None = ANSWER) -> list[Offer]:
    return offers(PROFILES, IMAGES, person, found)


def chosen(options: object, person: Person = BOB, found: Found | None = ANSWER) -> Chosen:
    return choose(options, offered(person, found), person)


def test_a_person_sees_the_profiles_of_their_groups_and_nothing_else() -> None:
    assert [offer.profile.name for offer in offered(ADA)] == ["small", "choosing", "secret", "found"]
    assert [offer.profile.name for offer in offered(BOB)] == ["small", "choosing", "found"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, ("small", "ours:1", 2, 4, 0, ())),
        ({"profile": None}, ("small", "ours:1", 2, 4, 0, ())),
        ({"profile": "choosing"}, ("choosing", "ours:1", 0.5, 1, 0, ("a", "b"))),
        (
            {"profile": "choosing", "image": "scipy", "cpu": "2", "memory": "4Gi", "gpu": "2", "node": "b"},
            ("choosing", "s:1", 2, 4, 2, ("b",)),
        ),
        ({"profile": "choosing", "node": "*"}, ("choosing", "ours:1", 0.5, 1, 0, ("a", "b"))),
        ({"profile": "found"}, ("found", "h/l/gpu:latest", 4, 4, 0, ("thin",))),
        (
            {"profile": "found", "image": "cpu", "cpu": "16", "memory": "32Gi", "gpu": "1", "node": "*"},
            ("found", "h/l/cpu:2", 16, 32, 1, ()),
        ),
    ],
)
def test_accepted(options: dict[str, Any], said: tuple[object, ...]) -> None:
    got = chosen(options)
    assert (got.profile.name, got.image.reference, got.cpu_limit, got.memory_limit / GIB, got.gpus, got.nodes) == said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"profile": "huge"}, "no profile 'huge' for you; choose one of small, choosing, found"),
        ({"profile": "secret"}, "no profile 'secret' for you; choose one of small, choosing, found"),
        ({"profile": "small "}, "no profile 'small '"),
        ({"profile": "SMALL"}, "no profile"),
        ({"profile": ""}, "no profile ''"),
        ({"profile": ["small"]}, "'profile' must be a text"),
        ({"profile": {"name": "small"}}, "'profile' must be a text"),
        ({"profile": 1}, "'profile' must be a text"),
        ({"profile": True}, "'profile' must be a text"),
        ({"image": "evil/image"}, "profile 'small' offers no choice of image; leave 'image' out"),
        ({"profile": "small", "cpu": "2"}, "offers no choice of cpu"),
        ({"profile": "choosing", "image": "evil/image"}, "no image 'evil/image'; choose one of scipy, notebook"),
        ({"profile": "choosing", "image": "s:1"}, "no image 's:1'"),
        ({"profile": "choosing", "cpu": "4"}, "no cpu '4'; choose one of 500m, 2"),
        ({"profile": "choosing", "cpu": 2}, "'cpu' must be a text"),
        ({"profile": "choosing", "cpu": "2.0"}, "no cpu '2.0'"),
        ({"profile": "choosing", "memory": "4096Mi"}, "no memory '4096Mi'"),
        ({"profile": "choosing", "gpu": "3"}, "no gpu '3'; choose one of 0, 2"),
        ({"profile": "choosing", "gpu": "-1"}, "no gpu '-1'"),
        ({"profile": "choosing", "gpu": 2}, "'gpu' must be a text"),
        ({"profile": "choosing", "node": "c"}, "no node 'c'; choose one of *, a, b"),
        ({"profile": "choosing", "node": ""}, "no node ''"),
        ({"profile": "found", "gpu": "2"}, "no gpu '2'; choose one of 0, 1"),
        ({"profile": "found", "cpu": "32"}, "no cpu '32'"),
        ({"profile": "found", "image": "scipy"}, "no image 'scipy'; choose one of cpu, gpu"),
        ({"profile": "found", "gpu": "1"}, "node thin does not hold 4 cores, 4 GiB and 1 GPU together"),
        ({"profile": "found", "cpu": "16"}, "node thin does not hold 16 cores"),
        ({"profile": "small", "image--unlisted-choice": "evil"}, "no option"),
        ({"kubespawner_override": {"uid": 0}}, "no option 'kubespawner_override'"),
        ({"__class__": "x"}, "no option '__class__'"),
        ({"x" * 5000: 1}, "no option"),
        ({1: "small"}, "'1' must be a text"),
        ({"profile": "x" * 5000}, "no profile"),
        ({"profile": "choosing", "image": "x" * 5000}, "no image"),
        (["profile"], "must be an object"),
        ("small", "must be an object"),
        (7, "must be an object"),
        (None, "must be an object"),
    ],
)
def test_refused(options: object, words: str) -> None:
    with pytest.raises(Refusal) as caught:
        chosen(options)
    assert caught.value.status_code == 400
    assert words in caught.value.jupyterhub_message
    assert len(caught.value.jupyterhub_message) < 400


@pytest.mark.parametrize(
    ("person", "words"), [(BOB, "you are in readers only"), (Person("eve"), "you are in no group")]
)
def test_who_is_offered_nothing_is_told_why(person: Person, words: str) -> None:
    with pytest.raises(Refusal) as caught:
        choose({}, offers([SECRET], IMAGES, person, None), person)
    assert caught.value.status_code == 403
    assert words in caught.value.jupyterhub_message


def test_a_chosen_size_is_never_less_than_what_is_set_aside() -> None:
    got = chosen({"profile": "choosing"})
    assert (got.cpu_guarantee, got.cpu_limit) == (0.5, 0.5)
    assert (got.memory_guarantee, got.memory_limit) == (GIB, GIB)


def test_what_nobody_knows_yet_is_as_the_stack_file_has_it() -> None:
    got = chosen({"profile": "found"}, found=None)
    assert (got.image.reference, got.cpu_limit, got.gpus, got.nodes) == ("ours:1", 64, 2, ())


def test_a_discovered_size_never_exceeds_the_profile() -> None:
    (offer,) = offers([FOUND.model_copy(update={"cpu_limit": 3})], IMAGES, BOB, ANSWER)
    assert offer.selections["cpu"].values == ["1", "2"]


def test_the_latest_image_is_looked_up_at_each_start() -> None:
    assert chosen({"profile": "found"}).image.pull_policy == "Always"
    assert chosen({"profile": "found", "image": "cpu"}).image.pull_policy == "IfNotPresent"
    assert chosen({}).image.pull_policy == "IfNotPresent"


def test_a_form_is_flattened_and_only_its_profile_counts() -> None:
    form = {"profile": ["small"], "cpu:small": ["2"], "cpu:large": ["4"], "_xsrf": ["token"]}
    assert options_from_form(form) == {"profile": "small", "cpu": "2"}


@pytest.mark.parametrize("values", [[], ["small", "large"]])
def test_an_option_is_given_once(values: list[str]) -> None:
    with pytest.raises(Refusal, match="'profile' must be given once"):
        options_from_form({"profile": values})
