"""The secrets that a stack file declares: all are asked for at once and before anything is begun, and stay secret."""

import contextvars
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi.runtime import set_all_config
from pulumi.runtime.settings import Settings as Runtime
from pulumi.runtime.settings import configure

import stack
from components.secrets.declared import declared_secrets
from settings import Settings
from settings.load import read, stack_file


def asked(settings: Settings, given: dict[str, str], of: Callable[[Settings], object] = declared_secrets) -> Any:
    """What the program takes from a configuration, by itself its secrets; or its complaint."""

    def ask() -> object:
        configure(Runtime("jupyterhub", "prod"))
        set_all_config(given, list(given))
        return of(settings)

    return contextvars.Context().run(ask)


async def test_every_secret_nobody_has_set_is_named_with_its_key_and_the_command() -> None:
    settings = read(stack_file("prod"))
    with pytest.raises(pulumi.RunError) as refusal:
        asked(settings, {})
    assert str(refusal.value).splitlines() == [
        "secrets are missing:",
        *(
            f"  {key}: nobody has set {name!r} yet; run pulumi config set --secret {name}"
            for key, name in {
                "identity.server.administrator.secret": "keycloak-administrator",
                "exposure.token": "cloudflare-api-token",
                "storage.database.server.password": "hub-database-password",
                "services.1.access_key": "minio-access-key",
                "services.1.secret_key": "minio-secret-key",
                "services.3.password": "postgres-password",
            }.items()
        ),
    ]
    with pytest.raises(pulumi.RunError) as refusal:
        asked(settings, {"jupyterhub:cloudflare-api-token": "x"})
    assert "cloudflare-api-token" not in str(refusal.value)
    assert "postgres-password" in str(refusal.value)


async def test_nothing_is_begun_while_a_secret_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[object] = []

    def begin(*given: object) -> None:
        begun.append(given)

    monkeypatch.setattr(stack, "Platform", begin)
    with pytest.raises(pulumi.RunError, match="secrets are missing"):
        asked(read(stack_file("prod")), {}, lambda settings: stack.deploy(settings, {}))
    assert begun == []


async def test_what_somebody_has_set_stays_secret() -> None:
    settings = read(stack_file("prod"))
    given = {f"jupyterhub:{name}": f"value of {name}" for name in settings.declared_secrets}
    found = asked(settings, given)
    assert {name: (await value.is_secret(), await value.future()) for name, value in found.items()} == {
        name: (True, f"value of {name}") for name in settings.declared_secrets
    }
