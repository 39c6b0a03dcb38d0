"""What the person at the terminal sees: each phase by name, and its duration at its end."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

_MARGIN: Final = 10


def say(text: str) -> None:
    print(text, flush=True)


def note(text: str) -> None:
    """A line below the phase at work."""
    for line in text.splitlines():
        say(f"{'':<{_MARGIN}}{line}")


class Phases:
    """The phases of one command, in order, and how long each took."""

    def __init__(self) -> None:
        self._taken: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str, what: str) -> Generator[None]:
        say(f"{name + ':':<{_MARGIN}}{what}")
        begun = time.monotonic()
        yield
        self._taken[name] = time.monotonic() - begun
        note(f"{name} took {self._taken[name]:.1f} s")

    def summary(self) -> str:
        parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in self._taken.items())
        return f"{sum(self._taken.values()):.1f} s in all: {parts}"
