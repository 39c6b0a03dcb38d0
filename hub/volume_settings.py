"""Which homes and volumes the users' servers mount."""

from typing import Annotated, Literal

from pydantic import Field

from hub.model import Model


class ClaimHome(Model):
    kind: Literal["per_user_claim"] = "per_user_claim"
    size: str
    storage_class: str | None
    mount: str


class SubpathHome(Model):
    kind: Literal["shared_subpath"] = "shared_subpath"
    claim: str
    """The shared volume with a directory for each user."""
    mount: str


class SharedVolume(Model):
    kind: Literal["shared"] = "shared"
    name: str
    claim: str
    mount: str
    readers: tuple[str, ...] | None
    """Groups; None for everybody."""
    writers: tuple[str, ...] | None


class ScratchVolume(Model):
    kind: Literal["scratch"] = "scratch"
    name: str
    size: str
    mount: str


class CloneVolume(Model):
    kind: Literal["clone"] = "clone"
    name: str
    repository: str
    size: str
    mount: str


Home = Annotated[ClaimHome | SubpathHome, Field(discriminator="kind")]
Volume = Annotated[SharedVolume | ScratchVolume | CloneVolume, Field(discriminator="kind")]
