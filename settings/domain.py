"""The words the stack file is written in, each named once: quantities, durations, names, hosts, ports."""

from decimal import Decimal
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, WithJsonSchema

from settings.checks import all_visible, number_as_text, plain, seconds
from settings.form import Form, ToldApart, Whole

_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"


class Section(BaseModel):
    """A part of the stack file: frozen, and a key nobody asked for is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def bytes_of(quantity: str) -> int:
    """How many bytes a memory or disk quantity is."""
    return int(Decimal(quantity[:-2]) * _BINARY[quantity[-2:]])


def port_of(address: str) -> int:
    """The port that an address with a scheme leads to."""
    found = urlsplit(address)
    return found.port or {"http": 80, "https": 443}[found.scheme]


def millicores_of(cpu: str) -> int:
    """How many thousandths of a core a CPU quantity is."""
    return int(cpu[:-1]) if cpu.endswith("m") else int(Decimal(cpu) * 1000)


_CPU = Form(
    "an amount of CPU",
    r"(?!0+(\.0+)?m?$)([0-9]{1,9}m|[0-9]{1,6}(\.[0-9]{1,3})?)",
    "write cores or millicores above zero, such as 0.5 or 500m",
    "500m",
)
_DURATION = Form(
    "a duration", "[1-9][0-9]{0,8}[smhd]", "write a whole number and s, m, h or d, such as 90s or 1h", "1h"
)

Memory = Annotated[
    str,
    Form(
        "an amount of memory or disk",
        r"(?!0+(\.0+)?[KMGT])[0-9]{1,6}(\.[0-9]{1,3})?(Ki|Mi|Gi|Ti)",
        "write a number above zero and Ki, Mi, Gi or Ti, such as 10Gi",
        "10Gi",
    ),
]
Cpu = Annotated[
    str,
    _CPU,
    BeforeValidator(number_as_text),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": f"^({_CPU.pattern})$"},
                {"type": "number", "minimum": 0.001, "exclusiveMaximum": 10**6},
            ],
            "examples": ["500m", 2],
        }
    ),
]
Duration = Annotated[int, _DURATION, AfterValidator(seconds)]
"""Seconds, written with a unit."""
Username = Annotated[
    str,
    Form(
        "a user name",
        r"[a-z]([a-z0-9._-]{0,61}[a-z0-9])?",
        "use lower-case letters, digits, '.', '_' and '-', beginning with a letter and ending with a letter or digit, "
        "63 at most",
        "alice",
    ),
]
GroupName = Annotated[
    str,
    Form(
        "a group name",
        r"[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?",
        "use lower-case letters, digits, '.', '_' and '-', beginning and ending with a letter or digit, 63 at most",
        "analysts",
    ),
]
Groups = Annotated[frozenset[GroupName], Field(min_length=1), ToldApart()]
"""Who something is for."""
Usernames = Annotated[frozenset[Username], ToldApart()]
KubernetesName = Annotated[
    str,
    Form(
        "a Kubernetes name",
        _LABEL,
        "use lower-case letters, digits and '-', beginning and ending with a letter or digit, 63 at most",
        "jupyterhub",
    ),
]
ObjectName = Annotated[
    str,
    Form(
        "the name of a Kubernetes object",
        rf"({_LABEL}\.)*{_LABEL}",
        "use lower-case letters, digits, '-' and '.', 253 at most, such as standard-rwo",
        "standard-rwo",
        longest=253,
    ),
]
Hostname = Annotated[
    str,
    Form(
        "a host name",
        rf"({_LABEL}\.)*{_LABEL}",
        "write it in lower case without scheme, port or path, 253 characters at most, such as hub.example.org",
        "hub.example.org",
        longest=253,
    ),
]
Port = Annotated[int, Whole("a port", 1, 65535, 8000)]
Count = Annotated[int, Whole("a count", 1, 1_000_000, 10)]
UrlPath = Annotated[
    str,
    Form(
        "a path",
        r"/|(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]+)+/?",
        "begin with one '/' and use letters, digits, '.', '_', '~' and '-', such as /lab",
        "/lab",
    ),
]
Directory = Annotated[
    str,
    Form(
        "a directory in a server",
        r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._-]{1,100}){1,20}",
        "begin with '/', end without one, and use letters, digits, '.', '_' and '-', such as /mnt/data",
        "/mnt/data",
    ),
]
VolumeName = Annotated[
    str,
    Form(
        "the name of a volume",
        r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?",
        "use lower-case letters, digits and '-', beginning with a letter, 40 at most",
        "shared-data",
    ),
]
GitRepository = Annotated[
    str,
    Form(
        "the address of a git repository",
        rf"https?://({_LABEL}\.)*{_LABEL}(:([1-9][0-9]{{0,3}}|[1-5][0-9]{{4}}|6[0-4][0-9]{{3}}))?(/[A-Za-z0-9._~-]+)+/?",
        "write it with https://, and without a user, a password or a query, such as https://github.com/jupyter/notebook.git",
        "https://github.com/jupyter/notebook.git",
        longest=400,
    ),
]
Address = Annotated[
    str,
    Form(
        "the address of a server",
        rf"https?://({_LABEL}\.)*{_LABEL}(:([1-9][0-9]{{0,3}}|[1-5][0-9]{{4}}|6[0-4][0-9]{{3}}))?(/[A-Za-z0-9_-]+)*",
        "write it with https://, and without a user, a query or '/' at its end, such as https://login.example.org",
        "https://login.example.org",
        longest=300,
    ),
]
Email = Annotated[
    str,
    Form(
        "an e-mail address",
        rf"[a-z0-9._+-]{{1,64}}@({_LABEL}\.)+{_LABEL}",
        "write it in lower case, such as ann@example.org",
        "ann@example.org",
        longest=254,
    ),
]
EnvironmentName = Annotated[
    str,
    Form(
        "the name of an environment variable",
        r"[A-Za-z_][A-Za-z0-9_]*",
        "use letters, digits and '_', such as MY_SETTING",
        "MY_SETTING",
    ),
]
PostgresName = Annotated[
    str,
    Form(
        "a plain Postgres name",
        r"[a-z_][a-z0-9_]{0,62}",
        "use lower-case letters, digits and '_', beginning with a letter, 63 at most",
        "jupyterhub",
    ),
]
ClassName = Annotated[
    str,
    Form(
        "the name of a class",
        r"[A-Z][A-Za-z0-9]*",
        "write it as Python does, such as KubeSpawner",
        "KubeSpawner",
    ),
]
Line = Annotated[
    str,
    Form(
        "a line of text",
        r"\S([^\r\n\t]{0,78}\S)?",
        "write 1 to 80 characters one can see, in quotes if they look like a number",
        "Small",
    ),
    AfterValidator(all_visible),
]
Text = Annotated[
    str,
    Form("a text", r"[\s\S]*", "write it in quotes", "some text"),
    AfterValidator(all_visible),
]
YesOrNo = Annotated[bool, Field(strict=True)]
PlainValue = Annotated[JsonValue, BeforeValidator(plain)]


class Cores(Section):
    """CPU: what is set aside, and what may be used at most."""

    guarantee: Cpu
    """Set aside."""
    limit: Annotated[Cpu, Field(examples=[2])]
    """Used at most."""


class Bytes(Section):
    """Memory: what is set aside, and what may be used at most."""

    guarantee: Annotated[Memory, Field(examples=["512Mi"])]
    """Set aside."""
    limit: Annotated[Memory, Field(examples=["2Gi"])]
    """Used at most."""


class Resources(Section):
    cpu: Cores
    """Processor time."""
    memory: Bytes
    """Memory."""


class GeneratedSecret(Section):
    """Made once by the program, kept in the encrypted state and in a Kubernetes Secret."""

    kind: Literal["generated"]


class DeclaredSecret(Section):
    """Set by hand under a name: `pulumi config set --secret <name>`, or a file of that name (see docs/secrets.md)."""

    kind: Literal["declared"]
    name: Annotated[KubernetesName, Field(examples=["login-password"])]
    """The name it is set under."""


class ExistingSecret(Section):
    """A key of a Secret that somebody else keeps in the platform's namespace."""

    kind: Literal["existing"]
    name: Annotated[ObjectName, Field(examples=["hub-login"])]
    """The name of the Secret."""
    key: Annotated[
        str, Form("a key of a Secret", r"[-._a-zA-Z0-9]{1,253}", "use letters, digits, '-', '_' and '.'", "password")
    ]
    """The key in it."""


SecretSource = Annotated[GeneratedSecret | DeclaredSecret | ExistingSecret, Field(discriminator="kind")]
GivenSecret = Annotated[DeclaredSecret | ExistingSecret, Field(discriminator="kind")]
"""A secret that only somebody outside can know."""
