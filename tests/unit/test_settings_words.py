"""The words of the stack file, one table each: what is taken, as what, and what is not."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from settings import domain
from settings.checks import sounds_secret, visible

TAKEN: list[tuple[Any, object, object]] = [
    (domain.Memory, "1Gi", "1Gi"),
    (domain.Memory, "0.5Gi", "0.5Gi"),
    (domain.Memory, "999999Ti", "999999Ti"),
    (domain.Cpu, "500m", "500m"),
    (domain.Cpu, 2, "2"),
    (domain.Cpu, 0.5, "0.5"),
    (domain.Cpu, "0.001", "0.001"),
    (domain.Duration, "90s", 90),
    (domain.Duration, "5m", 300),
    (domain.Duration, "2h", 7200),
    (domain.Duration, "366d", 366 * 86400),
    (domain.Username, "a", "a"),
    (domain.Username, "mary-jane.o_neil2", "mary-jane.o_neil2"),
    (domain.Username, "a" * 63, "a" * 63),
    (domain.Usernames, ["bob", "alice"], {"alice", "bob"}),
    (domain.GroupName, "data.science_1", "data.science_1"),
    (domain.Groups, ["a", "b"], {"a", "b"}),
    (domain.KubernetesName, "254carbon", "254carbon"),
    (domain.KubernetesName, "a" * 63, "a" * 63),
    (domain.ObjectName, "rook-ceph.block", "rook-ceph.block"),
    (domain.Hostname, "postgres-shared.data-platform", "postgres-shared.data-platform"),
    (domain.Hostname, "10.0.0.7", "10.0.0.7"),
    (domain.Port, 1, 1),
    (domain.Port, 65535, 65535),
    (domain.Count, 1, 1),
    (domain.UrlPath, "/", "/"),
    (domain.UrlPath, "/lab/tree/.hidden/a~b", "/lab/tree/.hidden/a~b"),
    (domain.EnvironmentName, "_MY_SETTING2", "_MY_SETTING2"),
    (domain.PostgresName, "_hub2", "_hub2"),
    (domain.ClassName, "OAuth2Authenticator", "OAuth2Authenticator"),
    (domain.Line, "Groß (2 to 4 GiB) 🚀", "Groß (2 to 4 GiB) 🚀"),
    (domain.Line, "x" * 80, "x" * 80),
    (domain.Text, "", ""),
    (domain.Text, "two\nlines\tand a tab", "two\nlines\tand a tab"),
    (domain.YesOrNo, False, False),
    (domain.PlainValue, {"a": [1, 0.5, None, True, "x", {}]}, {"a": [1, 0.5, None, True, "x", {}]}),
]

REFUSED: list[tuple[Any, object]] = [
    *(
        (domain.Memory, value)
        for value in ("1", 1, "1G", "1gi", "1 Gi", "0Gi", "0.0Ki", "-1Gi", "1e3Gi", "1Gi\n", None)
    ),
    *((domain.Memory, value) for value in ("1000000Gi", "0.0001Gi", "\uff11Gi", ["1Gi"])),
    *((domain.Cpu, value) for value in (0, 0.0, "0", "0m", "0.000", -1, True, "1 core", "0.5m", 0.0001, 1e300)),
    *((domain.Cpu, value) for value in (float("nan"), float("inf"), 10**40, None)),
    *((domain.Duration, value) for value in (60, "60", "0s", "01h", "1.5h", "1w", "-1h", "367d", "9" * 5000 + "d")),
    *((domain.Username, value) for value in ("", "Alice", "1a", "a-", "a b", "a/b", "alice\n", "a" * 64, 5, None)),
    (domain.Usernames, ["bob", "bob"]),
    (domain.Usernames, "bob"),
    *((domain.GroupName, value) for value in ("", "Analysts", "a b", "a/b", "-a", "a-", "a" * 64, 5)),
    *((domain.Groups, value) for value in ([], ["a", "a"], "a", None)),
    *((domain.KubernetesName, value) for value in ("", "A", "a_b", "-a", "a-", "a.b", "a" * 64, 254)),
    *((domain.ObjectName, value) for value in ("", "a..b", ".a", "a/b", "a." * 126 + "ab")),
    *(
        (domain.Hostname, value)
        for value in ("", "a..b", "a.", "-a.b", "a_b.c", "a:1", "a/b", "http://a", "*.a", "::1")
    ),
    *((domain.Port, value) for value in (0, -1, 65536, "80", 80.0, True, None)),
    *((domain.Count, value) for value in (0, -1, 1.0, "1", True, 10**7, None)),
    *((domain.UrlPath, value) for value in ("", "lab", "//a", "/a//b", "/..", "/a/../b", "/.", "/a?b", "/a b", "/ä")),
    *((domain.EnvironmentName, value) for value in ("", "1A", "A-B", "A B", "A=B", "Ä", 5)),
    *((domain.PostgresName, value) for value in ("", "Hub", "2hub", "a-b", "a" * 64)),
    *((domain.ClassName, value) for value in ("", "kubeSpawner", "Kube.Spawner", "Kube Spawner")),
    *((domain.Line, value) for value in ("", " ", " a", "a ", "a\nb", "a\tb", "a\0b", "a\x1b[2J", "x" * 81, 1)),
    *((domain.Line, value) for value in ("\u202eabc", "\ud800")),
    *((domain.Text, value) for value in ("a\0", "a\x1b", "a\rb", 1, True, None)),
    *((domain.YesOrNo, value) for value in ("true", "yes", 1, 0, None)),
    *((domain.PlainValue, value) for value in (float("nan"), {"a": float("-inf")}, {1: "a"}, [{"a": {1}}], b"a")),
    (domain.PlainValue, ["a\0"]),
]


@pytest.mark.parametrize(("word", "written", "read"), TAKEN)
def test_taken(word: Any, written: object, read: object) -> None:
    assert TypeAdapter[object](word).validate_python(written) == read


@pytest.mark.parametrize(("word", "written"), REFUSED)
def test_refused(word: Any, written: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[object](word).validate_python(written)


@pytest.mark.parametrize(("written", "size"), [("1Ki", 1024), ("1.5Mi", 1572864), ("2Gi", 2 * 2**30), ("1Ti", 2**40)])
def test_bytes(written: str, size: int) -> None:
    assert domain.bytes_of(written) == size


@pytest.mark.parametrize(("written", "millicores"), [("250m", 250), ("2", 2000), ("0.25", 250), ("1.001", 1001)])
def test_millicores(written: str, millicores: int) -> None:
    assert domain.millicores_of(written) == millicores


@pytest.mark.parametrize(
    ("key", "secret"),
    [
        ("password", True),
        ("DB_PASSWORD", True),
        ("login-password", True),
        ("cookie_secret", True),
        ("api_tokens", True),
        ("OPENAI_API_KEY", True),
        ("apiKey", True),
        ("key", True),
        ("token_url", False),
        ("monkey", False),
        ("ssl_key", False),
        ("passwordless", False),
        ("admins", False),
    ],
)
def test_what_sounds_like_a_secret(key: str, secret: bool) -> None:
    assert sounds_secret(key) is secret


@pytest.mark.parametrize(("text", "seen"), [("ä\u00a0\u200d😀\n\t", True), ("\x7f", False), ("\u2066", False)])
def test_visible(text: str, seen: bool) -> None:
    assert visible(text) is seen
