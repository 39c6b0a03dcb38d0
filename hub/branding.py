"""What the hub's pages look like."""

from html import escape
from pathlib import Path

from hub.settings import BRANDING_DIRECTORY, HubSettings
from hub.trait import PLATFORM, Trait

PAGES = Path(__file__).parent / "pages"


def branding_traits(settings: HubSettings) -> list[Trait]:
    """A site's own templates go before ours, and ours before JupyterHub's."""
    branding = settings.branding
    if branding is None:
        return [Trait("JupyterHub", "template_paths", [str(PAGES)], PLATFORM)]
    words = {
        "brand_title": branding.title,
        "brand_colours": branding.colours and branding.colours.model_dump(),
        # JupyterHub shows this one as it is.
        "announcement": escape(branding.announcement or ""),
    }
    folders = [str(BRANDING_DIRECTORY), str(PAGES)]
    logo = (
        [Trait("JupyterHub", "logo_file", str(BRANDING_DIRECTORY / branding.logo), "branding.logo")]
        if branding.logo
        else []
    )
    return [
        Trait("JupyterHub", "template_paths", folders, "branding.templates"),
        Trait("JupyterHub", "template_vars", words, "branding"),
        *logo,
    ]
