"""Process 1 of the hub's pod: starts the hub when it can work, restarts it when it falls, and leaves nothing behind.

A leader election fits in here: the command is what this pod runs while it leads.
"""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from hub.places import Places

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Patience:
    """When to try again and when to leave it to Kubernetes, where a crash loop can be seen."""

    fast: float = 60.0
    """A run shorter than this counts as a fast crash."""
    crashes: int = 5
    """Fast crashes in a row before giving up."""
    longest_pause: float = 10.0

    def pause(self, crashes: int) -> float:
        """None after a first crash: the users wait."""
        return 0.0 if crashes == 1 else min(2.0 ** (crashes - 2), self.longest_pause)


@dataclass
class Supervisor:
    """Keeps one command running."""

    command: Sequence[str]
    patience: Patience = field(default_factory=Patience)
    _child: int | None = None
    _ending: int | None = None
    """The signal that told us to end."""

    def run(self) -> int:
        """The exit code to leave with."""
        _prctl(PR_SET_CHILD_SUBREAPER, 1)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        crashes = 0
        while True:
            begun = time.monotonic()
            code = self._run()
            if self._ending is not None:
                _say(f"ended after signal {self._ending} with code {code}")
                return code
            crashes = crashes + 1 if time.monotonic() - begun < self.patience.fast else 1
            if crashes >= self.patience.crashes:
                _say(f"crashed {crashes} times in a row, the last time with code {code}; giving up")
                return code or 1
            pause = self.patience.pause(crashes)
            _say(f"ended with code {code}, starting again in {pause:.0f} s")
            self._sleep(pause)

    def _run(self) -> int:
        # A signal that arrives before the child is known would not reach it.
        signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
        if self._ending is not None:
            return 128 + self._ending
        _say(f"starting {' '.join(self.command)}")
        self._child = _start(self.command)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
        code = _reap(until=self._child)
        self._child = None
        _kill_orphans()
        return code

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._ending = number
        if self._child is not None:
            os.kill(self._child, number)

    def _sleep(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self._ending is None and time.monotonic() < deadline:
            time.sleep(0.1)


FORWARDED = {signal.SIGTERM, signal.SIGINT}


def _start(command: Sequence[str]) -> int:
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    try:
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == parent:
            for number in FORWARDED:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
            os.execvp(command[0], list(command))  # noqa: S606 - no shell is wanted
    except OSError as error:
        _say(f"cannot start {command[0]}: {error.strerror}")
    finally:
        os._exit(127)


def _reap(until: int) -> int:
    """Collect whoever ends, as process 1 must, until the child does."""
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == until:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _kill_orphans() -> None:
    """What the hub had started, such as the culler, would go on with a dead hub's token beside its successor."""
    tasks = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    while children := [int(child) for child in tasks.read_text().split()]:
        for child in children:
            os.kill(child, signal.SIGKILL)
        for child in children:
            os.waitpid(child, 0)


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl refused")


def _say(text: str) -> None:
    print(f"supervisor: {text}", flush=True)


if __name__ == "__main__":
    os.chdir(Places.from_environment().state)
    # `jupyterhub` looks for alembic on PATH when it upgrades its database.
    os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"
    sys.exit(Supervisor([sys.executable, "-m", "hub.launch"]).run())
