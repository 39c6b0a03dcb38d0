"""What the cluster is told to let the hub make, from the stack files; tests/lab/test_admission.py asks a real API server."""

import copy
from typing import Any

import pytest
import yaml

from components.hub.config import hub_settings
from components.network.admission import CLAIM_RULES, ROUTE_RULES, SERVICE_RULES, Allowed, allowed, pod_rules
from hub.settings import SETTINGS_FILE, HubSettings
from preview.inventory import Inventory
from settings import Settings
from settings.load import ROOT, SETTINGS_KEY, parse
from tests.unit.conftest import settings_of

DEV: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())["config"][SETTINGS_KEY]
IMAGES = {"notebook": "ours/notebook", "workspace": "ours/workspace"}
DIGEST = f"registry.example.org/torch@sha256:{'0' * 64}"
KEY = {"name": "KEY", "value": {"kind": "existing", "name": "site-key", "key": "key"}}
SERVICE = {"kind": "generic", "name": "figures", "host": "figures.example", "port": 8000, "secrets": [KEY]}
DISCOVERY = {"url": "http://control.example:8000", "registries": ["b.example.org/x", "a.example.org"], "refresh": "1m"}


def dev(**sections: dict[str, Any] | list[Any]) -> Settings:
    given = copy.deepcopy(DEV)
    for name, section in sections.items():
        given[name] = {**given.get(name, {}), **section} if isinstance(section, dict) else section
    return parse(given, "Pulumi.dev.yaml")


def notebook_and_torch() -> dict[str, Any]:
    return {"images": [{"name": "notebook", "title": "N"}, {"name": "torch", "title": "T", "reference": DIGEST}]}


def discovered() -> dict[str, Any]:
    profile = {**DEV["users"]["profiles"][0], "choices": {"kind": "discovered"}}
    return {"discovery": DISCOVERY, "profiles": [profile]}


@pytest.mark.parametrize(
    ("settings", "images", "expected"),
    [
        (dev(), {"notebook": "ours/notebook"}, Allowed(images=["ours/notebook"])),
        (dev(), IMAGES, Allowed(images=["ours/notebook", "ours/workspace"])),
        (dev(users=notebook_and_torch()), {"notebook": "n"}, Allowed(images=["n", DIGEST])),
        (
            dev(users=discovered()),
            {"notebook": "n"},
            Allowed(images=["n"], registries=("b.example.org/x", "a.example.org")),
        ),
        (dev(services=[SERVICE]), {"notebook": "n"}, Allowed(images=["n"], secrets=["site-key"])),
    ],
    ids=["ours", "ours and what makes homes ready", "by its digest", "found in registries", "credentials of a service"],
)
def test_users_servers_are_made_of_what_the_stack_file_says(
    settings: Settings, images: dict[str, str], expected: Allowed
) -> None:
    found = allowed(hub_settings(settings, images).servers)
    assert (list(found.images), list(found.registries), list(found.secrets)) == (
        list(expected.images),
        list(expected.registries),
        list(expected.secrets),
    )


def test_nothing_is_allowed_by_an_empty_list() -> None:
    """No registry is no prefix at all, and not the empty one that every image begins with."""
    image, *_, mounts, _ = (rule.expression for rule in pod_rules(Allowed(images=())))
    assert "c.image in [] || [].exists(" in image
    assert mounts.endswith("in [])")


def test_a_text_cannot_end_the_list_it_stands_in() -> None:
    [image, *_] = (rule.expression for rule in pod_rules(Allowed(images=['a"] || true || ["'])))
    assert r'c.image in ["a\"] || true || [\""]' in image


def policies(stack: Inventory, kind: str) -> dict[str, Any]:
    found = stack.of(f"kubernetes:admissionregistration.k8s.io/v1:{kind}")
    return {resource.inputs["metadata"]["name"].partition(".")[0]: resource.inputs for resource in found}


def test_every_rule_holds_where_it_is_meant_to_and_an_api_server_that_cannot_judge_refuses(stack: Inventory) -> None:
    judged, bound = policies(stack, "ValidatingAdmissionPolicy"), policies(stack, "ValidatingAdmissionPolicyBinding")
    platform, users = stack.outputs["namespace"], stack.outputs["users_namespace"]
    pods = pod_rules(allowed(_told(stack).servers))
    rules = {"pods": pods, "claims": CLAIM_RULES, "services": SERVICE_RULES, "routes": ROUTE_RULES}
    covered = {
        "pods": ["pods", "pods/ephemeralcontainers"],
        "claims": ["persistentvolumeclaims"],
        "services": ["services"],
    }
    hub = f"request.userInfo.username == 'system:serviceaccount:{platform}:hub'"
    led_in = settings_of(stack).exposure.kind == "ingress"
    assert judged.keys() == bound.keys() == rules.keys()
    for subject, policy in judged.items():
        spec, binding, of_hub = policy["spec"], bound[subject]["spec"], subject in ("pods", "claims")
        assert [each["expression"] for each in spec["validations"]] == [rule.expression for rule in rules[subject]]
        assert spec["failurePolicy"] == "Fail"
        assert [each["expression"] for each in spec.get("matchConditions", [])] == ([hub] if of_hub else [])
        for scope in spec["matchConstraints"]["resourceRules"]:
            assert scope["operations"] == ["CREATE", "UPDATE"]
            assert scope["resources"] == covered.get(subject, scope["resources"])
        there = [users] if of_hub or led_in else [platform, users]
        here = {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": there}]}
        assert spec["matchConstraints"]["namespaceSelector"] == binding["matchResources"]["namespaceSelector"] == here
        assert (binding["policyName"], binding["validationActions"]) == (policy["metadata"]["name"], ["Deny"])


def _told(stack: Inventory) -> HubSettings:
    configs = (resource.inputs.get("data", {}) for resource in stack.of("kubernetes:core/v1:ConfigMap"))
    [told] = [data[SETTINGS_FILE.name] for data in configs if SETTINGS_FILE.name in data]
    return HubSettings.model_validate_json(told)
