"""The files that the hub's pages are made of. Pure."""

import json
from base64 import b64encode

from components.pods import fingerprint
from hub.settings import Branding, Colours
from settings.branding import BrandingSection
from settings.load import ROOT


def branding_files(section: BrandingSection | None) -> dict[str, str]:
    """What has to be in the hub's pod, by file name, in base64."""
    logo = [ROOT / section.logo] if section and section.logo else []
    templates = sorted((ROOT / section.templates).glob("*.html")) if section and section.templates else []
    return {path.name: b64encode(path.read_bytes()).decode() for path in (*logo, *templates)}


def branding(section: BrandingSection | None) -> Branding | None:
    """What the hub is told."""
    if section is None:
        return None
    return Branding(
        title=section.title,
        logo=section.logo and (ROOT / section.logo).name,
        announcement=section.announcement,
        colours=section.colours and Colours.model_validate(section.colours.model_dump()),
        files=fingerprint(json.dumps(branding_files(section))),
    )
