"""Which server is due, by the limits of the profile it was started with."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.culler import Limits, arbiter, limits_of
from hub.profile_settings import PROFILE, Profile
from hub.settings import Culler

HOUR = 3600
ALL = Culler(idle=HOUR, every=60, max_age=None)


def profile(name: str, idle: int | None, max_age: int | None) -> Profile:
    return Profile(
        name=name,
        title=name,
        image="notebook",
        cpu_guarantee=1,
        cpu_limit=1,
        memory_guarantee=1,
        memory_limit=1,
        idle=idle,
        max_age=max_age,
    )


PROFILES = {
    "long": profile("long", 4 * HOUR, None),
    "aged": profile("aged", None, 8 * HOUR),
    "plain": profile("plain", None, None),
}


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("long", Limits(4 * HOUR, None)),
        ("aged", Limits(HOUR, 8 * HOUR)),
        ("plain", Limits(HOUR, None)),
        ("gone", Limits(HOUR, None)),
    ],
)
def test_a_profile_goes_before_what_is_said_of_all(name: str, limits: Limits) -> None:
    assert limits_of(ALL, PROFILES.get(name)) == limits


@pytest.mark.parametrize(
    ("name", "idle", "age", "due"),
    [
        ("plain", 0.9, 9, False),
        ("plain", 1.1, 9, True),
        ("plain", None, 0.5, False),
        ("plain", None, 1.1, True),
        ("long", 3.9, 99, False),
        ("long", 4.1, 99, True),
        ("aged", 0.1, 7.9, False),
        ("aged", 0.1, 8.1, True),
        ("gone", 1.1, 9, True),
        (None, 1.1, 9, True),
    ],
)
def test_who_is_due(name: str | None, idle: float | None, age: float, due: bool) -> None:
    started = (datetime.now(UTC) - timedelta(hours=age)).isoformat().replace("+00:00", "Z")
    server = {"started": started, "state": {PROFILE: name}, "user_options": {"profile": "long"}}
    inactive = None if idle is None else timedelta(hours=idle)
    assert arbiter(ALL, PROFILES)(inactive=inactive, inactive_limit=1, server=server) is due
