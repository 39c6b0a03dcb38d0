"""Takes a value that is not there yet for a text."""

from pulumi_kubernetes.core.v1 import ConfigMap, Namespace

first = Namespace("first", metadata={"name": "first"})
ConfigMap("second", data={"urn": f"{first.urn}"})
