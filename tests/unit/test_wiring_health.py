"""Whether parts are well, and how large they are: probes, the time they get to end, sizes."""

from preview.inventory import Inventory
from tests.unit.conftest import SCRATCH, mounts, ports, settings_of, workloads
from tests.unit.contents import containers

PROBES = ("livenessProbe", "readinessProbe")
POSTGRES = {probe: {"exec": {"command": ["pg_isready", "-q"]}} for probe in PROBES}
HEALTH = {
    "hub": {probe: {"httpGet": {"path": "/hub/health", "port": "http"}} for probe in (*PROBES, "startupProbe")},
    "proxy": {probe: {"httpGet": {"path": "/_chp_healthz", "port": "http"}} for probe in PROBES},
    "database": POSTGRES,
    "keycloak-database": POSTGRES,
    "keycloak": {
        probe: {"httpGet": {"path": f"/health/{question}", "port": "management"}}
        for probe, question in zip((*PROBES, "startupProbe"), ("live", "ready", "started"), strict=True)
    },
    "cloudflared": {
        probe: {"httpGet": {"path": path, "port": "metrics"}}
        for probe, path in zip(PROBES, ("/healthcheck", "/ready"), strict=True)
    },
    "user-scheduler": {
        probe: {"httpGet": {"path": path, "port": "health", "scheme": "HTTPS"}}
        for probe, path in zip(PROBES, ("/livez", "/readyz"), strict=True)
    },
}
LARGEST_CLAIM = {"dev": "1Gi", "e2e": "1Gi", "prod": "50Gi", "urbalurba-lab": "1Gi"}
"""A home, or a shared volume."""
A_MINUTE, A_DAY = 60, 86_400


def test_every_probe_asks_for_the_health_of_its_program(known: Inventory) -> None:
    for component, template in workloads(known).items():
        for container in template["spec"]["containers"]:
            probes = {name: probe for name, probe in container.items() if name.endswith("Probe")}
            asked = {
                name: {way: probe[way] for way in ("httpGet", "exec") if way in probe} for name, probe in probes.items()
            }
            assert asked == HEALTH.get(component, {}), component
            for probe in probes.values():
                assert "exec" in probe or probe["timeoutSeconds"] >= 3
                assert "exec" in probe or probe["httpGet"]["port"] in ports(container)
    [hub] = workloads(known)["hub"]["spec"]["containers"]
    assert hub["startupProbe"]["periodSeconds"] * hub["startupProbe"]["failureThreshold"] >= A_DAY


def test_nobody_is_killed_for_a_short_silence_or_while_writing(known: Inventory) -> None:
    for container in containers(known):
        probe = container.get("livenessProbe")
        assert not probe or probe["periodSeconds"] * probe["failureThreshold"] >= A_MINUTE, container["name"]
    for component, template in workloads(known).items():
        writes = {path for path, only_read in mounts(template).items() if not only_read} - {SCRATCH}
        assert not writes or template["spec"]["terminationGracePeriodSeconds"] >= A_MINUTE / 2, component


def test_the_sizes_of_the_stack_file_are_those_of_the_pods(known: Inventory) -> None:
    settings = settings_of(known)
    for component, asked in (("hub", settings.hub.resources), ("proxy", settings.proxy.resources)):
        [container] = workloads(known)[component]["spec"]["containers"]
        assert container["resources"] == {
            "requests": {"cpu": asked.cpu.guarantee, "memory": asked.memory.guarantee},
            "limits": {"cpu": asked.cpu.limit, "memory": asked.memory.limit},
        }
    limits = known.one("kubernetes:core/v1:LimitRange", "user-limits").inputs["spec"]["limits"]
    assert limits[1] == {"type": "PersistentVolumeClaim", "max": {"storage": LARGEST_CLAIM[known.stack]}}
