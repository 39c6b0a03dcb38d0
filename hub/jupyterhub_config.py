"""What `jupyterhub` reads: our settings, as traits."""

from typing import cast

from traitlets.config import Config

from hub.places import Places
from hub.secret_files import read_secrets
from hub.settings import HubSettings
from hub.traits import given_traits, traits

places = Places.from_environment()
settings = HubSettings.model_validate_json(places.settings.read_bytes())
secrets = read_secrets(settings, places.secrets)
c = cast(Config, get_config())  # noqa: F821 # pyright: ignore[reportUndefinedVariable] - traitlets gives it
for trait in [*traits(settings, secrets, places), *given_traits(settings)]:
    setattr(c[trait.owner], trait.name, trait.value)
