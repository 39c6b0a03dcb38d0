"""What else may speak to the hub, and what each may do."""

from collections.abc import Callable
from typing import Any

import pytest

from hub.check import check
from hub.places import Places
from hub.roles import service_traits
from hub.secret_files import SecretError, read_secrets
from hub.settings import HubSettings, service_token

ADMINS = {"name": "admin", "users": ["ada"], "groups": [], "services": []}
Make = Callable[..., HubSettings]


def table(settings: HubSettings, places: Places) -> dict[str, Any]:
    return {
        line.name: line.value
        for line in service_traits(settings, read_secrets(settings, places.secrets), places.settings)
    }


def test_the_culler_may_only_look_and_stop(settings: HubSettings, places: Places) -> None:
    found = table(settings, places)
    assert found["load_roles"] == [
        ADMINS,
        {
            "name": "idle-culler",
            "scopes": ["list:users", "read:users:activity", "read:servers", "admin:server_state", "delete:servers"],
            "services": ["idle-culler"],
        },
    ]
    (culler,) = found["services"]
    assert culler["command"][1:] == ["-m", "hub.culler", str(places.settings)]


def test_no_culler_without_its_key(make_settings: Make, places: Places) -> None:
    found = table(make_settings(culler=None), places)
    assert found == {"services": [], "load_roles": [ADMINS]}


def test_a_service_has_its_scopes_and_a_token_from_a_file(make_settings: Make, places: Places) -> None:
    settings = make_settings(culler=None, services=[{"name": "report", "scopes": ["list:users"]}])
    with pytest.raises(SecretError, match="service-report-token"):
        table(settings, places)
    (places.secrets / service_token("report")).write_text("a long token")
    found = table(settings, places)
    assert found["services"] == [{"name": "report", "api_token": "a long token"}]
    assert found["load_roles"][1] == {"name": "report", "scopes": ["list:users"], "services": ["report"]}
    assert "a long token" not in settings.model_dump_json()


def test_a_role_names_its_bearers(make_settings: Make, places: Places) -> None:
    role = {"name": "desk", "scopes": ["read:servers"], "users": ["bob"], "groups": ["g"], "services": []}
    assert table(make_settings(culler=None, roles=[role]), places)["load_roles"] == [ADMINS, role]


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ("read:serverz", "did you mean read:servers"),
        ("all", "inherit"),
        ("read:users!team=x", "filter"),
        ("custom:thing", "does not exist"),
    ],
)
def test_a_scope_that_jupyterhub_does_not_know(
    make_settings: Make, monkeypatch: pytest.MonkeyPatch, scope: str, words: str
) -> None:
    for name in ("JUPYTERHUB_SETTINGS", "JUPYTERHUB_SECRETS", "JUPYTERHUB_STATE"):
        monkeypatch.setenv(name, "")  # the check sets them; this puts them back
    settings = make_settings(services=[{"name": "report", "scopes": ["list:users", scope]}])
    (problem,) = check(settings.model_dump_json())
    assert problem.key == "hub.services.0.scopes"
    assert words in problem.reason + problem.mend
