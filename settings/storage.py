"""What must outlive every pod: the users' homes and the hub's database."""

from typing import Annotated, Literal

from pydantic import Field

from settings.domain import GivenSecret, Hostname, Memory, ObjectName, Port, PostgresName, Section


class PerUserClaim(Section):
    """One claim per user, made at the first start and kept when the server stops."""

    kind: Literal["per_user_claim"]
    size: Memory
    """Of each user's home."""
    storage_class: ObjectName | None = None
    """The cluster's default class when absent."""


class Sqlite(Section):
    """A file on a claim of the hub's own. Right for one node and a few dozen users."""

    kind: Literal["sqlite"]
    size: Memory
    """Of the database's claim."""
    storage_class: ObjectName | None = None
    """The cluster's default class when absent."""


class PostgresInCluster(Section):
    """A single Postgres of ours, with a generated password."""

    kind: Literal["in_cluster"]
    size: Memory
    """Of the database's claim."""
    storage_class: ObjectName | None = None
    """The cluster's default class when absent."""


class PostgresExternal(Section):
    """A Postgres somebody else keeps."""

    kind: Literal["external"]
    host: Annotated[Hostname, Field(examples=["db.example.org"])]
    """As pods of the cluster resolve it."""
    port: Port = 5432
    """Where it listens."""
    database: PostgresName
    """It must exist and be the hub's alone."""
    user: PostgresName
    """The owner of the database."""
    password: GivenSecret
    """Where the user's password comes from."""


class Postgres(Section):
    """A database server. Right for everything beyond one node."""

    kind: Literal["postgres"]
    server: Annotated[PostgresInCluster | PostgresExternal, Field(discriminator="kind")]
    """Whose server it is."""


class StorageSection(Section):
    home: PerUserClaim
    """The users' homes."""
    database: Annotated[Sqlite | Postgres, Field(discriminator="kind")]
    """The hub's database: who may log in, and which servers run."""
