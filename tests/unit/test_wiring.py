"""What the parts of a stack say about each other is true: names, ports, files, images and fingerprints agree."""

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pulumi
import pytest

from components.hub.config import OUR_POSTGRES_NAME
from components.naming import SECRETS_ANNOTATION, SETTINGS_ANNOTATION
from components.pods import fingerprint, keyed_fingerprint
from hub.settings import (
    ACCESS_AUDIENCE,
    DATABASE_PASSWORD,
    SECRETS_DIRECTORY,
    SETTINGS_FILE,
    STATE_DIRECTORY,
    HubSettings,
)
from preview.inventory import Inventory
from preview.recorder import inventory
from settings.load import ROOT, SETTINGS_KEY, stack_file
from tests.unit.conftest import SCRATCH, evaluated, mounts, ports, settings_of, told, workloads
from tests.unit.contents import containers, objects

MACHINES = ("cookie-secret", "crypt-key", "fingerprint-key", "proxy-token")
GENERATED = {name: f"<<generated:digits:64:{name}>>" for name in MACHINES}
METRICS = {"metrics-token": "<<generated:digits:64:metrics-token>>"}
LETTERS = "<<generated:password:24:{}>>"
SECRETS = {
    "dev": GENERATED | {"login-password": LETTERS.format("login-password")},
    "e2e": GENERATED | METRICS | {"database-password": LETTERS.format("database-password")},
    "prod": GENERATED
    | METRICS
    | {"client-secret": LETTERS.format("client-secret"), "database-password": "<<declared:hub-database-password>>"},
    "urbalurba-lab": GENERATED,
}
OF_KEYCLOAK = {
    name: LETTERS.format(name) for name in ("client-secret", "keycloak-administrator", "keycloak-database-password")
}
NOT_THE_HUBS = {"fingerprint-key"}
KNOWN_TO_KEYCLOAK = {"login-password", "keycloak-administrator", "keycloak-database-password"}
KEPT_ELSEWHERE = {
    "e2e": {"login-password": ("site-secrets", "JUPYTERHUB_AUTH_PASSWORD")},
    "urbalurba-lab": {"login-password": ("urbalurba-secrets", "JUPYTERHUB_AUTH_PASSWORD")},
}
READ_AT_THE_START = {
    "hub": ("cookie-secret", "crypt-key", "proxy-token", "database-password", "metrics-token", "client-secret"),
    "proxy": ("proxy-token",),
    "database": ("database-password",),
    "keycloak": ("keycloak-database-password",),
    "keycloak-database": ("keycloak-database-password",),
}
IMAGES = {
    "hub": "hub",
    "proxy": "proxy",
    "database": "postgres",
    "keycloak": "keycloak",
    "keycloak-database": "postgres",
    "user-scheduler": "scheduler",
    "cloudflared": "cloudflared",
}
SERVERS = {"dev": "notebook", "e2e": "notebook", "prod": "notebook", "urbalurba-lab": "pyspark"}
IDLE = ("image-puller", "user-placeholder")
"""They run the servers' image, and do nothing in it."""
EVERYWHERE = "0.0.0.0"  # noqa: S104 - within the pod


def settings_read_by(stack: Inventory) -> dict[str, str]:
    """What each part is told in a file, by part."""
    schedulers = [each for each in stack.of("kubernetes:core/v1:ConfigMap") if each.name == "user-scheduler-config"]
    return {"hub": told(stack)} | {
        each.inputs["metadata"]["name"]: each.inputs["data"]["config.json"] for each in schedulers
    }


def audience(stack: Inventory) -> str:
    """Whom the tokens of Cloudflare Access are for; nobody where it does not stand in front."""
    return stack.one("kubernetes:core/v1:ConfigMap", "hub-settings").inputs["data"].get(ACCESS_AUDIENCE, "")


def image_name(reference: str) -> str:
    return re.split("[:@]", reference.rpartition("/")[2])[0]


def services(stack: Inventory) -> set[tuple[str, int]]:
    """Where something of ours can be reached: `<name>.<namespace>` and a port."""
    return {
        (f"{found.inputs['metadata']['name']}.{found.inputs['metadata']['namespace']}", port["port"])
        for found in stack.of("kubernetes:core/v1:Service")
        for port in found.inputs["spec"]["ports"]
    }


def test_each_part_runs_the_image_made_for_it(known: Inventory) -> None:
    running = {component: template["spec"]["containers"] for component, template in workloads(known).items()}
    images = {component: container["image"] for component, (container,) in running.items()}
    images["server"] = HubSettings.model_validate_json(told(known)).servers.images[0].reference
    expected = IMAGES | dict.fromkeys((*IDLE, "server"), SERVERS[known.stack])
    assert {part: image_name(image) for part, image in images.items()} == {part: expected[part] for part in images}
    lab = settings_of(known).cluster.kind == "lab"
    assert {image.startswith("lab.local/") for image in images.values()} == {lab}


def test_the_user_of_a_pod_is_the_user_of_its_image(known: Inventory) -> None:
    for component, template in workloads(known).items():
        if component in IDLE:
            continue
        security = template["spec"]["securityContext"]
        dockerfile = (ROOT / "images" / IMAGES[component] / "Dockerfile").read_text()
        assert f"\nUSER {security['runAsUser']}:{security['runAsGroup']}\n" in dockerfile
        assert security["fsGroup"] == security["runAsGroup"]


def test_every_address_the_parts_are_told_is_one_of_ours(known: Inventory) -> None:
    runtime = HubSettings.model_validate_json(told(known))
    addresses = [urlsplit(url) for url in (runtime.hub_url, runtime.proxy_api_url)]
    told_addresses = {(address.hostname, address.port) for address in addresses}
    if runtime.database.kind == "postgres" and "database" in workloads(known):
        told_addresses.add((runtime.database.host, runtime.database.port))
    assert told_addresses <= services(known)


def test_people_reach_the_proxy_and_the_hub_its_api(known: Inventory) -> None:
    [container] = workloads(known)["proxy"]["spec"]["containers"]
    targets = {
        service.name: (port["port"], ports(container)[port["targetPort"]])
        for service in known.of("kubernetes:core/v1:Service")
        if service.name.startswith("proxy")
        for port in service.inputs["spec"]["ports"]
    }
    watched = settings_of(known).monitoring
    metrics = {"proxy-metrics-service": (8002, 8002)} if watched and watched.scrape.kind == "service_monitor" else {}
    assert targets == {"proxy-public-service": (80, 8000), "proxy-api-service": (8001, 8001)} | metrics
    hub_url = HubSettings.model_validate_json(told(known)).hub_url
    assert dict(argument.split("=", 1) for argument in container["args"]) == {
        "--ip": EVERYWHERE,
        "--port": str(ports(container)["http"]),
        "--api-ip": EVERYWHERE,
        "--api-port": str(ports(container)["api"]),
        "--default-target": hub_url,
        "--error-target": f"{hub_url}/hub/error",
        **({"--metrics-ip": EVERYWHERE, "--metrics-port": str(ports(container)["metrics"])} if watched else {}),
    }


def secrets_of(stack: Inventory) -> dict[str, str]:
    return SECRETS[stack.stack] | (OF_KEYCLOAK if settings_of(stack).runs_keycloak else {})


def test_each_secret_has_a_value_of_its_own_under_its_own_name(known: Inventory) -> None:
    found = {
        secret.inputs["metadata"]["name"]: {key: value.value for key, value in secret.inputs["stringData"].items()}
        for secret in known.of("kubernetes:core/v1:Secret")
        if secret.inputs["metadata"]["namespace"] == known.outputs["namespace"]
        and secret.inputs["metadata"]["labels"]["app.kubernetes.io/component"] == "credentials"
    }
    assert found == {name: {name: reference} for name, reference in secrets_of(known).items()}


def test_secrets_reach_the_hub_as_files_it_alone_may_read(known: Inventory) -> None:
    [volume] = [volume for volume in workloads(known)["hub"]["spec"]["volumes"] if volume["name"] == "secrets"]
    files = {
        item["path"]: (source["secret"]["name"], item["key"])
        for source in volume["projected"]["sources"]
        for item in source["secret"]["items"]
    }
    elsewhere = NOT_THE_HUBS | (KNOWN_TO_KEYCLOAK if settings_of(known).runs_keycloak else set[str]())
    read = secrets_of(known).keys() - elsewhere
    assert files == {name: (name, name) for name in read} | KEPT_ELSEWHERE.get(known.stack, {})
    assert volume["projected"]["defaultMode"] == 0o440


def test_the_environment_holds_the_token_of_the_proxy_and_nothing_else(known: Inventory) -> None:
    told = [(container["name"], each) for container in containers(known) for each in container.get("env", ())]
    reference = {"secretKeyRef": {"name": "proxy-token", "key": "proxy-token"}}
    environment = [(name, each) for name, each in told if name != "keycloak" or "valueFrom" in each]
    assert environment == [("proxy", {"name": "CONFIGPROXY_AUTH_TOKEN", "valueFrom": reference})]


def test_the_hub_sees_the_plain_values_it_is_given(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.changed.yaml"
    settings = {"extends": "e2e", "hub": {"environment": {"TZ": "Europe/Berlin", "LANG": "C.UTF-8"}}}
    file.write_text(json.dumps({"config": {SETTINGS_KEY: settings}}))
    [container] = workloads(inventory("changed", stack_file=file))["hub"]["spec"]["containers"]
    assert container["env"] == [{"name": "LANG", "value": "C.UTF-8"}, {"name": "TZ", "value": "Europe/Berlin"}]


def test_pods_start_anew_when_what_they_read_at_their_start_changes(known: Inventory) -> None:
    values = secrets_of(known)
    of_settings = {component: fingerprint(text) for component, text in settings_read_by(known).items()}
    of_settings["hub"] += audience(known)
    # Its token is made of what Cloudflare chose: tests/unit/test_edge.py.
    parts = {component: template for component, template in workloads(known).items() if component != "cloudflared"}
    for component, template in parts.items():
        annotations = template["metadata"].get("annotations", {})
        read_once = [values[name] for name in READ_AT_THE_START.get(component, ()) if name in values]
        shown = "".join(keyed_fingerprint(values["fingerprint-key"], value) for value in read_once)
        assert annotations.get(SECRETS_ANNOTATION) == (shown or None), component
        assert annotations.get(SETTINGS_ANNOTATION) == of_settings.get(component), component


def test_files_are_mounted_where_they_are_read_and_only_data_is_written(known: Inventory) -> None:
    secrets = {str(SECRETS_DIRECTORY): True}
    expected: dict[str, dict[str, bool]] = {
        "hub": {SCRATCH: False, str(SETTINGS_FILE.parent): True, str(STATE_DIRECTORY): False} | secrets,
        "proxy": {SCRATCH: False},
        "database": {SCRATCH: False, "/var/lib/postgresql/data": False} | secrets,
        "keycloak": {SCRATCH: False} | secrets,
        "keycloak-database": {SCRATCH: False, "/var/lib/postgresql/data": False} | secrets,
        "user-scheduler": {"/etc/user-scheduler": True},
        "cloudflared": {"/run/tunnel": True},
    } | {component: {} for component in IDLE}
    found = {component: mounts(template) for component, template in workloads(known).items()}
    assert found == {component: expected[component] for component in found}


def test_every_mount_has_a_volume_and_every_volume_a_mount(known: Inventory) -> None:
    for resource in objects(known):
        spec = resource.inputs.get("spec", {})
        if "template" in spec:
            pod = spec["template"]["spec"]
            volumes = [volume["name"] for volume in pod.get("volumes", [])]
            volumes += [claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", [])]
            mounted = [mount["name"] for container in pod["containers"] for mount in container.get("volumeMounts", [])]
            assert sorted(volumes) == sorted(mounted), resource.urn


def test_the_hub_keeps_its_state_on_a_claim_where_its_database_is_a_file(known: Inventory) -> None:
    [state] = [volume for volume in workloads(known)["hub"]["spec"]["volumes"] if volume["name"] == "state"]
    sqlite = settings_of(known).storage.database.kind == "sqlite"
    assert ("persistentVolumeClaim" in state) == sqlite
    assert ("emptyDir" in state) != sqlite


def test_a_postgres_of_ours_is_the_one_its_image_makes() -> None:
    stack = evaluated("e2e")
    dockerfile = (ROOT / "images" / "postgres" / "Dockerfile").read_text()
    environment: dict[str, str] = dict(re.findall(r"(PGDATA|POSTGRES_\w+)=(\S+)", dockerfile))
    runtime = HubSettings.model_validate_json(told(stack)).database
    assert runtime.kind == "postgres"
    assert environment["POSTGRES_PASSWORD_FILE"] == str(SECRETS_DIRECTORY / DATABASE_PASSWORD)
    assert {environment["POSTGRES_USER"], environment["POSTGRES_DB"], runtime.user, runtime.name} == {OUR_POSTGRES_NAME}
    workload = stack.one("kubernetes:apps/v1:StatefulSet", "database").inputs["spec"]
    [container] = workload["template"]["spec"]["containers"]
    assert environment["PGDATA"].startswith("/var/lib/postgresql/data/")
    assert f"\nEXPOSE {ports(container)['postgres']}\n" in dockerfile
    assert (f"{workload['serviceName']}.e2e", runtime.port) in services(stack)
    [volume] = [volume for volume in workload["template"]["spec"]["volumes"] if volume["name"] == "password"]
    assert volume["secret"]["items"] == [{"key": DATABASE_PASSWORD, "path": DATABASE_PASSWORD}]
    [claim] = workload["volumeClaimTemplates"]
    assert claim["metadata"]["labels"] == workload["selector"]["matchLabels"], "a claim template can never change"


def test_only_a_postgres_of_ours_runs_here(known: Inventory) -> None:
    assert ("database" in workloads(known)) == (known.stack == "e2e")


def test_the_users_are_bounded_and_not_the_platform(known: Inventory) -> None:
    names = settings_of(known).namespace
    assert (known.outputs["namespace"], known.outputs["users_namespace"]) == (names.name, names.users)
    for kind in ("ResourceQuota", "LimitRange"):
        [found] = known.of(f"kubernetes:core/v1:{kind}")
        assert found.inputs["metadata"]["namespace"] == names.users


def test_the_program_speaks_to_the_cluster_of_the_stack_file_and_takes_over_what_is_there(known: Inventory) -> None:
    home = str(Path.home())
    lab = {"context": "jupyterhub-lab", "kubeconfig": f"{home}/.cache/jupyterhub-platform/lab/kubeconfig"}
    chosen = {"context": "254carbon", "kubeconfig": ""} if known.stack == "prod" else lab
    taken_over = ("upsertExistingObjects", "enablePatchForce", "enableConfigMapMutable", "enableSecretMutable")
    assert dict(known.one("pulumi:providers:kubernetes", "cluster").inputs) == {
        **chosen,
        "clusterIdentifier": chosen["context"],
        **dict.fromkeys(taken_over, "true"),
    }


def test_images_nobody_pushed_can_be_previewed_and_nothing_else() -> None:
    prod = stack_file("prod")
    assert inventory("fresh", stack_file=prod, preview=True).resources
    with pytest.raises(pulumi.RunError, match="make images"):
        inventory("fresh", stack_file=prod)


def test_a_trait_the_hub_would_refuse_stops_the_program() -> None:
    file = ROOT / "tests" / "refused" / "traits" / "trait_of_misspelt_class.yaml"
    with pytest.raises(pulumi.RunError, match=r"hub\.traits\.KubeSpawnr\.image_pull_policy: .*KubeSpawnr"):
        inventory("refused", stack_file=file, preview=True)
