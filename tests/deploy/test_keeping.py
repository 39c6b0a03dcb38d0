"""What is refused for the sake of homes, volumes and the database, before anything is changed: a table of changes."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from deploy import holdings, keeping
from deploy.holdings import Claim, Holdings, Told
from deploy.kubectl import Manifest
from hub.homes import RETIRED, USERNAME
from preview.inventory import Inventory
from settings import Settings, SettingsError
from settings.extends import merged
from settings.load import SETTINGS_KEY, parse, read, stack_file
from tests.conftest import with_a_password

HOME = {"kind": "per_user_claim", "size": "2Gi", "storage_class": None}
SUBPATH = {"kind": "shared_subpath", "claim": "volume-work"}
PEOPLE = frozenset({"admin", "ann", "bob"})
ADMINS = [f"user{number:02}" for number in range(12)]


def home(user: str, size: str = "2Gi", storage_class: str = "fast", namespace: str = "jupyterhub-users") -> Claim:
    return Claim(namespace, f"claim-{user}", "home", size, storage_class, user)


def volume(name: str, role: holdings.Role = "volume", size: str = "2Gi", storage_class: str = "wide") -> Claim:
    return Claim("jupyterhub-users", f"volume-{name}", role, size, storage_class)


def database(name: str, size: str = "2Gi", storage_class: str = "fast") -> Claim:
    return Claim("jupyterhub", name, "database", size, storage_class)


def held(*claims: Claim, home: dict[str, Any] | None = HOME, **others: Any) -> Holdings:
    told = Told("jupyterhub-users", home, PEOPLE) if home else None
    known: dict[str, Any] = {"default_class": "fast", **others}
    return Holdings(claims, told, **known)


def stack(**storage: Any) -> Settings:
    """Dev with people whom the stack file names, and other storage."""
    wanted = {"home": {"size": "2Gi"}, "database": {"size": "2Gi"}, **storage}
    subpath = wanted["home"].get("kind") == "shared_subpath"
    changes = {"storage": wanted, "namespace": {"quota": {"homes": None if subpath else 50}}}
    return parse(merged(with_a_password(), changes), "Pulumi.dev.yaml")


def shared(name: str, size: str = "2Gi", **others: Any) -> dict[str, Any]:
    return {"name": name, "kind": "shared", "size": size, "storage_class": "wide", "mount": "/mnt/data", **others}


def on_volume(name: str) -> dict[str, Any]:
    """Storage with a directory of a volume for each user."""
    return {
        "home": {"kind": "shared_subpath", "volume": name, "mount": "/home/jovyan/work"},
        "volumes": [{"name": name, "kind": "shared", "size": "2Gi", "storage_class": "wide"}],
    }


def postgres(size: str) -> dict[str, Any]:
    return {"kind": "postgres", "server": {"kind": "in_cluster", "size": size}}


TWO = (home("ann"), home("bob"))
REFUSED: dict[str, tuple[dict[str, Any], Holdings, str, str]] = {
    "homes made smaller": ({"home": {"size": "1Gi"}}, held(*TWO), "storage.home.size", "2 users (ann, bob); write 2Gi or more"),
    "homes made smaller after a destroy": ({"home": {"size": "1Gi"}}, held(*TWO, home=None), "storage.home.size", "(ann, bob)"),
    "homes in another class": (
        {"home": {"size": "2Gi", "storage_class": "slow"}},
        held(*TWO),
        "storage.home.storage_class",
        "those there are stay in fast, since no claim changes its class, which affects 2 users (ann, bob); write fast again",
    ),
    "homes in a class no more": (
        {"home": {"size": "2Gi"}},
        held(home("ann", storage_class="slow"), home={**HOME, "storage_class": "slow"}),
        "storage.home.storage_class",
        "1 user (ann); write slow again",
    ),
    "claims become directories": (on_volume("work"), held(*TWO), "storage.home.kind", "2 users (ann, bob); write per_user_claim again"),
    "directories become claims": (
        {"volumes": [shared("other")]},
        held(volume("work", "homes"), home=SUBPATH),
        "storage.home.kind",
        "3 users (admin, ann, bob); write shared_subpath again",
    ),
    "directories become claims after a destroy": ({}, held(volume("work", "homes"), home=None), "storage.home.kind", "3 users (admin, alice, bob)"),
    "directories in another volume": (
        on_volume("elsewhere"),
        held(volume("work", "homes"), home=SUBPATH),
        "storage.home.volume",
        "write work again",
    ),
    "a volume gone": ({}, held(volume("data")), "storage.volumes", "'data' is gone or renamed"),
    "a volume renamed": ({"volumes": [shared("figures")]}, held(volume("data")), "storage.volumes", "delete pvc volume-data"),
    "a volume made smaller": (
        {"volumes": [shared("data", "1Gi")]}, held(volume("data")), "storage.volumes.0.size", "1Gi is less than the 2Gi",
    ),
    "a volume in another class": (
        {"volumes": [shared("data", storage_class="slow")]},
        held(volume("data")),
        "storage.volumes.0.storage_class",
        "write wide again",
    ),
    "a volume that cannot grow": (
        {"volumes": [shared("data", "3Gi")]},
        held(volume("data"), fixed_classes=frozenset({"wide"})),
        "storage.volumes.0.size",
        "lets no claim grow",
    ),
    "another namespace": (
        {},
        held(home("ann", namespace="lab-users"), home("bob", namespace="lab-users"), home=None),
        "namespace.name",
        "leave 2 claims of this stack behind in lab-users, which affects 2 users (ann, bob)",
    ),
    "a database made smaller": (
        {"database": {"size": "1Gi"}}, held(database("hub-state")), "storage.database.size", "3 users (admin, ann, bob)",
    ),
    "a Postgres made smaller": (
        {"database": postgres("1Gi")},
        held(database("data-database-0")),
        "storage.database.server.size",
        "a claim only grows",
    ),
    "a Postgres made larger": (
        {"database": postgres("4Gi")},
        held(database("data-database-0")),
        "storage.database.server.size",
        "--cascade=orphan",
    ),
    "a database in another class": (
        {"database": {"size": "2Gi", "storage_class": "slow"}},
        held(database("hub-state")),
        "storage.database.storage_class",
        "write fast again",
    ),
    "many": (
        {"home": {"size": "1Gi"}}, held(*map(home, ADMINS)), "storage.home.size", f"12 users ({', '.join(ADMINS[:10])} and 2 more)",
    ),
}  # fmt: skip
ALLOWED: dict[str, tuple[dict[str, Any], Holdings]] = {
    "nothing there": ({"home": {"size": "1Gi", "storage_class": "slow"}}, held()),
    "the same": ({"volumes": [shared("data")]}, held(*TWO, volume("data"), database("hub-state"))),
    "larger": (
        {"home": {"size": "4Gi"}, "volumes": [shared("data", "4Gi")], "database": {"size": "4Gi"}},
        held(*TWO, volume("data"), database("hub-state")),
    ),
    "one home larger by hand": ({}, held(home("ann"), home("bob", "50Gi"))),
    "one home larger by hand, and the hub gone": ({}, held(home("ann"), home("bob", "50Gi"), home=None)),
    "a default class that is another one since": ({}, held(*TWO, default_class="new")),
    "the default class by its name": ({"home": {"size": "2Gi", "storage_class": "fast"}}, held(*TWO)),
    "directories as before": (on_volume("work"), held(volume("work", "homes"), home=SUBPATH)),
    "one volume more": ({"volumes": [shared("data")]}, held(*TWO)),
    "a database of another kind": ({"database": postgres("1Gi")}, held(database("hub-state"))),
}


def judged(settings: Settings, there: Holdings) -> list[tuple[str, str]]:
    try:
        keeping.require(settings, "Pulumi.dev.yaml", there)
    except SettingsError as refusal:
        return [(problem.key, problem.complaint) for problem in refusal.problems]
    return []


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_by_its_key_with_whom_it_affects_and_a_mend(case: str) -> None:
    storage, there, key, words = REFUSED[case]
    [(found, complaint)] = judged(stack(**storage), there)
    assert found == key
    assert words in complaint
    assert "; " in complaint


@pytest.mark.parametrize("case", ALLOWED)
def test_it_is_left_alone(case: str) -> None:
    storage, there = ALLOWED[case]
    assert judged(stack(**storage), there) == []


@pytest.mark.parametrize(
    ("size", "storage_class", "key"),
    [("1Gi", None, "size"), ("4Gi", None, "size"), ("2Gi", "slow", "storage_class"), ("2Gi", None, None)],
)
def test_the_accounts_of_a_keycloak_of_ours_stay_in_their_claim(
    size: str, storage_class: str | None, key: str | None
) -> None:
    tree = yaml.safe_load(stack_file("dev").read_text(encoding="utf-8"))["config"][SETTINGS_KEY]
    server = {"kind": "in_cluster", "port": 8124, "size": size, "people": {"admin": ["admins"]}}
    identity = {
        "kind": "keycloak",
        "server": {**server, "storage_class": storage_class},
        "realm": {"kind": "made", "name": "jupyterhub"},
        "groups": {"users": ["users"], "admins": ["admins"]},
        "sessions": {"idle": "12h", "longest": "7d"},
        "grace": "30m",
    }
    settings = parse({**tree, "identity": identity}, "Pulumi.dev.yaml")
    found = judged(settings, held(database("data-keycloak-database-0")))
    assert [complaint for complaint, _ in found] == ([f"identity.server.{key}"] if key else [])


def test_everything_is_said_at_once() -> None:
    there = held(*TWO, volume("data"), database("hub-state"), home=None)
    found = judged(stack(home={"size": "1Gi"}, database={"size": "1Gi"}), there)
    assert [key for key, _ in found] == ["storage.database.size", "storage.home.size", "storage.volumes"]


def manifests(recorded: Inventory) -> list[Manifest]:
    return [resource.inputs for resource in recorded.resources if resource.is_kubernetes]


@pytest.mark.parametrize("name", ["dev", "prod", "e2e", "thinkube", "urbalurba"])
def test_what_a_stack_declares_is_never_refused_to_itself(
    name: str, recorded: Callable[[str, bool], Inventory]
) -> None:
    assert judged(read(stack_file(name)), holdings.declared(manifests(recorded(name, True)))) == []


@pytest.mark.parametrize(
    ("name", "changes", "keys"),
    [
        ("dev", {"storage": {"home": {"size": "512Mi"}}}, ["storage.home.size"]),
        ("dev", {"storage": {"home": {"storage_class": "slow"}}}, ["storage.home.storage_class"]),
        ("dev", {"namespace": {"name": "elsewhere"}}, ["namespace.name"]),
        ("e2e", {"storage": {"database": {"server": {"size": "512Mi"}}}}, ["storage.database.server.size"]),
        ("urbalurba", {"storage": {"home": {"storage_class": None}}}, ["storage.home.storage_class"]),
        ("thinkube", {"storage": {"volumes": [{"name": "models", "size": "1Gi"}]}}, ["storage.volumes.2.size"]),
        (
            "thinkube",
            {"storage": {"home": {"kind": "per_user_claim", "size": "1Gi"}, "volumes": [{"name": "notebooks", "mount": "/mnt/work"}]},
             "namespace": {"quota": {"homes": 40}}},
            ["storage.home.kind"],
        ),
    ],
)  # fmt: skip
def test_a_change_is_judged_by_the_stack_file_alone_where_no_cluster_answers(
    name: str, changes: dict[str, Any], keys: list[str], recorded: Callable[[str, bool], Inventory]
) -> None:
    tree = yaml.safe_load(stack_file(name).read_text(encoding="utf-8"))["config"][SETTINGS_KEY]
    found = judged(parse(merged(tree, changes), name), holdings.declared(manifests(recorded(name, True))))
    assert [key for key, _ in found] == keys
    assert all(re.search(r"users? \(|everybody who may log in", complaint) for _, complaint in found)


def test_a_retired_home_and_other_peoples_claims_are_nobodys() -> None:
    def claim(name: str, **metadata: Any) -> Manifest:
        spec = {"resources": {"requests": {"storage": "1Gi"}}}
        place = {"name": name, "namespace": "jupyterhub-users"}
        return {"kind": "PersistentVolumeClaim", "metadata": {**place, **metadata}, "spec": spec}

    found = holdings.declared(
        [
            claim("claim-ann", annotations={USERNAME: "ann"}),
            claim("claim-bob", annotations={USERNAME: RETIRED}),
            claim("claim-of-an-older-hub"),
            claim("somebody-elses"),
            claim("volume-fake", labels={"app.kubernetes.io/component": "volume"}),
        ]
    )
    assert [(found.name, found.user) for found in found.claims] == [
        ("claim-ann", "ann"),
        ("claim-of-an-older-hub", None),
    ]
