"""After people have worked with all the stacks of the lab: no secret of any of them stands where others may read it."""

import json

import pytest

from components.naming import STACK_ANNOTATION
from tests.e2e.cluster import kubectl
from tests.engine import places
from tests.engine.cluster import secret_values
from tests.engine.leaks import SHORTEST, leaks

pytestmark = [pytest.mark.lab, pytest.mark.browser]
PUBLIC = ("tls.crt", "ca.crt")


def test_no_secret_of_a_running_stack_is_found_outside_of_secrets() -> None:
    listed = json.loads(kubectl("get", "namespaces", "--output=json"))["items"]
    about = [found["metadata"] for found in listed]
    namespaces = [found["name"] for found in about if STACK_ANNOTATION in found.get("annotations", {})]
    assert "jupyterhub" in namespaces
    held = {f"{each}/{name}": value for each in namespaces for name, value in secret_values([each]).items()}
    values = {name: value for name, value in held.items() if len(value) >= SHORTEST and not name.endswith(PUBLIC)}
    texts = places.logs(namespaces) | places.declarations(namespaces) | places.command_lines() | places.files()
    assert leaks(values, texts) == []
