"""A raised number makes another value and keeps the ones before it; the stack file names exactly what the program generates."""

from collections.abc import Callable

import pytest
import yaml

from components.naming import FINGERPRINT_KEY, KEYCLOAK_ADMINISTRATOR, SECRETS_ANNOTATION
from deploy.notices import noticed
from preview.diff import compare
from preview.inventory import Inventory
from preview.recorder import inventory
from settings import Settings
from settings.load import ROOT, SETTINGS_KEY, read, stack_file
from tests.unit.conftest import workloads

RANDOM = "random:index/randomPassword:RandomPassword"
FIRST = "login-password"
"""What the people of a new Keycloak begin with: another one would change nothing for those who have begun."""
READ_BY = {
    "cookie-secret": {"hub"},
    "crypt-key": {"hub"},
    "proxy-token": {"hub", "proxy"},
    "metrics-token": {"hub"},
    "database-password": {"hub", "database"},
    "service-report-token": {"hub"},
}


@pytest.fixture(scope="module")
def rotated(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Inventory]:
    """A stack with much that is generated, in other generations."""
    service = {"name": "report", "scopes": ["list:users"], "token": {"kind": "generated"}}

    def evaluate(**rotations: int) -> Inventory:
        file = tmp_path_factory.mktemp("stack") / "Pulumi.rotated.yaml"
        numbers = {name.replace("_", "-"): number for name, number in rotations.items()}
        settings = {"extends": "e2e", "hub": {"services": [service]}, "rotations": numbers}
        file.write_text(yaml.safe_dump({"config": {SETTINGS_KEY: settings}}))
        return inventory("rotated", stack_file=file)

    return evaluate


def generated(stack: Inventory) -> set[str]:
    return {found.name for found in stack.of(RANDOM)}


def shown(stack: Inventory) -> dict[str, str]:
    return {
        component: template["metadata"].get("annotations", {}).get(SECRETS_ANNOTATION, "")
        for component, template in workloads(stack).items()
    }


def test_what_can_be_rotated_is_what_is_generated(stack: Inventory) -> None:
    settings: Settings = read(stack_file(stack.stack))
    names = {found.rpartition("-")[0] if found.rpartition("-")[2].isdigit() else found for found in generated(stack)}
    unrotated = {FINGERPRINT_KEY, *((FIRST, KEYCLOAK_ADMINISTRATOR) if settings.runs_keycloak else ())}
    assert names - unrotated == set(settings.generated_secrets)


def test_a_generation_is_a_value_more_and_starts_those_anew_who_read_it(rotated: Callable[..., Inventory]) -> None:
    before = rotated()
    after = rotated(**{name.replace("-", "_"): 1 for name in READ_BY})
    assert generated(after) - generated(before) == {f"{name}-1" for name in READ_BY}
    assert {change.kind for change in compare(before, after).changes} == {"created", "updated"}
    for secret in after.of("kubernetes:core/v1:Secret"):
        name, values = secret.inputs["metadata"]["name"], secret.inputs["stringData"]
        assert set(values) == ({name, f"{name}-1"} if name in READ_BY else {name})


@pytest.mark.parametrize("name", READ_BY)
def test_only_those_start_anew_who_read_it(rotated: Callable[..., Inventory], name: str) -> None:
    before, after = shown(rotated()), shown(rotated(**{name.replace("-", "_"): 1}))
    assert {component for component in before if before[component] != after[component]} == READ_BY[name]


def test_the_hub_reads_the_key_before_too(rotated: Callable[..., Inventory]) -> None:
    [volume] = [
        found for found in workloads(rotated(crypt_key=3))["hub"]["spec"]["volumes"] if found["name"] == "secrets"
    ]
    files = {
        item["path"]: item["key"] for source in volume["projected"]["sources"] for item in source["secret"]["items"]
    }
    assert (files["crypt-key"], files["earlier-crypt-key"]) == ("crypt-key-3", "crypt-key-2")
    assert files["cookie-secret"] == "cookie-secret"


def test_the_page_says_of_each_secret_who_notices(stack: Inventory) -> None:
    rows = [
        line.split(" | ") for line in (ROOT / "docs" / "secrets.md").read_text().splitlines() if line.startswith("| `")
    ]
    told = {row[0].strip("|` "): row[-1].strip("| ") for row in rows}
    settings = read(stack_file(stack.stack))
    services = {f"service-{each.name}-token" for each in settings.hub.services}
    for name in settings.generated_secrets:
        assert told["service-<name>-token" if name in services else name] == noticed(name)
