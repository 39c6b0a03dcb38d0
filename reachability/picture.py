"""A matrix as a picture for light and dark pages, and as a table. Pure."""

from html import escape
from typing import Final

from reachability.matrix import Cell, Matrix, Party
from reachability.ports import EVERY, in_words

_LEFT, _TOP, _WIDTH, _HEIGHT, _END = 220, 160, 58, 26, 70
_STYLE: Final = """
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .ports { font-size: 10px; text-anchor: middle; fill: #ffffff }
  .open { fill: #1a7f37 } .all { fill: #9a6700 } .closed { fill: #eaeef2 } .self { fill: #c8d1da }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .ports { fill: #ffffff }
    .open { fill: #238636 } .all { fill: #9e6a03 } .closed { fill: #21262d } .self { fill: #484f58 }
  }
"""
_KEY: Final = (("open", "these ports"), ("all", "every port"), ("closed", "nothing"), ("self", "itself"))
_OPENING: Final = """# Who may talk to whom

Written from the manifests of the stack `{stack}` by `make docs`; what is declared is in `components/network/edges.py`. Each row is who
begins a conversation, each column who is asked, and a cell the ports of the pod that is asked (TCP unless it says otherwise).

![Rows may begin a conversation with columns on the ports in the cell]({picture})

Everything else is refused, from both ends; cells without a pod of the stack are left out, others decide there. No policy
can tell the API server, or a database outside the cluster, from any other machine, so the hub may call their ports anywhere
but at the cloud's metadata service. What a node asks its own pods (probes, `kubectl port-forward`) is no matter of policies.

Where there is a mesh, what it encrypts goes to port 15008 and is judged once more behind it, by who sent it; 169.254.7.127 is
where the probes of a node come from.

| from | to | ports |
|---|---|---|
"""


def svg(matrix: Matrix) -> str:
    width, height = _LEFT + _WIDTH * len(matrix.parties) + _END, _TOP + _HEIGHT * len(matrix.parties) + 50
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        "<title>Who may talk to whom</title>",
        f"<style>{_STYLE}</style>",
        *(_column_title(number, party) for number, party in enumerate(matrix.parties)),
        *(line for number, party in enumerate(matrix.parties) for line in _row(matrix, number, party)),
        *_key(height - 30),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def markdown(matrix: Matrix, stack: str, picture: str) -> str:
    rows = [
        f"| {source.name} | {target.name} | {in_words(matrix.cells[source.name, target.name].open)} |"
        for source in matrix.parties
        for target in matrix.parties
        if _is_open(matrix, source, target)
    ]
    return _OPENING.format(stack=stack, picture=picture) + "\n".join(rows) + "\n"


def _is_open(matrix: Matrix, source: Party, target: Party) -> bool:
    cell = matrix.cells.get((source.name, target.name))
    return source != target and cell is not None and bool(cell.open)


def _column_title(number: int, party: Party) -> str:
    x, y = _LEFT + _WIDTH * number + _WIDTH // 2, _TOP - 8
    return f'<text x="{x}" y="{y}" transform="rotate(-40 {x} {y})">{escape(party.name)}</text>'


def _row(matrix: Matrix, number: int, source: Party) -> list[str]:
    y = _TOP + _HEIGHT * number
    title = f'<text x="{_LEFT - 10}" y="{y + 17}" text-anchor="end">{escape(source.name)}</text>'
    cells = [
        _cell(_LEFT + _WIDTH * place, y, matrix.cells.get((source.name, target.name)), source, target)
        for place, target in enumerate(matrix.parties)
    ]
    return [title, *(line for cell in cells for line in cell)]


def _cell(x: int, y: int, cell: Cell | None, source: Party, target: Party) -> list[str]:
    if cell is None:
        return []
    ports = cell.open
    kind = "self" if source == target else "all" if ports == EVERY else "open" if ports else "closed"
    words = "" if source == target else in_words(ports)
    spoken = f"{source.name} to {target.name}: {words or kind}"
    shape = f'<rect class="{kind}" x="{x + 1}" y="{y + 1}" width="{_WIDTH - 2}" height="{_HEIGHT - 2}" rx="3">'
    lines = [f"{shape}<title>{escape(spoken)}</title></rect>"]
    if words:
        short = words.replace(" TCP+UDP", "").partition(",")[0] + ("…" if "," in words else "")
        lines.append(f'<text class="ports" x="{x + _WIDTH // 2}" y="{y + 16}">{escape(short)}</text>')
    return lines


def _key(y: int) -> list[str]:
    lines: list[str] = []
    for number, (kind, words) in enumerate(_KEY):
        x = _LEFT + 130 * number
        lines.append(f'<rect class="{kind}" x="{x}" y="{y}" width="16" height="16" rx="3"/>')
        lines.append(f'<text x="{x + 24}" y="{y + 12}">{words}</text>')
    return lines
