"""The process that keeps the port: found again by its file, never confused with another, ended by its id."""

import json
import os
import socket
from pathlib import Path

import pytest

from deploy import forward
from lab.process import start_time

TARGET = ["here", "nothing", "false"]
"""`false` stands where kubectl would: the loop goes on asking."""


@pytest.fixture(autouse=True)
def run_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(forward, "RUN", tmp_path)
    return tmp_path


def test_it_is_started_once_and_ended_whole() -> None:
    assert forward.ensure("dev", 8123, TARGET)
    found = forward.running("dev")
    assert found is not None
    assert not forward.ensure("dev", 8123, TARGET)
    assert forward.running("dev") == found
    assert forward.stop("dev")
    assert start_time(found.pid) != found.started
    assert not forward.stop("dev")


def test_another_target_takes_its_place() -> None:
    forward.ensure("dev", 8123, TARGET)
    first = forward.running("dev")
    assert forward.ensure("dev", 8124, TARGET)
    second = forward.running("dev")
    assert first is not None
    assert second is not None
    assert start_time(first.pid) != first.started
    forward.stop_all()
    assert forward.running("dev") is None


@pytest.mark.parametrize(
    "content",
    ["", "{}", json.dumps({"pid": os.getpid(), "started": 1, "port": 1, "target": []}), '{"pid": 1}'],
    ids=["empty", "nothing", "recycled id", "half"],
)
def test_a_file_that_names_no_process_of_ours_is_worthless(run_directory: Path, content: str) -> None:
    forward.file_of("dev").write_text(content)
    assert forward.running("dev") is None
    assert not forward.stop("dev")


def test_a_taken_port_is_seen() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert not forward.port_is_free(taken.getsockname()[1])
