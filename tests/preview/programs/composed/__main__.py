"""Makes one secret value out of two, which nobody without an engine can do again."""

import pulumi_random as random
from pulumi import Output
from pulumi_kubernetes.core.v1 import Secret

password = random.RandomPassword("password", length=24, special=False)
Secret(
    "database",
    metadata={"name": "database", "namespace": "small"},
    string_data={"url": Output.concat("postgresql://hub:", password.result, "@db"), "password": password.result},
)
