"""Uses what only a cluster could say: names it would choose, and an address it would give."""

from pulumi_kubernetes.core.v1 import ConfigMap, Service

service = Service("service", metadata={"namespace": "small"}, spec={"ports": [{"port": 80}]})
ConfigMap("where", metadata={"name": "where", "namespace": "small"}, data={"address": service.spec.cluster_ip})
