"""A change that would cost people their homes, under the engine itself: refused in its preview, before any resource."""

import pytest

from tests.engine.conftest import Make
from tests.lab.left_behind import PEOPLE, leave_behind, versions

pytestmark = [pytest.mark.engine]


def test_a_plain_preview_and_a_plain_up_refuse_and_touch_nothing(make: Make) -> None:
    stack = make("password")
    stack.init()
    leave_behind(stack)
    before = versions(stack)
    with stack.changed({"storage.home.size": "512Mi"}):
        for command in (("preview",), ("up", "--yes", "--skip-preview")):
            done = stack.pulumi(*command, check=False)
            said = done.stdout + done.stderr
            assert done.returncode != 0, said
            assert said.count(f"which affects {PEOPLE}; write 1Gi or more") == 1, said
            assert "Traceback" not in said
    assert versions(stack) == before
    assert " create" in stack.pulumi("preview").stdout
