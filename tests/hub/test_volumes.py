"""What a person's server mounts, by who they are and what the stack file says."""

import string
from typing import Any

import pytest

from hub.furnish import PodParts
from hub.person import Person
from hub.settings import UserServers
from hub.volumes import directory_of, home_made_ready, volume_parts
from tests.hub.conftest import SETTINGS

ANN, EVE = Person("ann", frozenset({"curators"})), Person("eve", frozenset({"analysts"}))
CLAIM = {"kind": "per_user_claim", "size": "1Gi", "storage_class": None, "mount": "/home/jovyan"}
SUBPATH = {"kind": "shared_subpath", "claim": "volume-notebooks", "mount": "/home/jovyan/notebooks"}
SCRATCH = {"kind": "scratch", "name": "fast", "size": "2Gi", "mount": "/home/jovyan/fast"}
CLONE = {
    "kind": "clone",
    "name": "examples",
    "repository": "https://git.example.org/examples.git",
    "size": "1Gi",
    "mount": "/home/jovyan/examples",
}


def data(readers: list[str] | None = None, writers: list[str] | None = None) -> dict[str, Any]:
    place = {"kind": "shared", "name": "data", "claim": "volume-data", "mount": "/mnt/data"}
    return {**place, "readers": readers, "writers": writers}


def servers(*volumes: dict[str, Any], home: dict[str, Any] = CLAIM, **others: Any) -> UserServers:
    image = "workspace:1"
    given = {**SETTINGS["servers"], "home": home, "volumes": volumes, "workspace_image": image}
    return UserServers.model_validate({**given, **others})


@pytest.mark.parametrize(
    ("readers", "writers", "person", "mode"),
    [
        (None, None, EVE, "writes"),
        (None, ["curators"], ANN, "writes"),
        (None, ["curators"], EVE, "reads"),
        (["analysts"], ["curators"], EVE, "reads"),
        (["analysts"], ["curators"], ANN, "writes"),
        (["students"], ["curators"], EVE, "sees nothing"),
        (["students"], ["curators"], Person("bob"), "sees nothing"),
    ],
)
def test_who_reads_and_who_writes(
    readers: list[str] | None, writers: list[str] | None, person: Person, mode: str
) -> None:
    parts = volume_parts(servers(data(readers, writers)), person)
    if mode == "sees nothing":
        assert parts == PodParts()
    else:
        assert parts.mounts == ({"name": "volume-data", "mountPath": "/mnt/data", "readOnly": mode == "reads"},)
        assert parts.volumes == ({"name": "volume-data", "persistentVolumeClaim": {"claimName": "volume-data"}},)


def test_a_home_in_a_shared_volume_is_one_directory_of_it() -> None:
    parts = volume_parts(servers(home=SUBPATH), Person("ann.lee"))
    assert parts.volumes == ({"name": "home", "persistentVolumeClaim": {"claimName": "volume-notebooks"}},)
    assert parts.mounts == ({"name": "home", "mountPath": "/home/jovyan/notebooks", "subPath": "ann-2elee"},)
    [prepare] = home_made_ready(servers(home=SUBPATH), Person("ann.lee"), parts.mounts).init_containers
    assert prepare["volumeMounts"] == [parts.mounts[0]]
    assert prepare["command"] == ["python3", "-m", "workspace.home", "/home/jovyan/notebooks"]


def test_nothing_is_made_ready_in_a_home_that_holds_no_mounts() -> None:
    assert home_made_ready(servers(data()), ANN, volume_parts(servers(data()), ANN).mounts) == PodParts()


def test_directories_for_the_mounts_in_a_home_are_made_before_anything_is_mounted_there() -> None:
    asked = servers(SCRATCH, data(), CLONE)
    [prepare] = home_made_ready(asked, ANN, volume_parts(asked, ANN).mounts).init_containers
    assert prepare["command"][3:] == ["/home/jovyan", "/home/jovyan/examples", "/home/jovyan/fast"]
    assert prepare["volumeMounts"] == [{"name": "home", "mountPath": "/home/jovyan"}]
    assert prepare["image"] == "workspace:1"


def test_rooms_of_the_server_are_limited() -> None:
    parts = volume_parts(servers(SCRATCH, CLONE), ANN)
    assert [volume["emptyDir"] for volume in parts.volumes] == [{"sizeLimit": "2Gi"}, {"sizeLimit": "1Gi"}]
    assert parts.mounts[0] == {"name": "volume-fast", "mountPath": "/home/jovyan/fast"}
    assert parts.mounts[1]["subPath"] == "repository"


@pytest.mark.parametrize(("start", "clones", "each"), [(600, 1, 60), (120, 2, 30), (60, 1, 30), (1, 3, 1)])
def test_clones_leave_half_of_the_time_to_the_server(start: int, clones: int, each: int) -> None:
    copies = [{**CLONE, "name": f"examples-{place}"} for place in range(clones)]
    made = volume_parts(servers(*copies, start_timeout=start), ANN).init_containers
    assert [container["command"][-1] for container in made] == [str(each)] * clones
    assert [container["name"] for container in made] == [f"clone-examples-{place}" for place in range(clones)]


LOOK_ALIKES = (
    *("a.b", "a-b", "a_b", "ab", "a--b", "a-2eb", "a.2eb", "a-2d2eb", "A.b", "a\N{CYRILLIC SMALL LETTER A}", "aa"),
    *("..", ".", "/", "../ann", "ann/..", "ann/../eve", "-", "--", "", " ", "a\x00b", "x" * 300, "x" * 301, "\N{SNOWMAN}" * 90),
)  # fmt: skip


def test_no_two_users_share_a_directory_and_none_leaves_the_volume() -> None:
    directories = {name: directory_of(name) for name in LOOK_ALIKES if name}
    assert len(set(directories.values())) == len(directories)
    for name, directory in directories.items():
        assert set(directory) <= set(string.ascii_lowercase + string.digits + "-"), name
        assert 0 < len(directory.encode()) <= 255, name
