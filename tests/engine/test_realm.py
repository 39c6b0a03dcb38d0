"""A realm kept by the engine: alike to the one brought without it, left alone, set right, and secret in its state."""

import json
import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
import yaml

from components.identity.realm_document import realm_document
from deploy import realm
from deploy.keycloak import Keycloak
from settings.contract import EDGE_CLIENT, HUB_CLIENT
from settings.load import ROOT
from tests.e2e import surroundings
from tests.realm.agreed import PEOPLE, SECRETS, agreed
from tests.realm.drift import DRIFTS, Drift
from tests.realm.snapshot import differences, snapshot

pytestmark = [pytest.mark.engine]
PROGRAM = ROOT / "tests" / "realm"
NOWHERE = "http://127.0.0.1:9"
Json = Any


class Program:
    """The program that keeps a realm and nothing else."""

    def __init__(self, directory: Path, keycloak: Keycloak) -> None:
        self.realm, self._directory = f"engine-{token_hex(3)}", directory
        project: Json = yaml.safe_load((PROGRAM / "Pulumi.yaml").read_text())
        project["main"] = str(PROGRAM)
        project["runtime"] = {"name": "python", "options": {"virtualenv": str(Path(sys.prefix).resolve())}}
        (directory / "Pulumi.yaml").write_text(yaml.safe_dump(project))
        self.run("stack", "init", "test")
        self.run("config", "set", "--secret", "administrator", keycloak.secret)
        for key, value in {"realm": self.realm, "kind": "made", "url": keycloak.url, "edge": "true"}.items():
            self.run("config", "set", key, value)

    def run(self, *words: str, check: bool = True) -> str:
        environment = {
            **os.environ,
            "PULUMI_BACKEND_URL": self._directory.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "of a test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        command = ["pulumi", "--non-interactive", "--color=never", *words]
        done = subprocess.run(
            command, cwd=self._directory, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0 or not check, done.stdout + done.stderr
        return done.stdout

    def changes(self, *words: str) -> dict[str, str]:
        """The steps that are more than a look, by the resource's name."""
        reported = self.run("up", "--yes", "--skip-preview", "--json", *words)
        done = [json.loads(line).get("resOutputsEvent") for line in reported.splitlines() if line.startswith("{")]
        steps = [event["metadata"] for event in done if event]
        return {
            step["urn"].rpartition("::")[2]: step["op"]
            for step in steps
            if step["op"] not in ("same", "refresh", "read")
        }

    def steps(self) -> dict[str, str]:
        """What a preview would do."""
        report = json.loads(self.run("preview", "--json"))
        return {step["urn"].rpartition("::")[2]: step["op"] for step in report.get("steps", ()) if step["op"] != "same"}


@pytest.fixture(scope="module")
def keycloak() -> Keycloak:
    return surroundings.keycloak()


@pytest.fixture(scope="module")
def program(keycloak: Keycloak, tmp_path_factory: pytest.TempPathFactory) -> Generator[Program]:
    made = Program(tmp_path_factory.mktemp("realm"), keycloak)
    yield made
    if keycloak.get(f"realms/{made.realm}"):
        keycloak.delete(f"realms/{made.realm}")


@pytest.fixture(scope="module")
def running(program: Program) -> Program:
    program.run("config", "set", "url", NOWHERE)
    assert set(program.steps().values()) == {"create"}, "a preview of a realm yet to be made asks nobody"
    program.run("config", "set", "url", surroundings.KEYCLOAK_URL)
    program.changes()
    return program


def test_a_second_time_changes_nothing(running: Program) -> None:
    assert running.changes() == {}
    assert running.changes("--refresh") == {}


ALLOWED: dict[str, str] = {
    "realm.browserSecurityHeaders.xXSSProtection": "a header that browsers no longer read: the provider sends it",
    "realm.defaultLocale": "the provider says of nothing that it is nothing",
    "realm.displayNameHtml": "the provider says of nothing that it is nothing",
    "realm.webAuthnPolicyPasswordlessPasskeysEnabled": "no passkeys either way: the provider says so",
    **{
        f"clients.{client}.{field}": "the provider says of nothing that it is nothing"
        for client in (HUB_CLIENT, EDGE_CLIENT)
        for field in (
            "adminUrl",
            "rootUrl",
            "attributes.display.on.consent.screen",
            "attributes.post.logout.redirect.uris",
        )
    },
}
"""What may differ, and why that is of no matter."""


def test_both_ways_make_the_same_realm(running: Program, keycloak: Keycloak) -> None:
    other = agreed(f"import-{token_hex(3)}", edge=True)
    secrets = {client: _secret(keycloak, running.realm, client) for client in (HUB_CLIENT, EDGE_CLIENT)}
    assert secrets[HUB_CLIENT] == SECRETS["client-secret"]
    document = realm_document(other, PEOPLE, SECRETS)
    for client in document["clients"]:
        client["secret"] = secrets[client["clientId"]]
    realm.apply(keycloak, other, document)
    try:
        mine, theirs = snapshot(keycloak, running.realm), snapshot(keycloak, other.realm)
    finally:
        keycloak.delete(f"realms/{other.realm}")
    found = {path: (one, another) for path, one, another in differences(mine, theirs) if path not in ALLOWED}
    assert found == {}
    empty = (None, "", "false", False)
    assert all(one in empty or "XSS" in path for path, one, another in differences(mine, theirs) if another is None)


def test_the_other_way_has_nothing_to_do_in_it(running: Program, keycloak: Keycloak) -> None:
    known = agreed(running.realm, edge=True)
    assert realm.apply(keycloak, known, realm_document(known, PEOPLE, SECRETS)) == []
    assert running.changes("--refresh") == {}


SET_RIGHT = (
    "registration",
    "guesses",
    "plain http",
    "a redirect",
    "all roles",
    "no proof",
    "short groups",
    "addresses",
)


def test_what_a_hand_has_changed_is_set_right(running: Program, keycloak: Keycloak) -> None:
    drift = Drift(keycloak, agreed(running.realm))
    before = snapshot(keycloak, running.realm)
    for name in SET_RIGHT:
        change, _ = DRIFTS[name]
        change(Drift(keycloak, agreed(running.realm)))
    drift.raise_everybody()
    drift.drop_the_audience()
    assert list(differences(before, snapshot(keycloak, running.realm)))
    done = running.changes("--refresh")
    assert {"realm", "hub-client", "hub-client-groups", "hub-client-audience", "group-users-roles"} <= done.keys()
    left = differences(before, snapshot(keycloak, running.realm))
    # The provider writes down that nothing is nothing.
    assert [(path, was, now) for path, was, now in left if was or now] == []
    assert running.changes("--refresh") == {}


def test_people_are_left_alone(running: Program, keycloak: Keycloak) -> None:
    users = f"realms/{running.realm}/users"
    [alice] = keycloak.get(users, username="alice", exact="true")
    keycloak.put(f"{users}/{alice['id']}", {**alice, "firstName": "Alice", "enabled": False})
    [analysts] = [each for each in keycloak.get(f"{users}/{alice['id']}/groups") if each["name"] == "analysts"]
    keycloak.delete(f"{users}/{alice['id']}/groups/{analysts['id']}")
    assert running.changes("--refresh") == {}
    [now] = keycloak.get(users, username="alice", exact="true")
    assert (now["firstName"], now["enabled"]) == ("Alice", False)


def test_no_secret_is_in_the_clear(running: Program, keycloak: Keycloak) -> None:
    known = {**SECRETS, "administrator": keycloak.secret, "edge": _secret(keycloak, running.realm, EDGE_CLIENT)}
    shown = {
        words: running.run(*words) for words in (("stack", "export"), ("preview", "--json"), ("preview", "--diff"))
    }
    found = [(words, name) for words, text in shown.items() for name, value in known.items() if value in text]
    assert found == []


def test_a_realm_and_its_people_outlive_the_program(running: Program, keycloak: Keycloak) -> None:
    running.run("destroy", "--yes", "--skip-preview", "--exclude-protected")
    assert keycloak.get(f"realms/{running.realm}/clients", clientId=HUB_CLIENT) == []
    people = {user["username"] for user in keycloak.get(f"realms/{running.realm}/users")}
    assert people == set(PEOPLE)


def _secret(keycloak: Keycloak, realm: str, client: str) -> str:
    [found] = keycloak.get(f"realms/{realm}/clients", clientId=client)
    return found["secret"]
