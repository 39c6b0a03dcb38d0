"""The table of traits: what it says, and that the real classes know every line of it."""

from collections.abc import Callable

import pytest
from sqlalchemy.engine import make_url

from hub.places import Places
from hub.secret_files import SecretError, read_secrets
from hub.settings import HubSettings
from hub.traits import database_url, traits

POSTGRES = {"kind": "postgres", "host": "db.example.org", "port": 5432, "name": "hub", "user": "hub@site"}


def table(settings: HubSettings, places: Places) -> dict[tuple[str, str], object]:
    return {
        (trait.owner, trait.name): trait.value
        for trait in traits(settings, read_secrets(settings, places.secrets), places)
    }


def test_every_trait_is_set_once(settings: HubSettings, places: Places) -> None:
    lines = traits(settings, read_secrets(settings, places.secrets), places)
    assert len({(line.owner, line.name) for line in lines}) == len(lines)


@pytest.mark.parametrize(
    ("owner", "name", "value"),
    [
        ("JupyterHub", "cleanup_servers", False),
        ("JupyterHub", "hub_connect_url", "http://hub.jupyterhub:8081"),
        ("JupyterHub", "authenticate_prometheus", True),
        ("JupyterHub", "active_server_limit", 0),
        ("JupyterHub", "allow_named_servers", False),
        ("ConfigurableHTTPProxy", "should_start", False),
        ("ConfigurableHTTPProxy", "auth_token", "proxy"),
        ("CryptKeeper", "keys", [bytes.fromhex("cd" * 32)]),
        ("PasswordAuthenticator", "allowed_users", {"ada", "bob"}),
        ("PasswordAuthenticator", "allow_existing_users", False),
        ("PlatformSpawner", "delete_pvc", False),
        ("PlatformSpawner", "automount_service_account_token", False),
        ("PlatformSpawner", "consecutive_failure_limit", 0),
    ],
)
def test_values(settings: HubSettings, places: Places, owner: str, name: str, value: object) -> None:
    assert table(settings, places)[owner, name] == value


@pytest.mark.parametrize(
    ("url", "encrypted"), [(None, False), ("http://hub.example.org/", False), ("https://hub.example.org/", True)]
)
def test_nothing_of_a_browser_goes_in_the_clear_where_there_is_a_certificate(
    make_settings: Callable[..., HubSettings], places: Places, url: str | None, encrypted: bool
) -> None:
    told = table(make_settings(public_url=url), places)["JupyterHub", "tornado_settings"]
    assert isinstance(told, dict)
    assert told["cookie_options"] == {"samesite": "Lax", **({"secure": True} if encrypted else {})}
    assert ("Strict-Transport-Security" in told["headers"]) == encrypted


def test_the_database_password_survives_its_url(make_settings: Callable[..., HubSettings], places: Places) -> None:
    settings = make_settings(database=POSTGRES)
    url = make_url(database_url(settings, read_secrets(settings, places.secrets), places.state))
    assert (url.username, url.password, url.host, url.database) == ("hub@site", "p@ss/word:%", "db.example.org", "hub")


def test_sqlite_lies_in_the_state_directory(settings: HubSettings, places: Places) -> None:
    url = make_url(database_url(settings, read_secrets(settings, places.secrets), places.state))
    assert url.database == str(places.state / "jupyterhub.sqlite")


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("cookie-secret", None, "No such file"),
        ("cookie-secret", " \n", "is empty"),
        ("cookie-secret", "abc", "64 hexadecimal digits"),
        ("crypt-key", "ab" * 31, "64 hexadecimal digits"),
        ("proxy-token", None, "No such file"),
    ],
)
def test_a_missing_or_broken_secret_stops_the_hub(
    settings: HubSettings, places: Places, name: str, text: str | None, complaint: str
) -> None:
    file = places.secrets / name
    file.unlink()
    if text is not None:
        file.write_text(text)
    with pytest.raises(SecretError, match=complaint) as caught:
        read_secrets(settings, places.secrets)
    assert str(file) in str(caught.value)


def test_the_crypt_key_before_a_rotation_still_decrypts(settings: HubSettings, places: Places) -> None:
    (places.secrets / "crypt-key").write_text("11" * 32)
    (places.secrets / "earlier-crypt-key").write_text("22" * 32)
    assert read_secrets(settings, places.secrets).crypt_keys == (b"\x11" * 32, b"\x22" * 32)


def test_secrets_do_not_print(settings: HubSettings, places: Places) -> None:
    assert "proxy-token" not in repr(read_secrets(settings, places.secrets))
