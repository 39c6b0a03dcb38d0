"""Gives two objects the same name in the program."""

from pulumi_kubernetes.core.v1 import Namespace

for name in ("one", "two"):
    Namespace("same", metadata={"name": name})
