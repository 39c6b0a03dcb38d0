"""The check finds what the pinned classes would refuse, or silently ignore, and blames the right key."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from traitlets.config import Config

from hub.check import IN_USE, check, problems
from hub.login.traits import AUTHENTICATORS
from hub.settings import HubSettings
from hub.trait import Trait
from hub.traits import DECIDED_ELSEWHERE
from tests.hub.logins import ACCESS, EDGE, KEYCLOAK

POSTGRES = {"kind": "postgres", "host": "db", "port": 5432, "name": "hub", "user": "hub"}


@pytest.fixture
def found(
    make_settings: Callable[..., HubSettings], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[tuple[str, str]]]:
    for name in ("JUPYTERHUB_SETTINGS", "JUPYTERHUB_SECRETS", "JUPYTERHUB_STATE"):
        monkeypatch.setenv(name, "")  # the check sets them; this puts them back

    def run(**sections: Any) -> list[tuple[str, str]]:
        problems = check(make_settings(**sections).model_dump_json())
        return [(problem.key, f"{problem.reason}; {problem.mend}") for problem in problems]

    return run


@pytest.mark.parametrize(
    "sections",
    [
        {},
        {"database": POSTGRES},
        {"culler": None},
        {"active_servers": 3},
        {"login": KEYCLOAK},
        {"login": {**KEYCLOAK, "edge": EDGE}},
        {"login": ACCESS},
    ],
)
def test_every_trait_of_the_table_is_real(
    found: Callable[..., list[tuple[str, str]]], sections: dict[str, Any]
) -> None:
    assert found(**sections) == []


@pytest.mark.parametrize(
    ("traits", "key", "words"),
    [
        ({"KubeSpawner": {"node_selectr": {}}}, "hub.traits.KubeSpawner.node_selectr", "did you mean node_selector"),
        ({"KubeSpawnr": {"image": "x"}}, "hub.traits.KubeSpawnr.image", "did you mean KubeSpawner"),
        ({"NativeAuthenticator": {"open_signup": True}}, "hub.traits.NativeAuthenticator.open_signup", "no class"),
        (
            {"JupyterHub": {"cookie_max_age_days": "x"}},
            "hub.traits.JupyterHub.cookie_max_age_days",
            "cookie_max_age_days",
        ),
        (
            {"KubeSpawner": {"extra_annotations": "all"}},
            "hub.traits.KubeSpawner.extra_annotations",
            "extra_annotations",
        ),
        (
            {"KubeSpawner": {"tolerations": []}},
            "hub.traits.KubeSpawner.tolerations",
            "the key scheduling.users.tolerations",
        ),
        (
            {"KubeSpawner": {"node_selector": {"zone": "a"}}},
            "hub.traits.KubeSpawner.node_selector",
            "the key scheduling.users.node_selector",
        ),
        (
            {"KubeSpawner": {"scheduler_name": "mine"}},
            "hub.traits.KubeSpawner.scheduler_name",
            "the key scheduling.user_scheduler",
        ),
        ({"Authenticator": {"blocked_users": 5}}, "hub.traits.Authenticator.blocked_users", "blocked_users"),
        # Set by the table, under the class itself, a parent and a child.
        ({"PlatformSpawner": {"uid": 0}}, "hub.traits.PlatformSpawner.uid", "is set by the platform"),
        ({"KubeSpawner": {"delete_pvc": True}}, "hub.traits.KubeSpawner.delete_pvc", "is set by the platform"),
        ({"Spawner": {"start_timeout": 1}}, "hub.traits.Spawner.start_timeout", "the key users.start_timeout"),
        ({"KubeSpawner": {"profile_list": []}}, "hub.traits.KubeSpawner.profile_list", "is set by the platform"),
        ({"Authenticator": {"allow_all": True}}, "hub.traits.Authenticator.allow_all", "is set by the platform"),
        (
            {"JupyterHub": {"allow_named_servers": 3}},
            "hub.traits.JupyterHub.allow_named_servers",
            "the key users.named_servers",
        ),
        # Around what a key says, through a trait that the table leaves alone.
        ({"JupyterHub": {"admin_users": ["eve"]}}, "hub.traits.JupyterHub.admin_users", "the key identity.admins"),
        ({"KubeSpawner": {"mem_limit": "4G"}}, "hub.traits.KubeSpawner.mem_limit", "the key users.profiles"),
        ({"KubeSpawner": {"service_account": "x"}}, "hub.traits.KubeSpawner.service_account", "set by the platform"),
        ({"Proxy": {"should_start": True}}, "hub.traits.Proxy.should_start", "is set by the platform"),
    ],
)
def test_a_wrong_trait_is_blamed_on_its_key(
    found: Callable[..., list[tuple[str, str]]], traits: dict[str, Any], key: str, words: str
) -> None:
    problems = found(traits=traits)
    assert [problem[0] for problem in problems] == [key]
    assert words in problems[0][1]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("client_id", "is set by the platform"),
        ("enable_pkce", "is set by the platform"),
        ("allowed_groups", "identity.groups"),
        ("admin_groups", "identity.groups"),
        ("validate_server_cert", "is set by the platform"),
        ("refresh_user_hook", "is set by the platform"),
    ],
)
def test_nothing_is_given_around_keycloak(found: Callable[..., list[tuple[str, str]]], name: str, words: str) -> None:
    ((key, said),) = found(login=KEYCLOAK, traits={"OAuthenticator": {name: None}})
    assert key == f"hub.traits.OAuthenticator.{name}"
    assert words in said


def test_a_right_trait_is_accepted(found: Callable[..., list[tuple[str, str]]]) -> None:
    assert (
        found(traits={"KubeSpawner": {"extra_annotations": {"team": "a"}}, "PodReflector": {"timeout_seconds": 60}})
        == []
    )


def test_all_problems_at_once(found: Callable[..., list[tuple[str, str]]]) -> None:
    assert len(found(traits={"KubeSpawner": {"a": 1, "b": 2}, "Nothing": {"c": 3}})) == 3


@pytest.mark.parametrize(
    ("owner", "name", "value", "words"),
    [
        ("CryptKeeper", "keys", ["too short"], "refuses"),
        ("JupyterHub", "spawner_class", "hub.nothing.There", "spawner_class"),
        ("PlatformSpawner", "mem_limit", "12 apples", "mem_limit"),
        ("JupyterHub", "hub_bind_address", "x", "did you mean hub_bind_url"),
    ],
)
def test_a_wrong_line_of_the_table_is_found(owner: str, name: str, value: object, words: str) -> None:
    config = Config()
    setattr(config[owner], name, value)
    (problem,) = problems(config, [Trait(owner, name, value, "some.key")], [])
    assert problem.key == "some.key"
    assert words in problem.reason + problem.mend


def test_a_line_that_is_not_loaded_is_no_success() -> None:
    with pytest.raises(LookupError, match="does not set JupyterHub"):
        list(problems(Config(), [Trait("JupyterHub", "upgrade_db", True, "some.key")], []))


def test_a_trait_is_never_printed_with_its_secret(found: Callable[..., list[tuple[str, str]]]) -> None:
    assert "0" * 64 not in str(found(traits={"JupyterHub": {"cookie_secret": 1}}))


def test_the_command(make_settings: Callable[..., HubSettings]) -> None:
    text = make_settings(traits={"KubeSpawner": {"nonsense": 1}}).model_dump_json()
    done = subprocess.run([sys.executable, "-m", "hub.check"], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert [problem["key"] for problem in json.loads(done.stdout)] == ["hub.traits.KubeSpawner.nonsense"]


def test_what_is_decided_elsewhere_are_traits_there_are() -> None:
    there = {name for used in (*IN_USE, *AUTHENTICATORS.values()) for name in used.class_trait_names(config=True)}
    assert set(DECIDED_ELSEWHERE) <= there
