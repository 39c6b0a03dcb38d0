"""Declares one object, and another one only when it knows what a provider makes of the first."""

from pulumi_kubernetes.core.v1 import ConfigMap, Namespace

Namespace("first", metadata={"name": "first"}).id.apply(
    lambda identity: ConfigMap("second", metadata={"name": "second"}, data={"of": identity})
)
