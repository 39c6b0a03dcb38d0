"""Makes one secret value out of two, which nobody without an engine can do again."""

import pulumi_random as random
from pulumi import Output
from pulumi_kubernetes.core.v1 import Secret

password = random.RandomPassword("password", length=24, special=False)
Secret(
    "database",
    metadata={"name": "database", "namespace": "small"},
    string_data={
        "password": password.result,
        "twice": Output.concat(password.result, password.result),
        "url": Output.concat("postgresql://hub:", password.result, "@db"),
    },
)
