"""Stops servers nobody uses, each by the limits of the profile it was started with: `python -m hub.culler <settings>`.

The hub starts it as a service. Which server is due is decided here; looking for them and stopping them is upstream's.
"""

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from jupyterhub_idle_culler import IdleCuller

from hub.profile_settings import PROFILE, Profile
from hub.settings import Culler, HubSettings

HUB_API = "http://127.0.0.1:8081/hub/api"
"""It runs beside the hub: no network policy has to let the hub's pod speak to itself."""


@dataclass(frozen=True)
class Limits:
    """Seconds."""

    idle: int
    max_age: int | None

    def are_over(self, idle: timedelta | None, age: timedelta) -> bool:
        """Whether a server has to go; one that nobody has used yet is idle since its start."""
        if (age if idle is None else idle).total_seconds() >= self.idle:
            return True
        return self.max_age is not None and age.total_seconds() >= self.max_age


def limits_of(culler: Culler, profile: Profile | None) -> Limits:
    """What a profile says goes before what is said of all; a profile that is gone says nothing."""
    return Limits(
        idle=(profile and profile.idle) or culler.idle,
        max_age=(profile and profile.max_age) or culler.max_age,
    )


def arbiter(culler: Culler, profiles: Mapping[str, Profile]) -> Callable[..., bool]:
    """Decides over each server as JupyterHub's API shows it."""

    def is_due(*, inactive: timedelta | None, server: Mapping[str, Any], **_: object) -> bool:
        age = datetime.now(UTC) - datetime.fromisoformat(server["started"])
        return limits_of(culler, profiles.get(server["state"].get(PROFILE))).are_over(inactive, age)

    return is_due


def main(culler: Culler, profiles: Iterable[Profile]) -> None:
    IdleCuller.launch_instance(
        argv=[],
        url=HUB_API,
        timeout=culler.idle,
        cull_every=culler.every,
        cull_arbiter_hook=arbiter(culler, {profile.name: profile for profile in profiles}),
    )


if __name__ == "__main__":
    settings = HubSettings.model_validate_json(Path(sys.argv[1]).read_bytes())
    if settings.culler is not None:
        main(settings.culler, settings.servers.profiles)
