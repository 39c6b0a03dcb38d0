"""What differs between a deployment and its trial on the lab: sizes, hosts, storage classes, hardware, edges; nothing else."""

import re
from collections.abc import Iterator
from typing import Any, cast

import pytest
import yaml

from settings.load import SETTINGS_KEY, read, stack_file

OVERLAYS = {"prod-lab": "prod", "urbalurba-lab": "urbalurba", "thinkube-lab": "thinkube"}
ALLOWED = (
    "extends",
    "cluster.kind",
    "namespace.name",
    r"namespace\.quota\..*",
    r".*\.(cpu|memory)\.(guarantee|limit)",
    "capacity.users",
    "hub.active_servers",
    r"exposure\.(kind|host|public|controller|tls).*",
    r"identity\.server\.url",
    "mesh",
    r"users\.discovery\.registries",
    r"storage\..*\.(size|storage_class|repository)",
    r".*\.name",
)


def changed(tree: Any, path: str = "") -> Iterator[str]:
    """Every key an overlay says, those of list entries under their list."""
    if isinstance(tree, dict):
        for key, value in cast("dict[str, Any]", tree).items():
            yield from changed(value, f"{path}.{key}" if path else key)
    elif isinstance(tree, list) and tree and isinstance(tree[0], dict):
        for entry in cast("list[Any]", tree):
            yield from changed(entry, path)
    else:
        yield path


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_changes_nothing_else(overlay: str) -> None:
    said = yaml.safe_load(stack_file(overlay).read_text(encoding="utf-8"))["config"][SETTINGS_KEY]
    assert said["extends"] == OVERLAYS[overlay]
    assert not [key for key in changed(said) if not any(re.fullmatch(allowed, key) for allowed in ALLOWED)]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_trial_has_everything_the_deployment_has(overlay: str) -> None:
    """An overlay that removed a section would try something else."""
    here, there = read(stack_file(overlay)), read(stack_file(OVERLAYS[overlay]))
    for section in type(there).model_fields:
        if section != "mesh":
            assert (getattr(here, section) is None) == (getattr(there, section) is None), section
    assert [profile.name for profile in here.users.profiles] == [profile.name for profile in there.users.profiles]
    assert [volume.name for volume in here.storage.volumes] == [volume.name for volume in there.storage.volumes]
    assert here.services == there.services
