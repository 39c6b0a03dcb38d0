"""The login of kind `password`."""

import time
from dataclasses import dataclass

import pytest
from tornado.web import HTTPError

from hub.login.passwords import LONGEST_WAIT, PasswordAuthenticator, waiting_time
from hub.places import Places

RIGHT = "correct horse"


@dataclass(frozen=True)
class User:
    name: str


@pytest.fixture
def login(places: Places) -> PasswordAuthenticator:
    return PasswordAuthenticator(
        password_file=str(places.secrets / "login-password"),
        allowed_users={"ada", "bob"},
        admins={"ada"},
        groups={"curators": ["ada"], "analysts": ["ada", "bob"], "empty": []},
        manage_groups=True,
        allow_existing_users=False,
    )


@pytest.mark.parametrize(
    ("name", "password", "admin"),
    [
        ("ada", RIGHT, True),
        ("bob", RIGHT, False),
        ("eve", RIGHT, None),
        ("bob", "wrong", None),
        ("bob", "", None),
        ("", RIGHT, None),
        ("bob", "pässword", None),
    ],
)
async def test_login(login: PasswordAuthenticator, name: str, password: str, admin: bool | None) -> None:
    user = await login.get_authenticated_user(None, {"username": name, "password": password})
    assert (user and user["admin"]) == admin
    assert (user is None) == (admin is None)


async def test_a_stranger_with_the_password_is_a_stranger(login: PasswordAuthenticator) -> None:
    assert await login.authenticate(None, {"username": "eve", "password": RIGHT}) is None


async def test_fields_may_be_missing(login: PasswordAuthenticator) -> None:
    assert await login.get_authenticated_user(None, {}) is None


async def test_a_changed_password_works_at_once(login: PasswordAuthenticator, places: Places) -> None:
    (places.secrets / "login-password").write_text("new")
    assert await login.authenticate(None, {"username": "bob", "password": RIGHT}) is None
    assert await login.authenticate(None, {"username": "bob", "password": "new"})


@pytest.mark.parametrize("text", [None, "", "\n"])
async def test_without_a_password_nobody_gets_in(
    login: PasswordAuthenticator, places: Places, text: str | None
) -> None:
    file = places.secrets / "login-password"
    file.unlink()
    if text is not None:
        file.write_text(text)
    with pytest.raises(HTTPError) as caught:
        await login.authenticate(None, {"username": "bob", "password": ""})
    assert caught.value.status_code == 503


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (2, 0), (3, 1), (4, 2), (7, 16), (8, LONGEST_WAIT), (99, LONGEST_WAIT)]
)
def test_waiting_time(failures: int, seconds: float) -> None:
    assert waiting_time(failures) == seconds


async def test_guessing_is_slowed_down(login: PasswordAuthenticator, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for _ in range(3):
        assert await login.authenticate(None, {"username": "bob", "password": "wrong"}) is None
    with pytest.raises(HTTPError) as caught:
        await login.authenticate(None, {"username": "bob", "password": RIGHT})
    assert caught.value.status_code == 429
    assert await login.authenticate(None, {"username": "ada", "password": RIGHT})
    now += 1.5
    assert await login.authenticate(None, {"username": "bob", "password": RIGHT})


async def test_strangers_leave_no_trace(login: PasswordAuthenticator) -> None:
    for number in range(100):
        await login.authenticate(None, {"username": f"stranger-{number}", "password": "wrong"})
    await login.authenticate(None, {"username": "ada", "password": RIGHT})
    assert list(login.attempts) == ["ada"]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("ada", {"name": "ada", "admin": True, "groups": ["analysts", "curators"]}),
        ("bob", {"name": "bob", "admin": False, "groups": ["analysts"]}),
        ("gone", False),
    ],
)
async def test_groups_are_those_of_the_settings_at_each_refresh(
    login: PasswordAuthenticator, name: str, known: object
) -> None:
    assert await login.refresh_user(User(name)) == known


async def test_a_login_says_the_groups(login: PasswordAuthenticator) -> None:
    found = await login.get_authenticated_user(None, {"username": "bob", "password": RIGHT})
    assert found
    assert found["groups"] == ["analysts"]
