"""Puts a secret where everybody can read it: sealed in one object, and in the clear in another."""

import pulumi_random as random
from pulumi import Output
from pulumi_kubernetes.core.v1 import ConfigMap

token = random.RandomPassword("token", length=32, special=False)
ConfigMap("sealed", metadata={"name": "sealed", "namespace": "small"}, data={"token": token.result})
ConfigMap("open", metadata={"name": "open", "namespace": "small"}, data={"token": Output.unsecret(token.result)})
