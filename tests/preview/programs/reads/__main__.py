"""Asks for the state of an object that the program does not declare."""

from pulumi_kubernetes.core.v1 import Namespace

Namespace.get("theirs", "kube-system")
