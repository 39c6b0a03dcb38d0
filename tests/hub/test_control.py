"""The control API is asked over real HTTP; whatever it does, the form does not hang and the last good answer stays."""

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from hub import control
from hub.answers import KeptAnswer
from hub.control import ControlApi, Found
from hub.profile_settings import Discovery
from tests.hub import control_api

GOOD = ["tk-jupyter-scipy", "tk-jupyter-ml-cpu"]
REFUSED = [mode for mode in control_api.BAD if mode not in {"empty", "foreign image", "image outside the path"}]


@pytest.fixture
def there() -> Iterator[control_api.ControlApi]:
    server = control_api.ControlApi(("127.0.0.1", 0))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@dataclass
class Asking:
    """Makes the hub's side, anew after each restart of the hub, on one database."""

    url: str
    database: Session
    registries: tuple[str, ...] = ("lab.local/library",)
    refresh: int = 1

    def hub(self) -> ControlApi:
        discovery = Discovery(url=self.url, registries=self.registries, refresh=self.refresh)
        return ControlApi(discovery, KeptAnswer(self.database, self.url), logging.getLogger("test"))


@pytest.fixture
def asking(there: control_api.ControlApi) -> Iterator[Asking]:
    with Session(create_engine("sqlite://")) as database:
        yield Asking(f"http://127.0.0.1:{there.server_port}", database)


def names(found: Found | None) -> list[str] | None:
    return None if found is None else [image.name for image in found.images]


async def test_a_good_answer(asking: Asking) -> None:
    found = await asking.hub().found()
    assert found
    assert [image.reference for image in found.images] == [f"lab.local/library/{name}:1" for name in GOOD]
    assert [(node.name, node.capacity.cpu, node.memory, node.gpus) for node in found.nodes] == [
        ("thin", 4, 8 * 2**30, 0),
        ("fat", 16, 64 * 2**30, 2),
    ]
    assert found.defaults.memory == 4 * 2**30


async def test_an_answer_is_used_until_it_is_old(there: control_api.ControlApi, asking: Asking) -> None:
    asking.refresh = 3600
    hub = asking.hub()
    for _ in range(5):
        await hub.found()
    assert there.asked == 3, "once for each of its three parts"


@pytest.mark.parametrize("mode", ["500", "garbage", "huge", "redirect", *REFUSED])
async def test_a_bad_answer_leaves_the_last_good_one(
    there: control_api.ControlApi, asking: Asking, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    hub = asking.hub()
    asking.refresh = 1
    assert names(await hub.found()) == GOOD
    there.mode = mode
    hub._ask_again = 0  # pyright: ignore[reportPrivateUsage] - as if time had passed
    assert names(await hub.found()) == GOOD
    assert "its last good answer is used" in caplog.text
    assert names(await asking.hub().found()) == GOOD, "a hub that was restarted meanwhile"


@pytest.mark.parametrize(("mode", "left"), [("empty", []), ("foreign image", ["good"]), ("image outside the path", [])])
async def test_what_comes_from_elsewhere_is_left_out(
    there: control_api.ControlApi, asking: Asking, mode: str, left: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    there.mode = mode
    assert names(await asking.hub().found()) == left
    assert ("is left out" in caplog.text) == (mode != "empty")


async def test_a_slow_one_keeps_nobody_waiting(
    there: control_api.ControlApi, asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "PATIENCE", 0.2)
    hub = asking.hub()
    assert names(await hub.found()) == GOOD
    there.mode = "slow"
    hub._ask_again = 0  # pyright: ignore[reportPrivateUsage] - as if time had passed
    begun = time.monotonic()
    assert names(await hub.found()) == GOOD
    assert time.monotonic() - begun < 1


async def test_nothing_is_known_of_one_that_never_answered(there: control_api.ControlApi, asking: Asking) -> None:
    there.shutdown()
    there.server_close()
    assert await asking.hub().found() is None


async def test_an_outage_outlives_neither_the_answer_nor_a_restart(
    there: control_api.ControlApi, asking: Asking, caplog: pytest.LogCaptureFixture
) -> None:
    await asking.hub().found()
    there.shutdown()
    there.server_close()
    hub = asking.hub()
    assert names(await hub.found()) == GOOD
    asked = caplog.text.count("its last good answer is used")
    await hub.found()
    assert caplog.text.count("its last good answer is used") == asked == 1, "it is left in peace for a while"


async def test_an_answer_that_cannot_be_kept_is_used_all_the_same(
    asking: Asking, caplog: pytest.LogCaptureFixture
) -> None:
    hub = asking.hub()
    asking.database.execute(text("drop table platform_answers"))
    assert names(await hub.found()) == GOOD
    assert "used and not kept for the next start: the database does not take it (OperationalError)" in caplog.text
    assert asking.database.scalar(text("select 1")) == 1, "the hub's session is left as it was"


async def test_what_was_kept_is_judged_by_the_registries_of_today(
    there: control_api.ControlApi, asking: Asking
) -> None:
    await asking.hub().found()
    there.mode = "500"
    asking.registries = ("harbor.example.com",)
    assert names(await asking.hub().found()) == []


async def test_what_another_release_kept_is_forgotten(there: control_api.ControlApi, asking: Asking) -> None:
    there.mode = "500"
    KeptAnswer(asking.database, asking.url).save('{"images": 5}')
    assert await asking.hub().found() is None
