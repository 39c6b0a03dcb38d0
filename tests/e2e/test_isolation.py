"""A page that one user's server shows, open in the browser of somebody else who is logged in and at work."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import requests

from settings.load import ROOT
from tests.e2e import surroundings
from tests.e2e.cluster import eventually, kubectl, pod_of, secret
from tests.e2e.person import Person, Seat
from tests.lab.hub_session import HubSession

pytestmark = [pytest.mark.lab, pytest.mark.browser]
SECONDS = 900
PAGE = Path(__file__).with_name("hostile.html")
PUBLIC = "/home/jovyan/.local/share/jupyter/labextensions/cat"
"""Whatever lies there is shown to everybody, without a login."""
GOT = "got it"
HELD_ON_ONE_HOST = {
    "read files by fetch",
    "start a kernel by fetch",
    "start a kernel by a form",
    "read the hub's API by fetch",
    "make a token by fetch",
    "look into a frame",
}
"""What JupyterHub keeps apart although browsers do not. Everything else a page gets, as docs/security.md says."""


@dataclass
class Neighbours:
    """Two people with a server each; the page is on the attacker's."""

    victim: Person
    attacker: Person
    names: str
    """The address of a person's server, with {} for the name."""

    def attack(self) -> dict[str, str]:
        [login] = [each for each in self.attacker.page.context.cookies() if each.get("name", "").endswith("hub-login")]
        target = {
            "hub": f"{self.victim.hub}/hub/",
            "server": self.names.format(self.victim.name),
            "victim": self.victim.name,
            "login": login.get("name"),
            "value": login.get("value"),
        }
        page = self.victim.page.context.new_page()
        page.goto(f"{self.names.format(self.attacker.name)}lab/extensions/cat/{PAGE.name}")
        found: dict[str, str] = page.evaluate("attack", target)
        page.close()
        return found

    def what_the_victim_has(self) -> dict[str, list[str]]:
        """Kernels and tokens, as the victim's own browser is told."""
        kernels = self._told(f"{self.names.format(self.victim.name)}api/kernels")
        tokens = self._told(f"{self.victim.hub}/hub/api/users/{self.victim.name}/tokens")
        # Others are what a server of theirs has asked for to know who they are, and keeps to itself.
        made = [each["id"] for each in tokens["api_tokens"] if each["oauth_client"] == "JupyterHub"]
        return {"kernels": [each["id"] for each in kernels], "tokens": sorted(made)}

    def _told(self, address: str) -> Any:
        page = self.victim.page.context.new_page()
        answer = page.goto(address)
        assert answer
        found = answer.json()
        page.close()
        return found

    def who_the_hub_takes_the_victim_for(self) -> str:
        self.victim.page.goto(f"{self.victim.hub}/hub/home")
        return self.victim.page.evaluate("jhdata.user")


def settle(victim: Person, attacker: Person, names: str, users: str, profile: str | None = None) -> Neighbours:
    attacker.log_in()
    attacker.start(profile)
    pod = pod_of(users, attacker.name)["metadata"]["name"]
    write = f"mkdir -p {PUBLIC} && cat > {PUBLIC}/{PAGE.name}"
    # As its owner would in a terminal.
    kubectl("exec", "--stdin", f"--namespace={users}", pod, "--", "sh", "-c", write, given=PAGE.read_text())
    victim.log_in()
    victim.start(profile)
    return Neighbours(victim, attacker, names)


@pytest.fixture(scope="module")
def hub_of_subdomains(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("certificates")
    surroundings.certificate("default", "hub-host-tls", "hub.localhost", folder, "hub")
    surroundings.certificate("default", "user-hosts-tls", "*.hub.localhost", folder, "servers")
    up_or_down("up")
    yield "https://hub.localhost"
    up_or_down("destroy")


def up_or_down(verb: str) -> None:
    command = ["make", "--no-print-directory", verb, "STACK=subdomains", "WAY=kubectl"]
    subprocess.run(command, cwd=ROOT, check=True, env=os.environ | {"CI": "true"}, timeout=SECONDS)


def test_on_host_names_of_their_own_people_are_apart(person: Seat, hub_of_subdomains: str) -> None:
    password = secret("subdomains", "login-password", "login-password")
    names = "https://{0}.hub.localhost/user/{0}/"
    alice, bob = (person(hub_of_subdomains, name, password) for name in ("alice", "bob"))
    settled = settle(alice, bob, names, "subdomains-users", "small")
    settled.victim.open_notebook()
    settled.victim.run("print('of', 'alice')")
    settled.victim.sees_output("of alice")
    before = settled.what_the_victim_has()
    found = settled.attack()
    assert [name for name, outcome in found.items() if outcome == GOT] == ["put another login in place of theirs"], (
        found
    )
    assert settled.what_the_victim_has() == before
    assert settled.who_the_hub_takes_the_victim_for() == "alice"


def test_on_one_host_some_of_it_holds_and_the_rest_is_known(person: Seat, postgres_hub: tuple[str, str]) -> None:
    hub, password = postgres_hub
    admin, carol = (person(hub, name, password) for name in ("admin", "carol"))
    settled = settle(admin, carol, f"{hub}/user/{{}}/", "e2e-users")
    found = settled.attack()
    assert {name for name, outcome in found.items() if outcome != GOT} == HELD_ON_ONE_HOST, found
    assert settled.who_the_hub_takes_the_victim_for() == "carol"


def test_a_token_in_the_address_opens_no_server(postgres_hub: tuple[str, str]) -> None:
    """Addresses end up in logs and are told to other sites; the same token in a header is let in."""
    hub, password = postgres_hub
    admin = HubSession(hub, "admin", password)
    admin.start()
    eventually("the server is there", lambda: bool(admin.server.get("ready")), 120)
    pod = pod_of("e2e-users", "admin")["metadata"]["name"]
    token = kubectl("exec", "--namespace=e2e-users", pod, "--", "printenv", "JUPYTERHUB_API_TOKEN").strip()
    files = f"{hub}/user/admin/api/contents"
    assert answer(files, Authorization=f"token {token}") == HTTPStatus.OK
    assert answer(f"{files}?token={token}") == HTTPStatus.FORBIDDEN
    assert answer(f"{hub}/user/admin/lab?token={token}") == HTTPStatus.FOUND
    admin.stop()


def answer(address: str, **headers: str) -> int:
    return requests.get(address, headers=headers, allow_redirects=False, timeout=30).status_code
