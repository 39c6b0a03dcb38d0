"""What the hub's pages look like: files that reach the pod, and colours one can read."""

from base64 import b64decode
from pathlib import Path

import pytest

from components.hub.branding import branding, branding_files
from hub.settings import Branding
from settings.branding import BrandingSection
from settings.load import ROOT
from settings.rules.branding import contrast

LOGO = "branding/thinkube/logo.svg"


@pytest.mark.parametrize(
    ("one", "other", "expected"), [("#000000", "#ffffff", 21), ("#ffffff", "#ffffff", 1), ("#006680", "#ffffff", 6.5)]
)
def test_contrast(one: str, other: str, expected: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(expected, rel=0.05)


def test_the_files_reach_the_pod_as_they_are() -> None:
    (content,) = branding_files(BrandingSection(logo=LOGO)).values()
    assert b64decode(content) == (ROOT / LOGO).read_bytes()


def test_nothing_reaches_the_pod_where_nothing_is_said() -> None:
    assert branding_files(None) == branding_files(BrandingSection(title="A lab")) == {}
    assert branding(None) is None


def test_a_file_that_changes_starts_the_hub_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.hub.branding.ROOT", tmp_path)
    told: list[Branding | None] = []
    for text in ("<svg/>", "<svg />"):
        (tmp_path / "logo.svg").write_text(text)
        told.append(branding(BrandingSection(logo="logo.svg")))
    assert told[0] != told[1]
