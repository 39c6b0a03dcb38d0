"""The pages as JupyterHub renders them, with a site's words, colours and templates."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader
from jupyterhub._data import DATA_FILES_PATH

from hub.branding import PAGES, branding_traits
from hub.settings import HubSettings

COLOURS = {"main": "#006680", "dark": "#004d5c", "light": "#008bad"}


def static_url(path: str, **_: object) -> str:
    return path


@pytest.fixture
def page(make_settings: Callable[..., HubSettings], tmp_path: Path) -> Callable[..., str]:
    """JupyterHub's page of errors, found as the hub finds its templates."""
    released = FileSystemLoader(Path(DATA_FILES_PATH) / "templates")

    def render(**branding: Any) -> str:
        settings = make_settings(
            branding={"title": None, "logo": None, "announcement": None, "colours": None, "files": "", **branding}
        )
        words: Any = {trait.name: trait.value for trait in branding_traits(settings)}["template_vars"]
        folders = FileSystemLoader([tmp_path, PAGES])
        loader = ChoiceLoader([PrefixLoader({"templates": released}), folders, released])
        given: Any = {"static_url": static_url, "base_url": "/hub/", "status_code": 404, **words}
        return Environment(loader=loader, autoescape=True).get_template("404.html").render(given)

    return render


def test_a_site_says_its_name_and_its_news(page: Callable[..., str]) -> None:
    text = page(title="AI Lab", announcement="Down <b>tonight</b> & tomorrow")
    assert "<title>AI Lab</title>" in text
    assert "Down &lt;b&gt;tonight&lt;/b&gt; &amp; tomorrow" in text


def test_the_colours_are_those_of_the_stack_file(page: Callable[..., str]) -> None:
    text = page(colours=COLOURS)
    assert all(colour in text for colour in COLOURS.values())
    assert "--bs-btn-bg" not in page()


def test_a_sites_own_page_keeps_the_rest(page: Callable[..., str], tmp_path: Path) -> None:
    own = '{% extends "branded.html" %}{% block footer %}<footer>imprint</footer>{% endblock %}'
    (tmp_path / "page.html").write_text(own)
    text = page(colours=COLOURS)
    assert "imprint" in text
    assert COLOURS["main"] in text


def test_the_logo_is_the_sites_own(make_settings: Callable[..., HubSettings]) -> None:
    told = {"title": None, "logo": "logo.svg", "announcement": None, "colours": None, "files": ""}
    traits = {trait.name: trait.value for trait in branding_traits(make_settings(branding=told))}
    assert traits["logo_file"] == "/etc/jupyterhub/logo.svg"


def test_without_branding_jupyterhub_looks_like_itself(settings: HubSettings) -> None:
    (trait,) = branding_traits(settings)
    assert (trait.name, trait.value) == ("template_paths", [str(PAGES)])
