"""The written page: complete, well-formed, and never stale."""

from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from reachability.__main__ import documents, main
from reachability.matrix import Cell, Matrix, Party
from reachability.picture import markdown, svg
from reachability.ports import EVERY, Range
from reachability.semantics import Address, Pod

HUB, WORLD = Party("<hub>", Pod("a", {}, "10.0.0.1"), ours=True), Party("world", Address("203.0.113.1"))
SOME = (Range("TCP", 53, 53), Range("TCP", 443, 443), Range("UDP", 53, 53))
SMALL = Matrix(
    (HUB, WORLD),
    {
        ("<hub>", "<hub>"): Cell(EVERY, EVERY),
        ("<hub>", "world"): Cell(SOME, EVERY),
        ("world", "<hub>"): Cell(EVERY, ()),
    },
)


def test_the_picture_has_a_cell_for_each_judged_pair_and_says_what_is_in_it() -> None:
    drawn = Xml.fromstring(svg(SMALL))  # noqa: S314 - drawn just now
    name = "{http://www.w3.org/2000/svg}"
    said = [title.text for title in drawn.iterfind(f".//{name}rect/{name}title")]
    assert said == ["<hub> to <hub>: self", "<hub> to world: 53 TCP+UDP, 443", "world to <hub>: closed"]
    assert "prefers-color-scheme: dark" in svg(SMALL)


def test_the_table_lists_what_is_open_and_nothing_else() -> None:
    rows = [line for line in markdown(SMALL, "small", "x.svg").splitlines() if line.startswith("| <hub>")]
    assert rows == ["| <hub> | world | 53 TCP+UDP, 443 |"]


def test_a_stale_page_is_reported_and_written_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Path("docs", "page.md")

    def written(stack: str) -> dict[Path, str]:
        return {page: f"of {stack}"}

    monkeypatch.setattr("reachability.__main__.documents", written)
    (tmp_path / "docs").mkdir()
    assert main(["--check"], tmp_path) == 1
    assert "run make docs" in capsys.readouterr().err
    assert main([], tmp_path) == 0
    assert (tmp_path / page).read_text() == "of prod"
    assert main(["--check"], tmp_path) == 0
    (tmp_path / page).write_text("other")
    assert main(["--check"], tmp_path) == 1


def test_the_page_and_the_picture_of_a_stack_tell_the_same() -> None:
    texts = {path.suffix: text for path, text in documents("dev").items()}
    assert "| a user's server | hub | 8081 |\n" in texts[".md"]
    assert "| a user's server | another user's server |" not in texts[".md"]
    drawn = {title.text for title in Xml.fromstring(texts[".svg"]).iter("{http://www.w3.org/2000/svg}title")}  # noqa: S314
    assert {"a user's server to hub: 8081", "a user's server to another user's server: closed"} <= drawn
