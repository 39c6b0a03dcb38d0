"""What must outlive every pod: the users' homes and the hub's database."""

from typing import Annotated, Literal

from pydantic import Field

from settings.domain import GivenSecret, Hostname, Memory, ObjectName, Port, PostgresName, Section


class PerUserClaim(Section):
    """One claim per user, made at the first start and kept when the server stops."""

    kind: Literal["per_user_claim"]
    size: Memory
    storage_class: ObjectName | None = None
    """The cluster's default class when absent."""


class Sqlite(Section):
    """A file on a claim of the hub's own. Right for one node and a few dozen users."""

    kind: Literal["sqlite"]
    size: Memory
    storage_class: ObjectName | None = None


class PostgresInCluster(Section):
    """A single Postgres of ours, with a generated password."""

    kind: Literal["in_cluster"]
    size: Memory
    storage_class: ObjectName | None = None


class PostgresExternal(Section):
    """A Postgres somebody else keeps."""

    kind: Literal["external"]
    host: Hostname
    port: Port = 5432
    database: PostgresName
    user: PostgresName
    password: GivenSecret


class Postgres(Section):
    kind: Literal["postgres"]
    server: Annotated[PostgresInCluster | PostgresExternal, Field(discriminator="kind")]


class StorageSection(Section):
    home: PerUserClaim
    database: Annotated[Sqlite | Postgres, Field(discriminator="kind")]
