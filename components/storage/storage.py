"""The hub's database: a file on a claim, a Postgres of ours, or one that somebody else keeps."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import PersistentVolumeClaim
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.base import Component, name_of
from components.naming import DATABASE, labels
from components.placement import Nodes
from components.secrets.credentials import SecretKey
from components.storage.claims import claim
from components.storage.postgres import PostgresArgs, postgres
from settings.storage import Postgres, PostgresInCluster, Sqlite

STATE_CLAIM = "hub-state"


@dataclass(frozen=True, kw_only=True)
class StorageArgs:
    settings: Sqlite | Postgres
    namespace: pulumi.Input[str]
    password: SecretKey | None
    nodes: Nodes
    postgres_image: str | None
    """None where the stack runs no Postgres of ours."""


class Storage(Component):
    state_claim: pulumi.Output[str] | None
    """Where the hub keeps its file; None where Postgres keeps everything."""

    def __init__(self, name: str, args: StorageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self.state_claim = None
        match args.settings:
            case Sqlite():
                self.state_claim = self._claim(args.settings, args.namespace)
            case Postgres(server=PostgresInCluster() as server) if args.password and args.postgres_image:
                postgres(
                    DATABASE,
                    PostgresArgs(
                        size=server.size,
                        storage_class=server.storage_class,
                        namespace=args.namespace,
                        password=args.password,
                        nodes=args.nodes,
                        image=args.postgres_image,
                    ),
                    self.child,
                )
            case _:
                pass
        self.register_outputs({})

    def _claim(self, settings: Sqlite, namespace: pulumi.Input[str]) -> pulumi.Output[str]:
        made = PersistentVolumeClaim(
            STATE_CLAIM,
            metadata=ObjectMetaArgs(name=STATE_CLAIM, namespace=namespace, labels=labels(DATABASE)),
            spec=claim(settings.size, settings.storage_class),
            opts=self.kept,
        )
        return name_of(made.metadata)
