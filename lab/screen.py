"""What the person at the terminal sees: one line per step, with how long it took."""

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager


class Note:
    """Says how a step ended; "already" unless the step did something."""

    text = "already"

    def say(self, text: str) -> None:
        self.text = text


@contextmanager
def step(name: str) -> Generator[Note]:
    note = Note()
    begun = time.monotonic()
    live = sys.stdout.isatty()
    if live:
        print(f"  {name:<26} ...", end="", flush=True)
    yield note
    print(f"{chr(13) if live else ''}  {name:<26} {note.text} ({time.monotonic() - begun:.1f} s)", flush=True)


def say(text: str) -> None:
    print(text, flush=True)
