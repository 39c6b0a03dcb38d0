"""What the engine reports while it works, as lines for the person at the terminal. Pure but for reading its file."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

_DONE: Final = {
    "create": "made",
    "create-replacement": "made anew",
    "update": "changed",
    "delete": "deleted",
    "delete-replaced": "deleted to be made anew",
    "import": "taken over",
    "same": "unchanged",
}
_WORTH_READING: Final = ("warning", "error")


class Reader:
    """Reads a file of events that somebody else is still writing, each event once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._said: set[str] = set()

    def new_lines(self) -> Iterator[str]:
        content = self._path.read_bytes()[self._read :]
        whole = content[: content.rfind(b"\n") + 1]
        self._read += len(whole)
        for text in whole.decode().splitlines():
            line = line_of(json.loads(text)) if text.startswith("{") else text
            if line and line not in self._said:
                self._said.add(line)
                yield line


def line_of(event: Mapping[str, Any]) -> str | None:
    """None for what nobody needs to read."""
    match event:
        case {"resOutputsEvent": {"metadata": {"op": op, "urn": urn}}} if (
            op != "same" and op in _DONE and not _is_ours(urn)
        ):
            return f"{_title(urn)} {_DONE[op]}"
        case {"resOpFailedEvent": {"metadata": {"urn": urn}}}:
            return f"{_title(urn)} failed"
        case {"diagnosticEvent": {"severity": severity, "message": message, **more}}:
            worth_reading = severity in _WORTH_READING and not more.get("ephemeral")
            about = (
                f"{_title(more['urn'])}: " if more.get("urn") and "::pulumi:pulumi:Stack::" not in more["urn"] else ""
            )
            return f"{severity}: {about}{message.strip()}" if worth_reading and message.strip() else None
        case {"summaryEvent": {"resourceChanges": changes}}:
            return ", ".join(f"{count} {_DONE.get(op, op)}" for op, count in sorted(changes.items()))
        case _:
            return None


def _title(urn: str) -> str:
    """`RandomPassword crypt-key` for urn:pulumi:dev::jupyterhub::...$random:index/randomPassword:RandomPassword::crypt-key."""
    _, _, types, name = urn.split("::", 3)
    return f"{types.rpartition(':')[2]} {name}"


def _is_ours(urn: str) -> bool:
    """Components and the stack are only the engine's notes."""
    kind = urn.split("::", 3)[2].rpartition("$")[2]
    return kind.startswith(("jupyterhub:", "pulumi:"))
