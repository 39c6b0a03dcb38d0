"""Starting, finding and stopping real processes."""

import json
import signal
import subprocess
import sys
from collections.abc import Generator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from lab import paths, process

SLEEPER = (sys.executable, "-c", "import time; time.sleep(60)")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
)


@pytest.fixture(autouse=True)
def own_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    monkeypatch.setattr(paths, "PIDS", tmp_path / "pids")
    monkeypatch.setattr(paths, "LOGS", tmp_path / "log")
    yield
    for name in process.all_names():
        process.stop(name)


def test_a_started_process_is_found_and_stopped() -> None:
    process.start("sleeper", SLEEPER, "as described", ())
    found = process.running("sleeper")
    assert found
    assert found.fingerprint == "as described"
    assert process.all_names() == ["sleeper"]
    assert process.stop("sleeper")
    assert process.start_time(found.pid) != found.started
    assert process.running("sleeper") is None
    assert not process.stop("sleeper")


def test_a_process_that_ignores_the_request_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "STOP_SECONDS", 0.3)
    process.start("stubborn", STUBBORN, "", ())
    assert process.wait(lambda: "deaf" in process.log_file("stubborn").read_text(), 5)
    found = process.running("stubborn")
    assert found
    assert process.stop("stubborn")
    assert process.start_time(found.pid) is None


def test_a_recycled_process_id_is_never_touched() -> None:
    """The id in the file lives, but it started at another time: it is somebody else's."""
    with subprocess.Popen(SLEEPER) as stranger:
        begun = process.start_time(stranger.pid)
        assert begun
        paths.PIDS.mkdir()
        record = process.Running(stranger.pid, begun - 1, "")
        process.pid_file("ours").write_text(json.dumps(asdict(record)))
        assert process.running("ours") is None
        assert not process.stop("ours")
        assert process.start_time(stranger.pid) == begun

        process.pid_file("ours").write_text(json.dumps(asdict(replace(record, started=begun))))
        assert process.running("ours")
        stranger.send_signal(signal.SIGKILL)


def test_a_zombie_does_not_live() -> None:
    with subprocess.Popen(["true"]) as ended:
        assert process.wait(lambda: process.start_time(ended.pid) is None, 5)


@pytest.mark.parametrize("text", ["", "{", '{"pid": 1}', '"text"'])
def test_a_damaged_pid_file_means_not_running(text: str) -> None:
    paths.PIDS.mkdir()
    process.pid_file("torn").write_text(text)
    assert process.running("torn") is None


def test_output_is_appended_to_the_log_and_quoted_in_a_failure() -> None:
    for word in ("first", "second"):
        process.start("talker", (sys.executable, "-c", f"print('{word}')"), "", ())
        assert process.wait(lambda: process.running("talker") is None, 5)
    assert process.log_file("talker").read_text() == "first\nsecond\n"
    assert process.last_words("talker").endswith("first\nsecond")
    assert process.last_words("nobody") == "It wrote no log."


def test_no_proxy_reaches_the_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "KUBECONFIG"):
        monkeypatch.setenv(name, "elsewhere")
    assert "elsewhere" not in process.environment().values()
