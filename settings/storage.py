"""What users find in their servers beside the image, and what must outlive every pod: homes, volumes, the database."""

import re
from pathlib import PurePosixPath
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field

from settings.domain import (
    Directory,
    GitRepository,
    GivenSecret,
    Groups,
    Hostname,
    Memory,
    ObjectName,
    Port,
    PostgresName,
    Section,
    VolumeName,
    port_of,
)

USER_DIRECTORY = "/home/jovyan"
"""Where a user's programs look for what is theirs."""


class PerUserClaim(Section):
    """One claim per user, made at the first start and kept when the server stops."""

    kind: Literal["per_user_claim"]
    size: Memory
    """Of each new home. It may grow and never shrink; homes there are keep their size, docs/volumes.md says how they grow."""
    storage_class: ObjectName | None = None
    """The cluster's default class when absent."""
    mount: Directory = USER_DIRECTORY
    """Where the user finds it."""


class SharedSubpath(Section):
    """One directory per user inside of a shared volume. A user's server sees this directory and nothing beside it."""

    kind: Literal["shared_subpath"]
    volume: VolumeName
    """The name of a volume of `kind: shared` that is mounted nowhere else."""
    mount: Annotated[Directory, Field(examples=["/home/jovyan/notebooks"])]
    """Where the user finds it."""


Home = Annotated[PerUserClaim | SharedSubpath, Field(discriminator="kind")]


class SharedVolume(Section):
    """One claim that every server mounts, whatever node it is on."""

    name: Annotated[VolumeName, Field(examples=["shared-data"])]
    """Its claim is called `volume-<name>`."""
    kind: Literal["shared"]
    size: Memory
    """Of the claim. It may grow and never shrink. A volume that is removed or renamed is refused while its claim is there."""
    storage_class: Annotated[ObjectName | None, Field(examples=["nfs-client"])] = None
    """A class that gives ReadWriteMany, `lab-rwx` on the lab. The cluster's default class when absent."""
    mount: Annotated[Directory | None, Field(examples=["/mnt/shared-data"])] = None
    """Where users find it. Absent for a volume that only holds homes."""
    readers: Annotated[Groups | None, Field(examples=[["analysts"]])] = None
    """Who may read it beside the writers; everybody when absent. Others do not see it at all."""
    writers: Annotated[Groups | None, Field(examples=[["analysts"]])] = None
    """Who may write to it; everybody when absent."""


class ScratchVolume(Section):
    """Room on the node for one server, empty at every start."""

    name: Annotated[VolumeName, Field(examples=["scratch"])]
    """What a complaint calls it."""
    kind: Literal["scratch"]
    size: Memory
    """A server that writes more is evicted."""
    mount: Annotated[Directory, Field(examples=["/home/jovyan/scratch"])]
    """Where users find it."""


class CloneVolume(Section):
    """A git repository, cloned anew at every start. Where that fails the server starts all the same, with a note in it."""

    name: Annotated[VolumeName, Field(examples=["examples"])]
    """What a complaint calls it."""
    kind: Literal["clone"]
    repository: GitRepository
    """Where it is cloned from, without a password: its default branch, the last commit only. In the cluster, with the port of
    its pods: policies are judged behind its Service."""
    size: Memory
    """A server that holds more in it is evicted."""
    mount: Annotated[Directory, Field(examples=["/home/jovyan/examples"])]
    """Where users find it."""

    @property
    def host(self) -> str:
        return urlsplit(self.repository).hostname or ""

    @property
    def port(self) -> int:
        return port_of(self.repository)

    @property
    def namespace(self) -> str | None:
        """Where in the cluster it is, for a Service written as `<name>.<namespace>.svc`; None for a host elsewhere."""
        found = re.fullmatch(r"[^.]+\.([^.]+)\.svc(\.cluster\.local)?", self.host)
        return found and found[1]


Volume = Annotated[SharedVolume | ScratchVolume | CloneVolume, Field(discriminator="kind")]


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
    home: Home
    """The users' homes."""
    volumes: tuple[Volume, ...] = ()
    """What servers mount beside the home."""
    database: Annotated[Sqlite | Postgres, Field(discriminator="kind")]
    """The hub's database: who may log in, and which servers run."""

    @property
    def needs_workspace(self) -> bool:
        """Whether something has to be made ready in a user's pod before the server starts."""
        mounts = [PurePosixPath(volume.mount) for volume in self.volumes if volume.mount is not None]
        return (
            isinstance(self.home, SharedSubpath)
            or any(isinstance(volume, CloneVolume) for volume in self.volumes)
            or any(mount.is_relative_to(self.home.mount) for mount in mounts)
        )

    @property
    def shared(self) -> tuple[SharedVolume, ...]:
        """The volumes that are claims of ours."""
        return tuple(volume for volume in self.volumes if isinstance(volume, SharedVolume))
