"""What a user may ask for: nothing gets through that is not exactly a known profile."""

from typing import Any

import pytest

from hub.failures import Refusal
from hub.options import chosen_profile, options_from_form, parse_options
from hub.settings import HubSettings


@pytest.mark.parametrize("options", [{}, {"profile": None}, {"profile": "small"}, {"profile": "large"}])
def test_accepted(settings: HubSettings, options: dict[str, Any]) -> None:
    assert parse_options(options, settings.servers.profiles).profile == options.get("profile")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"profile": "huge"}, "no profile 'huge'; choose one of small, large"),
        ({"profile": "small "}, "no profile 'small '"),
        ({"profile": "SMALL"}, "no profile"),
        ({"profile": ""}, "no profile ''"),
        ({"profile": ["small"]}, "'profile' must be a text"),
        ({"profile": {"name": "small"}}, "'profile' must be a text"),
        ({"profile": 1}, "'profile' must be a text"),
        ({"profile": True}, "'profile' must be a text"),
        ({"image": "evil"}, "no option 'image'"),
        ({"profile": "small", "image": "evil"}, "no option 'image'"),
        ({"profile": "small", "image--unlisted-choice": "evil"}, "no option"),
        ({"kubespawner_override": {"uid": 0}}, "no option 'kubespawner_override'"),
        ({"__class__": "x"}, "no option '__class__'"),
        ({"x" * 5000: 1}, "no option"),
        ({1: "small"}, "'1' must be a text"),
        ({"profile": "x" * 5000}, "no profile"),
        (["profile"], "must be an object"),
        ("small", "must be an object"),
        (7, "must be an object"),
        (None, "must be an object"),
    ],
)
def test_refused(settings: HubSettings, options: object, words: str) -> None:
    with pytest.raises(Refusal) as caught:
        parse_options(options, settings.servers.profiles)
    assert caught.value.status_code == 400
    assert words in caught.value.jupyterhub_message
    assert len(caught.value.jupyterhub_message) < 400


def test_the_first_profile_is_the_default(settings: HubSettings) -> None:
    profiles = settings.servers.profiles
    assert chosen_profile(parse_options({}, profiles), profiles).name == "small"
    assert chosen_profile(parse_options({"profile": "large"}, profiles), profiles).name == "large"


def test_a_form_is_flattened() -> None:
    assert options_from_form({"profile": ["small"], "_xsrf": ["token"]}) == {"profile": "small"}


@pytest.mark.parametrize("values", [[], ["small", "large"]])
def test_an_option_is_given_once(values: list[str]) -> None:
    with pytest.raises(Refusal, match="'profile' must be given once"):
        options_from_form({"profile": values})
