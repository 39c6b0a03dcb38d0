"""Fails where nobody looks: in a value that is worked out after the program's last line."""

from pulumi_kubernetes.core.v1 import ConfigMap, Namespace


def lookup(name: str) -> str:
    return {"second": "2"}[name]


first = Namespace("first", metadata={"name": "first"})
ConfigMap("second", data={"broken": first.urn.apply(lambda _: lookup("first"))})
