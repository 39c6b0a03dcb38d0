"""The other stack of the repository, with a Postgres of our own, under a plain `pulumi`."""

import pytest

from tests.e2e.cluster import objects
from tests.engine.checkout import Changes, preview, resources, up
from tests.engine.conftest import Make

pytestmark = [pytest.mark.engine]


def test_postgres_is_previewed_made_and_left_alone(make: Make) -> None:
    stack = make("e2e", **{"identity.password": {"kind": "generated"}})
    stack.init()
    declared = stack.declared().resources
    assert preview(stack).steps == dict.fromkeys(
        {found.name for found in declared} | {f"jupyterhub-{stack.stack}"}, "create"
    )

    up(stack)
    assert {found["urn"] for found in resources(stack)} == {found.urn for found in declared}
    [database] = objects("statefulsets", stack.stack)
    assert database["status"]["readyReplicas"] == 1
    assert [claim["status"]["phase"] for claim in objects("persistentvolumeclaims", stack.stack)] == ["Bound"]

    nothing = Changes({}, len(declared) + 1)
    assert preview(stack) == nothing
    assert up(stack) == nothing
