"""A declared service and what services say of themselves, on a real hub: who is meant gets all of it, and nobody else any."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.paths import KUBECONFIG, KUBECTL
from settings.load import ROOT
from tests.e2e import surroundings
from tests.e2e.cluster import eventually, kubectl
from tests.lab.hub_session import HubSession
from tests.lab.try_out import PORT, Namespace

pytestmark = pytest.mark.lab
HUB = "http://127.0.0.1:8020"
PASSWORD = "correct horse battery staple"  # noqa: S105 - of a stack that lives for one test run
PLATFORM, USERS, LAKE = "profiles", "profiles-users", "profiles-lake"
HUB_ACCOUNT, NOTEBOOK_ACCOUNT = f"{PLATFORM}:hub", f"{USERS}:default"
SCRIPT = Path(__file__).with_name("notebook_services.py")
DECLARED = ["LAKE_HOST=lake.profiles-lake", "LAKE_PORT=80"]
TOKEN_FILE = "LAKE_TOKEN_FILE=/run/secrets/services/lake/lake-access/LAKE_TOKEN"  # noqa: S105 - where one is


@dataclass(frozen=True)
class Lake:
    address: str
    """Of its pod."""


@pytest.fixture(scope="module", autouse=True)
def lake() -> Lake:
    """A service that somebody else keeps, what they say of it, and a hub that looks there."""
    surroundings.namespace(PLATFORM)
    surroundings.secret(PLATFORM, "site-secrets", {"password": PASSWORD})
    surroundings.namespace(LAKE)
    there = Namespace(LAKE)
    there.kubectl("delete", "pod", "lake", "--ignore-not-found", "--grace-period=0")
    address = there.pod("lake")
    ports = [{"port": 80, "targetPort": PORT}]
    spec = {"selector": {"app": "lake"}, "ports": ports}
    there.apply({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "lake"}, "spec": spec})
    for entry in (
        said("open", {"FOUND_OPEN": "it's here", "FOUND_PASSWORD": "hunter2"}),
        said("analysts", {"FOUND_ANALYSTS": "two words"}, groups="analysts"),
        said("unlabelled", {"FOUND_UNLABELLED": "x"}, managed="false"),
    ):
        there.apply(entry)
    subprocess.run(["make", "up", "STACK=profiles"], cwd=ROOT, check=True, env=os.environ | {"CI": "true"}, timeout=600)
    surroundings.secret(USERS, "lake-access", {"token": "open sesame"})
    return Lake(address)


def said(name: str, variables: dict[str, str], groups: str | None = None, managed: str = "true") -> dict[str, object]:
    listed = [{"name": name, "value": value} for name, value in variables.items()]
    metadata = {
        "name": name,
        "labels": {"example.org/managed": managed},
        "annotations": {} if groups is None else {"jupyterhub-platform/groups": groups},
    }
    content = yaml.safe_dump({"service": {"name": name, "environment_variables": listed}})
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"service.yaml": content}}


@pytest.fixture(scope="module")
def told(lake: Lake) -> Iterator[dict[str, dict[str, Any]]]:
    """What each person has, by what a program in their notebook sees."""
    seated = [HubSession(HUB, name, PASSWORD) for name in ("alice", "bob")]
    for person in seated:
        assert person.start({"profile": "small"}).status_code in {201, 202}, person.name
    try:
        for person in seated:
            eventually(f"{person.name}'s server runs", lambda person=person: bool(person.server.get("ready")), 90)
        yield {person.name: seen_by(person.name, lake) for person in seated}
    finally:
        for person in seated:
            person.stop()


def seen_by(user: str, lake: Lake) -> dict[str, Any]:
    line = (str(KUBECTL), "--kubeconfig", str(KUBECONFIG), "--namespace", USERS, "exec", "--stdin", f"jupyter-{user}")
    done = subprocess.run(
        [*line, "--", "python3", "-", lake.address],
        input=SCRIPT.read_text(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_who_is_meant_gets_the_address_the_credential_the_way_and_what_is_found(
    told: dict[str, dict[str, Any]],
) -> None:
    alice = told["alice"]
    found = ["FOUND_ANALYSTS=two words", "FOUND_OPEN=it's here"]
    assert alice["environment"] == [*found, *DECLARED, TOKEN_FILE]
    assert alice["sourced"] == alice["environment"]
    assert alice["token"] == "open sesame"  # noqa: S105 - of this test
    assert (alice["answer"], alice["address"]) == ("lake", "lake")


def test_nobody_else_gets_any_of_it(told: dict[str, dict[str, Any]]) -> None:
    bob = told["bob"]
    assert bob["environment"] == bob["sourced"] == ["FOUND_OPEN=it's here"]
    assert (bob["token"], bob["credentials"]) == (None, [])
    assert (bob["answer"], bob["address"]) == (None, None)


def test_where_it_is_found_leaves_room_for_other_programs(told: dict[str, dict[str, Any]]) -> None:
    assert told["alice"]["settings of other programs"]


def test_a_notebook_has_no_account_to_ask_the_cluster_with(told: dict[str, dict[str, Any]]) -> None:
    assert not told["alice"]["account"]
    assert not told["bob"]["account"]


def test_neither_notebooks_nor_the_hub_may_read_secrets() -> None:
    asked = [
        Right(account, verb, "secrets", namespace)
        for account in (HUB_ACCOUNT, NOTEBOOK_ACCOUNT)
        for verb in ("get", "list", "watch")
        for namespace in (PLATFORM, USERS, LAKE)
    ]
    assert had(asked) == []


def test_the_hub_may_read_config_maps_where_it_looks_and_nowhere_else() -> None:
    there = Right(HUB_ACCOUNT, "list", "configmaps", LAKE)
    others = [replace(there, namespace=namespace) for namespace in (PLATFORM, USERS, "default")]
    assert had([there, *others, replace(there, verb="update"), replace(there, account=NOTEBOOK_ACCOUNT)]) == [there]


@dataclass(frozen=True)
class Right:
    account: str
    verb: str
    resource: str
    namespace: str

    def review(self) -> dict[str, object]:
        home, _, _ = self.account.partition(":")
        asked = {"verb": self.verb, "resource": self.resource, "namespace": self.namespace}
        groups = ["system:serviceaccounts", f"system:serviceaccounts:{home}", "system:authenticated"]
        spec = {"user": f"system:serviceaccount:{self.account}", "groups": groups, "resourceAttributes": asked}
        return {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}


def had(rights: list[Right]) -> list[Right]:
    """Those of them that there are, by what the API server itself answers."""
    reviews = {"apiVersion": "v1", "kind": "List", "items": [right.review() for right in rights]}
    answers = kubectl(
        "create", "--filename=-", "--output=jsonpath={.status.allowed}{'\\n'}", given=json.dumps(reviews)
    ).split()
    return [right for right, answer in zip(rights, answers, strict=True) if answer == "true"]
