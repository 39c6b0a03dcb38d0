"""Whether the files of the branding are there and fit, and whether its colours can be read."""

from collections.abc import Iterator
from pathlib import Path

from settings.branding import Colours
from settings.problems import Problem
from settings.root import Settings

ROOT = Path(__file__).parent.parent.parent
_MOST_BYTES = 500_000
"""All files together travel in one ConfigMap, which holds a megabyte of base64."""
_WHITE, _DARK_PAGE = "#ffffff", "#212529"
_GAMMA = 2.2
_READABLE = 3.0
"""The contrast that WCAG's level AA asks of controls and large text."""


def the_logo_is_a_picture(settings: Settings) -> Iterator[Problem]:
    logo = settings.branding and settings.branding.logo
    if not logo:
        return
    if Path(logo).suffix not in {".svg", ".png"}:
        yield Problem("branding.logo", f"{logo!r} is neither SVG nor PNG by its name; convert it, or rename it")
    elif not (ROOT / logo).is_file():
        yield Problem("branding.logo", f"{logo!r} does not exist in this repository; add it, or correct the path")
    elif b"<script" in (content := (ROOT / logo).read_bytes()):
        yield Problem("branding.logo", "holds a script that would run in the hub's name; remove it from the picture")
    elif len(content) > _MOST_BYTES:
        yield Problem(
            "branding.logo", f"is larger than {_MOST_BYTES // 1000} kB, which every page would load; shrink it"
        )


def templates_are_pages(settings: Settings) -> Iterator[Problem]:
    folder = settings.branding and settings.branding.templates
    if not folder:
        return
    files = [path for path in (ROOT / folder).glob("*") if path.is_file()]
    if not files:
        yield Problem(
            "branding.templates", f"{folder!r} is no folder with files in it; add the templates, or remove the key"
        )
    for path in files:
        if path.suffix != ".html":
            yield Problem(
                "branding.templates", f"{path.name!r} in it is no template; keep only files named *.html there"
            )
    if sum(path.stat().st_size for path in files) > _MOST_BYTES:
        yield Problem(
            "branding.templates", f"is larger than {_MOST_BYTES // 1000} kB in all; keep only what replaces a page"
        )


def colours_can_be_read(settings: Settings) -> Iterator[Problem]:
    colours = settings.branding and settings.branding.colours
    if not isinstance(colours, Colours):
        return
    for name, background, mend in (
        ("main", _WHITE, "darker"),
        ("dark", _WHITE, "darker"),
        ("light", _DARK_PAGE, "lighter"),
    ):
        found = contrast(getattr(colours, name), background)
        if found < _READABLE:
            yield Problem(
                f"branding.colours.{name}",
                f"has a contrast of {found:.1f} to {background}, and a control needs {_READABLE}; choose a {mend} one",
            )


def contrast(one: str, other: str) -> float:
    """From 1 for the same to 21 for black and white, as WCAG counts it."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return 0.2126 * red**_GAMMA + 0.7152 * green**_GAMMA + 0.0722 * blue**_GAMMA


RULES = (the_logo_is_a_picture, templates_are_pages, colours_can_be_read)
