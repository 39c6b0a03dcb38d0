"""Secrets of a stack at work: replaced under an open notebook, in both ways of applying, and found nowhere but in Secrets."""

import asyncio
import base64
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
import requests
import yaml

from bench.login_form import login_form
from images.catalogue import lab_reference
from settings.load import SETTINGS_KEY
from tests.e2e.cluster import eventually, kubectl
from tests.e2e.surroundings import apply, room_for
from tests.engine import places
from tests.engine.checkout import Checkout
from tests.engine.cluster import secret_values
from tests.engine.conftest import Make
from tests.engine.leaks import leaks
from tests.engine.notebook import AtWork, Standing
from tests.lab.hub_session import HubSession

pytestmark = [pytest.mark.engine, pytest.mark.asyncio(loop_scope="module")]
GIVEN = {
    "login-password": 'Canary "of/logins" & 100%',
    "report-token": "canary-of-a-service-00112233445566778899",
    "lake-access": "canary+of+lakes/AccessKey",
    "lake-secret": "canary+of+lakes/SecretKey==",
}
ANEW = "canary-of-the-same-service-anew-9988776655"
REPORT = "service-report-token/service-report-token"
MISTYPED = "Canary of somebody who mistypes"
SERVICES = [
    {"name": "usage", "scopes": ["list:users"], "token": {"kind": "generated"}},
    {"name": "report", "scopes": ["list:users"], "token": {"kind": "declared", "name": "report-token"}},
]
LAKE = {
    "kind": "minio",
    "name": "lake",
    "host": "minio.lake",
    "port": 9000,
    "title": "Lake",
    "description": "Object storage",
    "access_key": {"kind": "declared", "name": "lake-access"},
    "secret_key": {"kind": "declared", "name": "lake-secret"},
}
ROTATED = ("cookie-secret", "crypt-key", "proxy-token", "metrics-token", "database-password", "service-usage-token")


@dataclass
class Running:
    stack: Checkout
    said: dict[str, str] = field(default_factory=dict[str, str])
    """What the commands have said, by name."""

    @property
    def url(self) -> str:
        return self.stack.url

    def deploy(self, *words: str) -> None:
        self.said[f"deploy {' '.join(words)}"] = self.stack.deploy(*words)

    def opens(self, path: str, token: str) -> int:
        """What the hub answers to whoever shows it."""
        headers = {"Authorization": f"token {token}"}
        return requests.get(f"{self.url}/hub/{path}", headers=headers, timeout=60).status_code


@pytest.fixture(scope="module")
def running(make: Make) -> Generator[Running]:
    changes: dict[str, Any] = {
        "identity.password": {"kind": "declared", "name": "login-password"},
        "hub.services": SERVICES,
        "services": [LAKE],
        "culler.idle": "1h",
    }
    stack = make("e2e", **changes)
    running = Running(stack)
    stack.give(GIVEN)
    running.deploy("up")
    yield running
    running.deploy("destroy", "--data=delete")


@pytest.fixture(scope="module")
def at_work(running: Running) -> AtWork:
    return AtWork(running.url, "carol", GIVEN["login-password"])


async def test_secrets_are_replaced_under_an_open_notebook(running: Running, at_work: AtWork) -> None:
    stack, before = running.stack, secret_values(running.stack.namespaces)
    async with at_work:
        assert await at_work.run("x = 42; print(x)") == "42"
        assert running.opens("api/users", before[REPORT]) == 200
        assert at_work.standing == Standing(session=True, token=True, notebook=True, connection=True)

        stack.change({"rotations": dict.fromkeys(ROTATED[1:], 1)})
        stack.give({"report-token": ANEW})
        await asyncio.to_thread(running.deploy, "rotate", "--secret=cookie-secret")

        assert at_work.standing == Standing(session=False, token=True, notebook=True, connection=False)
        await at_work.connect()
        assert await at_work.run("print(x)") == "42"
    after = secret_values(stack.namespaces)
    assert after == before | {REPORT: ANEW} | {name: after[name] for name in after.keys() - before.keys()}
    assert after.keys() - before.keys() == {f"{name}/{name}-1" for name in ROTATED}
    assert len(set(after.values())) == len(after)
    for service in ("usage", "report"):
        assert running.opens("api/users", before[f"service-{service}-token/service-{service}-token"]) == 403
    assert running.opens("api/users", after["service-usage-token/service-usage-token-1"]) == 200
    assert running.opens("api/users", ANEW) == 200
    assert running.opens("metrics", before["metrics-token/metrics-token"]) == 403
    assert running.opens("metrics", after["metrics-token/metrics-token-1"]) == 200
    HubSession(running.url, "carol", GIVEN["login-password"])


async def test_they_are_found_nowhere_but_in_secrets(running: Running, at_work: AtWork) -> None:
    stack = running.stack
    _things_that_go_wrong(running)
    texts = dict(running.said)
    texts["stack export"] = stack.engine("stack", "export").stdout
    texts["up of the engine"] = stack.engine("up", "--yes", "--refresh", "--diff").stdout
    texts["preview of a rotation"] = _preview_of_a_rotation(stack)
    texts |= places.logs(stack.namespaces) | places.declarations(stack.namespaces)
    texts |= places.command_lines() | places.files()
    values = secret_values(stack.namespaces) | GIVEN | {"mistyped": MISTYPED, "given anew": ANEW}
    assert leaks(values, texts) == []
    # The proxy takes its token in no other way.
    inside = {(leak.where.split()[2], leak.secret.split("/")[0]) for leak in leaks(values, places.environments())}
    assert inside == {("node", "proxy-token")}


async def test_what_is_planted_is_found(running: Running) -> None:
    """In every kind of place: none of them is looked at in vain."""
    namespace, canary = running.stack.stack, {"planted": "canary of a leak, planted"}
    _plant(namespace, canary["planted"])
    texts = places.logs([namespace]) | places.declarations([namespace]) | places.command_lines() | places.environments()
    found = {leak.where.partition(f"{namespace}/")[0].split(" (")[0] for leak in leaks(canary, texts)}
    assert found >= {"log of ", "ConfigMap ", "Event ", "Pod ", "ServiceAccount ", "cmdline of sh", "environ of sleep"}


async def test_a_move_keeps_every_generation_and_the_other_way_makes_the_next(running: Running) -> None:
    stack, before = running.stack, secret_values(running.stack.namespaces)
    running.deploy("move", "--to=kubectl")
    assert secret_values(stack.namespaces) == before
    running.deploy("rotate", "--secret=crypt-key", "--way=kubectl")
    after = secret_values(stack.namespaces)
    assert after.items() > before.items()
    [made] = after.keys() - before.keys()
    assert made.startswith("crypt-key/crypt-key-")


def _things_that_go_wrong(running: Running) -> None:
    """A mistyped password, and a start that finds no room."""
    with requests.Session() as visitor:
        page = visitor.get(f"{running.url}/hub/login", timeout=60)
        form = login_form(page.text, page.url)
        assert form
        assert visitor.post(form.address, data=form.filled("carol", MISTYPED), timeout=60).status_code == 403
    admin = HubSession(running.url, "admin", GIVEN["login-password"])
    with room_for(f"{running.stack.stack}-users", 1):
        admin.start()
        eventually("the start has failed", lambda: not admin.server.get("pending"), 120)


def _preview_of_a_rotation(stack: Checkout) -> str:
    """By the engine, in its own directory; the next command of ours writes the stack file there again."""
    copy = stack.engine_directory / stack.file.name
    content: dict[str, Any] = yaml.safe_load(copy.read_text())
    content["config"][SETTINGS_KEY]["rotations"] = dict.fromkeys(ROTATED, 9)
    copy.write_text(yaml.safe_dump(content))
    return stack.engine("preview", "--json", "--diff").stdout


def _plant(namespace: str, canary: str) -> None:
    hidden = base64.b64encode(f"token {canary}".encode()).decode()
    container = {
        "name": "planted",
        "image": lab_reference("notebook"),
        "command": ["sh", "-c", f"echo {quote(canary)}; sleep 600; true"],
        "env": [{"name": "PLANTED", "value": canary}],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    user = {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
    pod = {"containers": [container], "securityContext": user, "terminationGracePeriodSeconds": 0}
    about = {"kind": "Pod", "name": "planted", "namespace": namespace}
    objects: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}, "data": {"url": f"https://hub:{quote(canary)}@host"}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"annotations": {"note": hidden}}},
        {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {},
            "involvedObject": about,
            "message": canary.encode().hex(),
        },
        {"apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": pod},
    ]
    for described in objects:
        described["metadata"] |= {"name": "planted", "namespace": namespace}
        apply(described)
    kubectl("wait", "pod/planted", "--namespace", namespace, "--for=condition=Ready", "--timeout=60s")
