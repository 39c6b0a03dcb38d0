"""What both ways need to know of a program, read off the recorded stacks of the repository."""

from collections.abc import Callable

import pytest

from deploy.direct import explained
from deploy.program import Program, program_of
from deploy.values import Place
from deploy.verdict import Workload
from preview.inventory import Inventory

Recorded = Callable[[str, bool], Inventory]


@pytest.fixture
def dev(recorded: Recorded) -> Program:
    return program_of(recorded("dev", False), "jupyterhub")


@pytest.fixture
def e2e(recorded: Recorded) -> Program:
    return program_of(recorded("e2e", False), "e2e")


def test_workloads_are_waited_for(dev: Program) -> None:
    deployments = [Workload("Deployment", "jupyterhub", name) for name in ("hub", "keycloak", "proxy")]
    database = Workload("StatefulSet", "jupyterhub", "keycloak-database")
    assert sorted(dev.workloads, key=str) == sorted([*deployments, database], key=str)


def test_what_holds_data_or_secrets_is_protected(dev: Program) -> None:
    protected = {item.kind for item in dev.items if item.protected}
    assert protected == {"Namespace", "Secret", "PersistentVolumeClaim"}
    assert all(item.protected for item in dev.items if item.kind in protected)


def test_the_engine_needs_a_plugin_per_package_and_nothing_of_our_own(dev: Program) -> None:
    assert dev.packages == {"keycloak", "kubernetes", "random"}


def test_generated_values_come_with_the_components_above_them(dev: Program) -> None:
    names = {urn.rpartition("::")[2] for urn in dev.generated}
    machines = {"cookie-secret", "crypt-key", "fingerprint-key", "proxy-token"}
    passwords = {"client-secret", "keycloak-administrator", "keycloak-database-password", "login-password"}
    assert names == {"platform", "credentials"} | machines | passwords


def test_every_value_has_a_reference(dev: Program) -> None:
    assert dev.references[Place("jupyterhub", "crypt-key", "crypt-key")] == "<<generated:digits:64:crypt-key>>"
    assert {place.secret for place in dev.references} == {item.name for item in dev.items if item.kind == "Secret"}


def test_the_secrets_of_others_are_expected_to_be_there(dev: Program, e2e: Program) -> None:
    assert dev.expected == []
    assert e2e.expected == [Place("e2e", "site-secrets", "JUPYTERHUB_AUTH_PASSWORD")]


def test_a_value_that_cannot_be_changed_is_told_with_what_to_do() -> None:
    refusal = 'The PersistentVolumeClaim "hub-state" is invalid: spec: Forbidden: spec is immutable after creation\n@@ -1 +1 @@\n-x'
    assert "@@" not in explained(refusal)
    assert "restore the earlier value" in explained(refusal)
    assert explained("namespaces are forbidden") == "namespaces are forbidden"
