"""Process 1 with real children."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.supervisor import Patience

RUN = """
import sys
from hub.supervisor import Patience, Supervisor
command = [sys.executable, "-c", sys.argv[1]]
sys.exit(Supervisor(command, Patience(fast=5, crashes=3, longest_pause=float(sys.argv[2]))).run())
"""


@pytest.fixture
def supervise() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(code: str, pause: float = 0.1) -> subprocess.Popen[str]:
        process = subprocess.Popen([sys.executable, "-c", RUN, code, str(pause)], stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def wait_until(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def sleeper(file: Path) -> str:
    """A child that writes its process id, one per start, and stays."""
    return f"import os, time; print(os.getpid(), file=open({str(file)!r}, 'a'), flush=True); time.sleep(600)"


def pids(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def test_a_killed_child_is_started_again(supervise: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    supervise(sleeper(tmp_path / "pids"))
    wait_until(lambda: len(pids(tmp_path / "pids")) == 1)
    os.kill(pids(tmp_path / "pids")[0], signal.SIGKILL)
    wait_until(lambda: len(pids(tmp_path / "pids")) == 2)
    assert not alive(pids(tmp_path / "pids")[0])
    assert alive(pids(tmp_path / "pids")[1])


def test_a_crash_loop_is_left_to_kubernetes(supervise: Callable[..., subprocess.Popen[str]]) -> None:
    process = supervise("raise SystemExit(7)")
    assert process.wait(20) == 7
    assert process.stdout is not None
    assert "crashed 3 times in a row, the last time with code 7" in process.stdout.read()


def test_sigterm_reaches_the_child_and_its_code_comes_back(
    supervise: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    ready = tmp_path / "ready"
    process = supervise(
        "import pathlib, signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(3));"
        f"pathlib.Path({str(ready)!r}).touch(); time.sleep(600)"
    )
    wait_until(ready.exists)
    process.terminate()
    assert process.wait(10) == 3


def test_sigterm_while_resting_ends_it(supervise: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    file = tmp_path / "pids"
    # Two crashes, the second one with a pause after it; a third run would stay.
    process = supervise(
        f"import time; file = open({str(file)!r}, 'a+'); file.seek(0); runs = len(file.readlines());"
        "print(runs, file=file, flush=True); runs < 2 or time.sleep(600); raise SystemExit(1)",
        pause=5,
    )
    wait_until(lambda: len(pids(file)) == 2)
    time.sleep(0.3)
    process.terminate()
    assert process.wait(10) == 128 + signal.SIGTERM
    assert len(pids(file)) == 2


def test_the_child_dies_with_its_supervisor(supervise: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    process = supervise(sleeper(tmp_path / "pids"))
    wait_until(lambda: pids(tmp_path / "pids"))
    process.kill()
    wait_until(lambda: not alive(pids(tmp_path / "pids")[0]))


def test_what_the_hub_started_does_not_outlive_it(
    supervise: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    helper = tmp_path / "helper"
    supervise(
        "import subprocess, sys, os;"
        f"subprocess.Popen([sys.executable, '-c', {sleeper(helper)!r}], start_new_session=True);"
        f"{sleeper(tmp_path / 'pids')}"
    )
    wait_until(lambda: pids(helper) and pids(tmp_path / "pids"))
    os.kill(pids(tmp_path / "pids")[0], signal.SIGKILL)
    wait_until(lambda: not alive(pids(helper)[0]))


def test_no_zombie_is_left(supervise: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    orphans = tmp_path / "orphans"
    process = supervise(
        # A child that leaves a child behind, which then ends: process 1 inherits it.
        "import os, time\n"
        f"if os.fork() == 0:\n    pid = os.fork()\n    if pid: print(pid, file=open({str(orphans)!r}, 'a'), flush=True)\n"
        "    if pid == 0: time.sleep(0.3)\n    os._exit(0)\n"
        "time.sleep(600)"
    )
    wait_until(lambda: pids(orphans))
    wait_until(lambda: not Path(f"/proc/{pids(orphans)[0]}").exists())
    assert process.poll() is None


def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    code = "from hub.supervisor import Patience, Supervisor; raise SystemExit(Supervisor(['/no/such'], Patience(crashes=1)).run())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 127
    assert "cannot start /no/such: No such file or directory" in done.stdout


@pytest.mark.parametrize(("crashes", "seconds"), [(1, 0), (2, 1), (3, 2), (5, 8), (6, 10), (50, 10)])
def test_pauses(crashes: int, seconds: float) -> None:
    assert Patience().pause(crashes) == seconds
