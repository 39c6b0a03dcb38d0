"""The engine's state and report, as far as we read or change them: samples are what the real engine wrote."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from deploy.engine import logged_in, merged
from deploy.events import Reader, line_of
from deploy.leftovers import clear_locks, marked
from deploy.state import left_behind, released, with_values, without_pending

URN = "urn:pulumi:dev::jupyterhub::jupyterhub:platform:Platform$jupyterhub:platform:Credentials$"
KEY = f"{URN}random:index/randomPassword:RandomPassword::crypt-key"
PASSWORD = f"{URN}random:index/randomPassword:RandomPassword::login-password"
MARK = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


def secret(value: str) -> dict[str, str]:
    return {**MARK, "plaintext": json.dumps(value)}


def state(*resources: dict[str, Any], pending: list[object] | None = None) -> dict[str, Any]:
    return {"version": 3, "deployment": {"resources": list(resources), "pending_operations": pending}}


def random_password(value: str, urn: str = PASSWORD) -> dict[str, Any]:
    outputs = {"result": secret(value), "length": 3}
    return {"urn": urn, "type": "random:index/randomPassword:RandomPassword", "id": "none", "outputs": outputs}


def test_a_move_carries_the_values_of_the_cluster_into_the_state() -> None:
    values = {"crypt-key": "12", "login-password": "old", "other": "00"}
    namespace: dict[str, Any] = {
        "urn": f"{URN}kubernetes:core/v1:Namespace::other",
        "type": "kubernetes:core/v1:Namespace",
        "outputs": {},
    }
    made = state(random_password("34", KEY), random_password("new"), namespace)
    assert with_values(made, values) == state(random_password("12", KEY), random_password("old"), namespace)


def test_pending_operations_are_struck_out() -> None:
    assert without_pending(state(random_password("x"))) is None
    assert without_pending(state(random_password("x"), pending=[{"type": "creating"}])) == state(
        random_password("x"), pending=[]
    )


def test_what_is_protected_and_no_longer_declared_is_forgotten_and_stays() -> None:
    kept: dict[str, Any] = {"urn": f"{URN}kubernetes:core/v1:Secret::service-lake-secret", "protect": True}
    other: dict[str, Any] = {"urn": f"{URN}kubernetes:core/v1:Secret::hub", "protect": True}
    plain: dict[str, Any] = {"urn": f"{URN}kubernetes:core/v1:ConfigMap::hub-settings"}
    stored = state(kept, other, plain)
    gone = left_behind(stored, {other["urn"]})
    assert gone == [kept["urn"]]
    assert released(stored, gone) == state({**kept, "protect": False, "retainOnDelete": True}, other, plain)
    assert left_behind({"version": 3, "deployment": {}}, set()) == []


@pytest.mark.parametrize(
    ("event", "line"),
    [
        ({"resOutputsEvent": {"metadata": {"op": "create", "urn": KEY}}}, "RandomPassword crypt-key made"),
        ({"resOutputsEvent": {"metadata": {"op": "same", "urn": KEY}}}, None),
        ({"resOutputsEvent": {"metadata": {"op": "create", "urn": URN.removesuffix("$") + "::credentials"}}}, None),
        ({"resOpFailedEvent": {"metadata": {"op": "create", "urn": KEY}}}, "RandomPassword crypt-key failed"),
        ({"diagnosticEvent": {"severity": "debug", "message": "Waiting for outstanding RPCs\n"}}, None),
        (
            {"diagnosticEvent": {"severity": "error", "message": "no\n", "urn": KEY}},
            "error: RandomPassword crypt-key: no",
        ),
        ({"diagnosticEvent": {"severity": "warning", "message": "[1/3] Finding Pods", "ephemeral": True}}, None),
        ({"summaryEvent": {"resourceChanges": {"create": 2, "same": 3}}}, "2 made, 3 unchanged"),
        ({"cancelEvent": {}}, None),
    ],
)
def test_a_report_is_told_in_lines(event: dict[str, Any], line: str | None) -> None:
    assert line_of(event) == line


def test_a_report_is_read_while_it_is_written(tmp_path: Path) -> None:
    report = tmp_path / "report"
    reader = Reader(report)
    event = json.dumps({"resOutputsEvent": {"metadata": {"op": "delete", "urn": KEY}}})
    report.write_text(f"{event}\nerror: no such st")
    assert list(reader.new_lines()) == ["RandomPassword crypt-key deleted"]
    with report.open("a") as more:
        more.write("ack\n" + event + "\n")
    assert list(reader.new_lines()) == ["error: no such stack"]


def test_the_copy_of_a_stack_file_keeps_its_salt() -> None:
    assert merged({"config": {"a": 1}}, {"config": {"a": 0}, "encryptionsalt": "s"}) == {
        "config": {"a": 1},
        "encryptionsalt": "s",
    }
    assert merged({"encryptionsalt": "theirs"}, {"encryptionsalt": "ours"}) == {"encryptionsalt": "theirs"}


def test_a_backend_the_user_chose_is_respected(tmp_path: Path) -> None:
    assert not logged_in({"PULUMI_HOME": str(tmp_path)})
    assert logged_in({"PULUMI_HOME": str(tmp_path), "PULUMI_BACKEND_URL": "s3://bucket"})
    (tmp_path / "credentials.json").write_text('{"current": "https://example.org"}')
    assert logged_in({"PULUMI_HOME": str(tmp_path)})


def test_the_lock_of_a_dead_engine_is_cleared_and_only_such_a_one(tmp_path: Path) -> None:
    locks = tmp_path / ".pulumi" / "locks" / "organization" / "jupyterhub" / "dev"
    locks.mkdir(parents=True)
    (locks / "a.json").write_text(json.dumps({"pid": 2**22 + 1}))
    (locks / "b.json").write_text(json.dumps({"pid": os.getpid()}))  # lives, and is no engine
    clear_locks(tmp_path)
    assert list(locks.iterdir()) == []


def test_processes_are_told_by_their_mark() -> None:
    assert marked("a mark that nobody bears") == {}
