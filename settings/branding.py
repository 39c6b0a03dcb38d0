"""What the hub's pages look like."""

from typing import Annotated

from pydantic import Field

from settings.domain import Line, Section
from settings.form import Form

Colour = Annotated[
    str,
    Form("a colour", r"#[0-9a-fA-F]{6}", "write '#' and six hexadecimal digits, in quotes", "#006680"),
]
FileInRepository = Annotated[
    str,
    Form(
        "a file below the repository's root",
        r"(?!\.{1,2}/)[A-Za-z0-9._-]+(/(?!\.{1,2}(/|$))[A-Za-z0-9._-]+)*",
        "write its path from there, with letters, digits, '.', '_' and '-', such as branding/logo.svg",
        "branding/logo.svg",
    ),
]


class Colours(Section):
    main: Colour
    """Of buttons and links, below white text."""
    dark: Annotated[Colour, Field(examples=["#004d5c"])]
    """Of a button one points at."""
    light: Annotated[Colour, Field(examples=["#008bad"])]
    """Of links where the page itself is dark."""


class BrandingSection(Section):
    title: Line | None = None
    """What the browser's tab says; JupyterHub when absent."""
    logo: Annotated[FileInRepository | None, Field(examples=["branding/thinkube/logo.svg"])] = None
    """An SVG or PNG file for the top left corner; JupyterHub's own when absent."""
    announcement: Line | None = None
    """One line of plain text above every page."""
    colours: Colours | None = None
    """JupyterHub's own when absent."""
    templates: Annotated[FileInRepository | None, Field(examples=["branding/templates"])] = None
    """A folder of page templates that replace JupyterHub's own of the same name. One named page.html begins with
    `{% extends "branded.html" %}` to keep the rest of this section."""
