"""What notebooks work with and somebody else keeps: databases, object stores, query engines, trackers."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from typing import Annotated, Literal

from pydantic import Field

from settings.domain import (
    DeclaredSecret,
    EnvironmentName,
    ExistingSecret,
    Groups,
    Hostname,
    Line,
    Port,
    PostgresName,
    Section,
    Text,
)
from settings.form import Form

_ENCRYPTED = (443, 8443)
ServiceName = Annotated[
    str,
    Form(
        "the name of a service",
        r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?",
        "use lower-case letters, digits and '-', beginning with a letter, 40 at most",
        "lake",
    ),
]


class UsersSecret(ExistingSecret):
    """A key of a Secret that somebody else keeps in the users' namespace, the only one whose Secrets servers can mount.

    Servers start without the file while the Secret is not there."""


ServiceSecret = Annotated[DeclaredSecret | UsersSecret, Field(discriminator="kind")]


@dataclass(frozen=True)
class Credential:
    """What a server finds as a file; the variable `<variable>_FILE` says where."""

    key: str
    """Where the stack file says it, below its service."""
    variable: str
    source: DeclaredSecret | UsersSecret


class _Service(Section):
    name: Annotated[ServiceName, Field(examples=["lake"])]
    """What the catalogue and every complaint call it."""
    host: Annotated[Hostname, Field(examples=["iceberg.data-platform"])]
    """`<service>.<namespace>` in this cluster; what is elsewhere has three labels or more, or is an address."""
    port: Port
    target_port: Annotated[Port | None, Field(examples=[8080])] = None
    """The port of its pods, where its Service translates one into another: policies are judged behind that."""
    groups: Annotated[Groups | None, Field(examples=[["analysts"]])] = None
    """Who gets its address, its credentials and the way to it; everybody when absent."""
    title: Annotated[Line | None, Field(examples=["Lakehouse"])] = None
    """What the catalogue calls it."""
    description: Annotated[Line | None, Field(examples=["Tables of the data lake"])] = None
    """What the catalogue says of it."""

    @property
    def namespace(self) -> str | None:
        """Where its pods are; None for what is not in this cluster."""
        match self.host.removesuffix(".cluster.local").removesuffix(".svc").split("."):
            case [_, namespace]:
                return namespace
            case _:
                return None

    @property
    def host_address(self) -> IPv4Address | None:
        """Where that is written in numbers; None for a name."""
        with suppress(AddressValueError):
            return IPv4Address(self.host)

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{'https' if self.port in _ENCRYPTED else 'http'}://{self.address}"

    @property
    def variables(self) -> Mapping[str, str]:
        """What a server is told, under the names that client libraries look for."""
        raise NotImplementedError

    @property
    def credentials(self) -> tuple[Credential, ...]:
        return ()


class Trino(_Service):
    """Trino's coordinator. Notebooks find TRINO_HOST and TRINO_PORT."""

    kind: Literal["trino"]
    port: Port = 8080
    """Where the coordinator listens."""

    @property
    def variables(self) -> Mapping[str, str]:
        return {"TRINO_HOST": self.host, "TRINO_PORT": str(self.port)}


class Minio(_Service):
    """An object store that speaks S3. Notebooks find S3_ENDPOINT, AWS_ENDPOINT_URL and the like, and two files."""

    kind: Literal["minio"]
    port: Port = 9000
    """Where it speaks S3: encrypted on 443 and 8443."""
    access_key: Annotated[ServiceSecret, Field(examples=[{"kind": "declared", "name": "lake-access-key"}])]
    """In the file that MINIO_ACCESS_KEY_FILE names."""
    secret_key: Annotated[ServiceSecret, Field(examples=[{"kind": "declared", "name": "lake-secret-key"}])]
    """In the file that MINIO_SECRET_KEY_FILE names."""

    @property
    def variables(self) -> Mapping[str, str]:
        of_libraries = ("S3_ENDPOINT", "AWS_ENDPOINT_URL", "MLFLOW_S3_ENDPOINT_URL")
        return {"MINIO_ENDPOINT": self.address, **dict.fromkeys(of_libraries, self.url)}

    @property
    def credentials(self) -> tuple[Credential, ...]:
        return (
            Credential("access_key", "MINIO_ACCESS_KEY", self.access_key),
            Credential("secret_key", "MINIO_SECRET_KEY", self.secret_key),
        )


class Mlflow(_Service):
    """An MLflow tracking server. Notebooks find MLFLOW_TRACKING_URI."""

    kind: Literal["mlflow"]
    port: Port = 5000
    """Where it listens: encrypted on 443 and 8443."""

    @property
    def variables(self) -> Mapping[str, str]:
        return {"MLFLOW_TRACKING_URI": self.url}


class PostgresService(_Service):
    """A Postgres for notebooks. They find PGHOST, POSTGRES_HOST and the like, and one file."""

    kind: Literal["postgres"]
    port: Port = 5432
    """Where it listens."""
    database: Annotated[PostgresName, Field(examples=["analytics"])]
    """In PGDATABASE and POSTGRES_DB."""
    user: Annotated[PostgresName, Field(examples=["analyst"])]
    """In PGUSER and POSTGRES_USER: everybody who gets the service is this one to it."""
    password: Annotated[ServiceSecret, Field(examples=[{"kind": "declared", "name": "analyst-password"}])]
    """In the file that POSTGRES_PASSWORD_FILE names."""

    @property
    def variables(self) -> Mapping[str, str]:
        values = (self.host, str(self.port), self.database, self.user)
        ours = ("POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_DB", "POSTGRES_USER")
        of_its_library = ("PGHOST", "PGPORT", "PGDATABASE", "PGUSER")
        return {**dict(zip(ours, values, strict=True)), **dict(zip(of_its_library, values, strict=True))}

    @property
    def credentials(self) -> tuple[Credential, ...]:
        return (Credential("password", "POSTGRES_PASSWORD", self.password),)


class Datahub(_Service):
    """DataHub's metadata service. Notebooks find DATAHUB_GMS_URL."""

    kind: Literal["datahub"]
    port: Port = 8080
    """Where it listens: encrypted on 443 and 8443."""

    @property
    def variables(self) -> Mapping[str, str]:
        return {"DATAHUB_GMS_URL": self.url}


class Ray(_Service):
    """The head of a Ray cluster. Notebooks find RAY_ADDRESS."""

    kind: Literal["ray"]
    port: Port = 10001
    """Where it listens for Ray's client."""

    @property
    def variables(self) -> Mapping[str, str]:
        return {"RAY_ADDRESS": f"ray://{self.address}"}


class Kafka(_Service):
    """Kafka's bootstrap address; the brokers it names are reached in the same namespace. KAFKA_BOOTSTRAP_SERVERS says it."""

    kind: Literal["kafka"]
    port: Port = 9092
    """Where the brokers listen."""

    @property
    def variables(self) -> Mapping[str, str]:
        return {"KAFKA_BOOTSTRAP_SERVERS": self.address}


class Spark(_Service):
    """A Spark Connect server. Notebooks find SPARK_REMOTE."""

    kind: Literal["spark"]
    port: Port = 15002
    """Where it listens for Spark Connect."""

    @property
    def variables(self) -> Mapping[str, str]:
        return {"SPARK_REMOTE": f"sc://{self.address}"}


class GenericCredential(Section):
    name: Annotated[EnvironmentName, Field(examples=["WAREHOUSE_TOKEN"])]
    """The variable `<name>_FILE` says where the file is."""
    value: ServiceSecret
    """What the file holds."""


class Generic(_Service):
    """Anything else. Notebooks find `<NAME>_HOST` and `<NAME>_PORT`, by the name in capitals, and what is listed here."""

    kind: Literal["generic"]
    port: Port
    """Where it listens."""
    environment: Annotated[dict[EnvironmentName, Text], Field(examples=[{"WAREHOUSE_SCHEMA": "public"}])] = {}
    """Plain values beside its address. Nothing secret belongs here."""
    secrets: tuple[GenericCredential, ...] = ()
    """What its clients have to know, as files."""

    @property
    def variables(self) -> Mapping[str, str]:
        prefix = self.name.upper().replace("-", "_")
        return {f"{prefix}_HOST": self.host, f"{prefix}_PORT": str(self.port), **self.environment}

    @property
    def credentials(self) -> tuple[Credential, ...]:
        return tuple(
            Credential(f"secrets.{place}.value", secret.name, secret.value) for place, secret in enumerate(self.secrets)
        )


Service = Annotated[
    Trino | Minio | Mlflow | PostgresService | Datahub | Ray | Kafka | Spark | Generic, Field(discriminator="kind")
]
