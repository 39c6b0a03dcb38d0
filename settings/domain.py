"""The words the stack file is written in, each named once: quantities, durations, names, hosts, ports.

Every type refuses with the reason and the mend; the key in front is added by `settings.problems`.
"""

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Section(BaseModel):
    """A part of the stack file: frozen, and a key nobody asked for is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def bytes_of(quantity: str) -> int:
    """How many bytes a memory or disk quantity is."""
    return int(Decimal(quantity[:-2]) * _BINARY[quantity[-2:]])


def millicores_of(cpu: str) -> int:
    """How many thousandths of a core a CPU quantity is."""
    return int(cpu[:-1]) if cpu.endswith("m") else int(Decimal(cpu) * 1000)


def _text(value: object, pattern: str, complaint: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise ValueError(f"{value!r} {complaint}")
    return value


def _memory(value: object) -> str:
    text = _text(
        value,
        r"[0-9]+(\.[0-9]+)?(Ki|Mi|Gi|Ti)",
        "is not an amount of memory or disk; write a number and Ki, Mi, Gi or Ti, such as 10Gi",
    )
    if bytes_of(text) == 0:
        raise ValueError(f"{value!r} is nothing at all; write more than zero, such as 1Gi")
    return text


def _cpu(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    text = _text(
        value,
        r"[0-9]+m|[0-9]+(\.[0-9]{1,3})?",
        "is not an amount of CPU; write cores or millicores, such as 0.5 or 500m",
    )
    if millicores_of(text) == 0:
        raise ValueError(f"{value!r} is nothing at all; write more than zero, such as 100m")
    return text


def _duration(value: object) -> int:
    text = _text(
        value, r"[1-9][0-9]*[smhd]", "is not a duration; write a whole number and s, m, h or d, such as 90s or 1h"
    )
    return int(text[:-1]) * _SECONDS[text[-1]]


def _username(value: object) -> str:
    return _text(
        value,
        r"[a-z][a-z0-9._-]{0,61}[a-z0-9]|[a-z]",
        "is not a user name; use lower-case letters, digits, '.', '_' and '-', beginning with a letter and ending with a "
        "letter or digit, 63 at most",
    )


def _label(value: object) -> str:
    return _text(
        value,
        r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?",
        "is not a Kubernetes name; use lower-case letters, digits and '-', beginning with a letter, 63 at most",
    )


def _hostname(value: object) -> str:
    label = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
    text = _text(
        value,
        rf"({label}\.)*{label}",
        "is not a host name; write it in lower case without scheme, port or path, such as hub.example.org",
    )
    if len(text) > 253:  # noqa: PLR2004 - the limit of DNS itself
        raise ValueError(f"{value!r} is longer than the 253 characters of a DNS name; shorten it")
    return text


def _port(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 65535:  # noqa: PLR2004
        raise ValueError(f"{value!r} is not a port; write a number from 1 to 65535")
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{value!r} is not a count; write a whole number from 1 up")
    return value


def _url_path(value: object) -> str:
    return _text(value, r"/[A-Za-z0-9._~/-]*", "is not a path; begin with '/', such as /lab")


def _environment_name(value: object) -> str:
    return _text(value, r"[A-Za-z_][A-Za-z0-9_]*", "is not the name of an environment variable; such as MY_SETTING")


def _string(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^({pattern})$", "examples": [example]})


Memory = Annotated[str, BeforeValidator(_memory), _string(r"[0-9]+(\.[0-9]+)?(Ki|Mi|Gi|Ti)", "10Gi")]
Cpu = Annotated[str, BeforeValidator(_cpu), WithJsonSchema({"type": ["string", "number"], "examples": ["500m", 2]})]
Duration = Annotated[int, BeforeValidator(_duration), _string("[1-9][0-9]*[smhd]", "1h")]
"""Seconds, written with a unit."""
Username = Annotated[str, BeforeValidator(_username), _string("[a-z][a-z0-9._-]*", "alice")]
KubernetesName = Annotated[str, BeforeValidator(_label), _string("[a-z][a-z0-9-]*", "jupyterhub")]
Hostname = Annotated[str, BeforeValidator(_hostname), _string("[a-z0-9.-]+", "hub.example.org")]
Port = Annotated[int, BeforeValidator(_port), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 65535})]
Count = Annotated[int, BeforeValidator(_count), WithJsonSchema({"type": "integer", "minimum": 1})]
UrlPath = Annotated[str, BeforeValidator(_url_path), _string("/[A-Za-z0-9._~/-]*", "/lab")]
EnvironmentName = Annotated[str, BeforeValidator(_environment_name)]


class Cores(Section):
    """CPU: what is set aside, and what may be used at most."""

    guarantee: Cpu
    limit: Cpu


class Bytes(Section):
    """Memory: what is set aside, and what may be used at most."""

    guarantee: Memory
    limit: Memory


class Resources(Section):
    cpu: Cores
    memory: Bytes


class GeneratedSecret(Section):
    """Made once by the program, kept in the encrypted state and in a Kubernetes Secret."""

    kind: Literal["generated"]


class DeclaredSecret(Section):
    """Set by hand under a name: `pulumi config set --secret <name>`, or a file of that name (see docs/secrets.md)."""

    kind: Literal["declared"]
    name: KubernetesName


class ExistingSecret(Section):
    """A key of a Secret that somebody else keeps in the platform's namespace."""

    kind: Literal["existing"]
    name: KubernetesName
    key: Annotated[str, Field(pattern=r"^[-._a-zA-Z0-9]+$")]


SecretSource = Annotated[GeneratedSecret | DeclaredSecret | ExistingSecret, Field(discriminator="kind")]
GivenSecret = Annotated[DeclaredSecret | ExistingSecret, Field(discriminator="kind")]
"""A secret that only somebody outside can know."""
