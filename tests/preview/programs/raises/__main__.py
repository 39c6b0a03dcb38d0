"""Fails when half of it is declared."""

from pulumi_kubernetes.core.v1 import Namespace

Namespace("first", metadata={"name": "first"})
raise LookupError("nothing of that name")
