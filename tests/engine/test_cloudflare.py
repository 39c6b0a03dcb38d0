"""The real provider makes the way in at the stand-in of Cloudflare: once, again where somebody changed it, and away with all."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.paths import KUBECONFIG
from settings.load import ROOT
from tests.engine.conftest import require
from tests.lab.cloudflare_account import HOST, Account, account

pytestmark = [pytest.mark.engine]
PROGRAM = Path(__file__).parent / "programs" / "edge"
MADE = {"tunnels": 1, "configurations": 1, "dns_records": 1, "applications": 1, "policies": 2, "service_tokens": 1}


class Edge:
    """A small program and the state of its one stack."""

    def __init__(self, folder: Path, there: Account) -> None:
        self.there = there
        self._folder = shutil.copytree(PROGRAM, folder / "program")
        (folder / "state").mkdir()
        runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
        (self._folder / "Pulumi.yaml").write_text(json.dumps({"name": "edge", "runtime": runtime}))
        self._environment = os.environ | there.there.environment()
        self._environment |= {
            "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PYTHONPATH": str(ROOT),
            "KUBECONFIG": str(KUBECONFIG),
        }
        # The program's own token, not the one that a provider would find by itself.
        del self._environment["CLOUDFLARE_API_TOKEN"]
        self.run("stack", "init", "dev")
        self.run("config", "set", "--stack", "dev", "--secret", "token", there.token)
        self._file = self._folder / "Pulumi.dev.yaml"
        self._first: dict[str, Any] = yaml.safe_load(self._file.read_text())
        self.set()

    def set(self, rotations: Mapping[str, int] | None = None, **changes: object) -> None:
        allow = {"domains": ["example.org"], "service_tokens": ["automation"]}
        access = {"team": "example", "login": {"kind": "one_time_pin"}, "allow": allow, "session": "7d"}
        token = {"kind": "declared", "name": "cloudflare-api-token"}
        owner = {"account": self.there.there.account, "zone": self.there.there.zone, "token": token}
        exposure = {"kind": "tunnel", "host": HOST, **owner, "access": access} | changes
        files = str(self._folder.parent / "files")
        config = {"edge:exposure": exposure, "edge:files": files, "edge:rotations": dict(rotations or {})}
        self._file.write_text(yaml.safe_dump({**self._first, "config": self._first["config"] | config}))

    def run(self, *arguments: str, fails: bool = False) -> str:
        command = ["pulumi", "--non-interactive", *arguments]
        done = subprocess.run(
            command, cwd=self._folder, env=self._environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def up(self, *more: str, fails: bool = False) -> str:
        return self.run("up", "--stack", "dev", "--yes", "--skip-preview", *more, fails=fails)

    def objects(self) -> dict[str, list[dict[str, Any]]]:
        return self.there.control("GET", "/objects")

    def writes(self) -> list[str]:
        """What was asked of the API since the last time, but to read."""
        calls = self.there.control("GET", "/calls")
        self.there.control("DELETE", "/calls")
        return [f"{call['method']} {call['path']}" for call in calls if call["method"] != "GET"]


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Generator[Edge]:
    require("cloudflare")
    with account() as there:
        made = Edge(tmp_path_factory.mktemp("edge"), there)
        made.up()
        yield made


def test_everything_is_made_and_fits_together(edge: Edge) -> None:
    there = edge.objects()
    assert {kind: len(there[kind]) for kind in MADE} == MADE
    [tunnel], [record], [app] = there["tunnels"], there["dns_records"], there["applications"]
    assert (record["name"], record["content"]) == (HOST, f"{tunnel['id']}.cfargotunnel.com")
    assert app["enable_binding_cookie"]
    assert [policy["decision"] for policy in app["policies"]] == ["allow", "non_identity"]
    first, last = there["configurations"][0]["config"]["ingress"]
    required = {"audTag": [app["aud"]], "required": True, "teamName": "example"}
    assert (first["hostname"], first["originRequest"]["access"]) == (HOST, required)
    assert last == {"service": "http_status:404"}


def test_the_second_time_changes_nothing(edge: Edge) -> None:
    edge.writes()
    edge.up("--expect-no-changes")
    edge.up("--refresh", "--expect-no-changes")
    assert edge.writes() == []


def test_faults_of_the_network_pass(edge: Edge) -> None:
    for fault in ({"status": 429, "times": 2, "after": 1}, {"status": 500}, {"status": 0, "method": "GET"}):
        edge.there.control("POST", "/faults", fault)
    edge.up("--refresh")
    assert "a fault on demand" not in edge.up("--expect-no-changes")


def test_what_somebody_changed_is_set_right(edge: Edge) -> None:
    [record], [app] = edge.objects()["dns_records"], edge.objects()["applications"]
    edge.there.control("PATCH", f"/objects/dns_records/{record['id']}", {"content": "elsewhere.example.org"})
    edge.there.control("PATCH", f"/objects/applications/{app['id']}", {"session_duration": "8760h"})
    edge.up("--refresh")
    assert edge.objects()["dns_records"][0]["content"] == record["content"]
    assert edge.objects()["applications"][0]["session_duration"] == "168h"
    edge.there.control("DELETE", f"/objects/dns_records/{record['id']}")
    edge.up("--refresh")
    assert edge.objects()["dns_records"][0]["content"] == record["content"]


def test_another_secret_is_the_same_tunnel(edge: Edge) -> None:
    before = edge.objects()["tunnels"][0]
    token = edge.there.tunnel_token(before["id"])
    edge.set(rotations={"tunnel-secret": 1})
    edge.up()
    assert edge.there.tunnel_token(before["id"]) != token
    assert [tunnel["id"] for tunnel in edge.objects()["tunnels"]] == [before["id"]]


def test_a_token_that_may_less_is_told_so(edge: Edge) -> None:
    narrow = {"secret": edge.there.token, "permissions": ["Cloudflare Tunnel Write", "Zone Read"]}
    edge.there.control("POST", "/tokens", narrow)
    said = edge.up("--refresh", fails=True)
    assert "403 Forbidden" in said
    assert "Authentication error" in said
    everything = ("Cloudflare Tunnel", "Access: Apps and Policies", "Access: Service Tokens", "DNS")
    groups = (*everything, "Access: Organizations, Identity Providers, and Groups")
    edge.there.control("POST", "/tokens", {**narrow, "permissions": [f"{group} Write" for group in groups]})
    edge.up("--refresh")


def test_nothing_stays_but_what_cannot_go(edge: Edge) -> None:
    edge.run("state", "unprotect", "--all", "--yes", "--stack", "dev")
    edge.run("destroy", "--stack", "dev", "--yes", "--skip-preview")
    left = edge.objects()
    assert all(tunnel["deleted_at"] for tunnel in left.pop("tunnels"))
    assert not any(left.values())
