"""The page of figures: hand-written words, and between two marks each what was measured. Pure but for the file."""

import re
from pathlib import Path
from typing import Final

from settings.load import ROOT

PAGE: Final = ROOT / "docs" / "benchmarks.md"


def replaced(page: str, section: str, body: str) -> str:
    """The page with one section anew; all of it or nothing."""
    begin, end = f"<!-- measured: {section} -->", f"<!-- end of {section} -->"
    pattern = re.compile(f"{re.escape(begin)}\n.*?{re.escape(end)}", re.DOTALL)
    if len(pattern.findall(page)) != 1:
        raise ValueError(f"{PAGE.name} has not exactly one section between {begin} and {end}")
    return pattern.sub(lambda _: f"{begin}\n{body.strip()}\n{end}", page)


def write(section: str, body: str, page: Path = PAGE) -> None:
    page.write_text(replaced(page.read_text(), section, body))
