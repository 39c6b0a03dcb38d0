"""How a stack file is read: everything wrong at once, by the keys of the file, and never a secret in what is said."""

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from settings import Settings, SettingsError
from settings.load import ROOT, SETTINGS_KEY, parse, read, stack_file
from settings.problems import Problem, key_of, quoted
from settings.shape import fields_at, path_in_file

DEV = (ROOT / "Pulumi.dev.yaml").read_text(encoding="utf-8")
SQLITE = "{kind: sqlite, size: 1Gi}"
EXTERNAL = """
        kind: postgres
        server:
          {kind: external, host: db.example.org, database: hub, user: hub, password: {kind: declared, name: login-password}}"""
CIPHERTEXT = "v1:c2l4dGVlbiBieXRlcyE=:YSBwYXNzd29yZCBhbmQgaXRzIHRhZyBvZiBzaXh0ZWVu"


def changed(*changes: tuple[str, str]) -> str:
    """The dev stack with some of its text replaced."""
    text = DEV
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    return text


def refusal(text: str, folder: Path) -> SettingsError:
    path = folder / "Pulumi.broken.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(SettingsError) as error:
        read(path)
    return error.value


def test_every_problem_is_told_at_once_in_order(tmp_path: Path) -> None:
    broken = changed(
        ("config:\n", "stack: dev\nconfig:\n  aws:region: eu\n"),
        ("port: 8000", "port: 0"),
        ("kind: lab", "kind: cloud"),
        ("idle: 1h", "idle: 1"),
        ("name: large", "nmae: large"),
    )
    error = refusal(broken, tmp_path)
    keys = [problem.key for problem in error.problems]
    assert keys == [
        "cluster.kind",
        "config.aws:region",
        "culler.idle",
        "exposure.port",
        "stack",
        "users.profiles.1.name",
        "users.profiles.1.nmae",
    ]
    first, *others = str(error).splitlines()
    assert first == "Pulumi.broken.yaml is refused, 7 problems:"
    assert others == [f"  {problem}" for problem in error.problems]


def test_every_broken_rule_is_told_at_once(tmp_path: Path) -> None:
    error = refusal(
        changed(("hub:\n", "hub:\n      replicas: 2\n"), ("every: 5m", "every: 3h"), ("homes: 50", "homes: 1")),
        tmp_path,
    )
    assert [problem.key for problem in error.problems] == ["culler.every", "hub.replicas", "namespace.quota.homes"]


def test_everything_mistakable_is_told_at_once(tmp_path: Path) -> None:
    error = refusal(changed(("port: 8000", "port: 0x10"), ("internet: true", "internet: on")), tmp_path)
    assert [problem.key for problem in error.problems] == ["exposure.port", "users.internet"]


@pytest.mark.parametrize(
    "text",
    [
        changed(("config:\n", f"config:\n  jupyterhub:login-password: {{secure: {CIPHERTEXT}}}\n"), (SQLITE, EXTERNAL)),
        changed(("config:\n", "config:\n  pulumi:disable-default-providers: [kubernetes]\n")),
        changed(("config:\n", f"encryptionsalt: {CIPHERTEXT}\nconfig:\n")),
        changed(("cpu: {guarantee: 100m, limit: 2}", "cpu: &cpu {guarantee: 100m, limit: 2}"), ("cpu: {guarantee: 50m, limit: 1}", "cpu: {<<: *cpu, guarantee: 50m}")),
        changed(("    culler:\n      idle: 1h\n      every: 5m\n", "")),
        changed(("      port: 8000\n", "")),
        DEV.replace("\n", "\r\n"),
        "\ufeff" + DEV,
    ],
    ids=["encrypted secret", "engine option", "engine salt", "merge", "no culler", "no port", "CRLF", "BOM"],
)  # fmt: skip
def test_what_is_taken(text: str, tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.sound.yaml"
    path.write_bytes(text.encode())
    assert read(path).namespace.users == "jupyterhub-users"


@pytest.mark.parametrize(
    "line",
    [
        "jupyterhub:login-password: hunter2",
        "jupyterhub:login-password: [hunter2]",
        "jupyterhub:login-password: {secure: hunter2}",
        "jupyterhub:login-password: hunter2: hunter2",
        'jupyterhub:login-password: "hunter2',
        "jupyterhub:login-password: *hunter2",
        "jupyterhub:login-password: &hunter2 *hunter2",
        "jupyterhub:login-password: !hunter2",
        "jupyterhub:login-password: !hunter2!x y",
        "jupyterhub:login-password: @hunter2",
        "jupyterhub:login-password: 'hunter2\\0' hunter2",
        "jupyterhub:settings: {identity: {kind: password, password: hunter2}}",
        "jupyterhub:settings: {identity: {kind: password, password: {kind: hunter2}}}",
        "jupyterhub:settings: {identity: {kind: password, password: [hunter2]}}",
        "jupyterhub:settings: {identity: {kind: password, passwort: hunter2}}",
        "jupyterhub:settings: {identity: [password, hunter2]}",
        "jupyterhub:settings: {identity: {kind: [hunter2]}}",
        "jupyterhub:settings: {password: hunter2}",
        "jupyterhub:settings: {users: {environment: {TOKEN: [hunter2]}}}",
        "jupyterhub:settings: {users: {environment: {DB-PASSWORD: hunter2}}}",
        "jupyterhub:settings: {hub: {traits: {JupyterHub: {cookie_secret: hunter2}}}}",
        "jupyterhub:settings: {hub: {traits: {JupyterHub: {services: [{hunter: [hunter2]}, !x hunter2]}}}}",
        "jupyterhub:settings: {storage: {database: {kind: postgres, server: {kind: external, password: hunter2}}}}",
    ],
)
def test_no_secret_is_repeated(line: str, tmp_path: Path) -> None:
    assert "hunter2" not in str(refusal(f"config:\n  {line}\n", tmp_path))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (DEV + "#" * 2**18, "larger than any stack file"),
        (DEV + "\0", "not YAML"),
        (DEV + "\ud800", "not text in UTF-8"),
        ("[" * 100_000, "nested too deeply"),
    ],
    ids=["large", "NUL", "half a character", "deep"],
)
def test_what_is_no_text_for_a_person(text: str, reason: str, tmp_path: Path) -> None:
    (problem,) = refusal(text, tmp_path).problems
    assert problem.key == "the file"
    assert reason in problem.complaint


def test_an_unknown_stack_is_told_which_there_are(tmp_path: Path) -> None:
    (tmp_path / "examples").mkdir()
    for path in ("Pulumi.yaml", "Pulumi.dev.yaml", "examples/Pulumi.campus.north.yaml"):
        (tmp_path / path).touch()
    assert stack_file("campus.north", tmp_path) == tmp_path / "examples" / "Pulumi.campus.north.yaml"
    with pytest.raises(
        SettingsError, match=r"Pulumi\.prod\.yaml: does not exist; the stacks here are campus.north, dev$"
    ):
        stack_file("prod", tmp_path)


def test_the_engine_and_the_file_give_the_same_settings() -> None:
    assert parse(yaml.safe_load(DEV)["config"][SETTINGS_KEY], "dev") == read(ROOT / "Pulumi.dev.yaml")


def test_settings_cannot_be_changed(dev: Settings) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        dev.hub.replicas = 2  # pyright: ignore[reportAttributeAccessIssue]


def test_declared_secrets_are_known_with_the_key_that_asks() -> None:
    assert read(ROOT / "Pulumi.prod.yaml").declared_secrets == {
        "keycloak-administrator": "identity.server.administrator.secret",
        "cloudflare-api-token": "exposure.token",
        "hub-database-password": "storage.database.server.password",
        "minio-access-key": "services.1.access_key",
        "minio-secret-key": "services.1.secret_key",
        "postgres-password": "services.3.password",
    }


@pytest.mark.parametrize(
    ("location", "path"),
    [
        (("namespace", "quota", "cpu"), "namespace.quota.cpu"),
        (("users", "profiles", 1, "cpu", "limit"), "users.profiles.1.cpu.limit"),
        (("cluster", "context", "context"), "cluster.context"),
        (("cluster", "lab", "context"), "cluster.context"),
        (("storage", "database", "postgres", "server", "external", "password", "declared", "name"), "storage.database.server.password.name"),
        (("identity", "password", "users", 0), "identity.users.0"),
        (("users", "environment", "A-B", "[key]"), "users.environment.A-B"),
        (("hub", "traits", "KubeSpawner", "list"), "hub.traits.KubeSpawner.list"),
        (("unknown",), "unknown"),
        (("culler", "unknown"), "culler.unknown"),
    ],
)  # fmt: skip
def test_path_in_file(location: tuple[int | str, ...], path: str) -> None:
    assert ".".join(path_in_file(Settings, location)) == path


@pytest.mark.parametrize(
    ("location", "fields"),
    [
        ((), set(Settings.model_fields)),
        (("cluster",), {"lab", "context"}),
        (("identity", "password", "password", "existing"), {"kind", "name", "key"}),
        (("culler",), {"idle", "every", "max_age"}),
        (("users", "profiles", 0, "memory"), {"guarantee", "limit"}),
        (("storage", "database", "postgres", "server"), {"in_cluster", "external"}),
        (("identity", "password", "password"), {"generated", "declared", "existing"}),
        (("namespace", "name"), set[str]()),
    ],
)
def test_fields_at(location: tuple[int | str, ...], fields: set[str]) -> None:
    assert fields_at(Settings, location) == fields


@pytest.mark.parametrize(
    ("value", "path", "said"),
    [
        ("x", ["name"], "'x'"),
        (None, ["name"], "nothing"),
        ("hunter2", ["password"], "a text"),
        (5, ["api_key", "x"], "a number"),
        ({"a": "hunter2"}, ["name"], "a section"),
        (["hunter2"], ["name"], "a list"),
        (object(), ["token"], "what stands here"),
        ("x" * 100, ["name"], "'" + "x" * 59 + "..."),
    ],
)
def test_quoted(value: object, path: list[str], said: str) -> None:
    assert quoted(value, path) == said


def test_a_key_cannot_write_on_the_terminal() -> None:
    assert key_of(["culler", "\x1b[2Jidle", 5]) == "culler.\\x1b[2Jidle.5"


def test_problems_are_told_once() -> None:
    twice = [Problem("b", "is wrong; mend it"), Problem("a", "is wrong; mend it"), Problem("b", "is wrong; mend it")]
    assert str(SettingsError("x", twice)) == "x is refused, 2 problems:\n  a: is wrong; mend it\n  b: is wrong; mend it"
