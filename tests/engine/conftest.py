"""Stacks of the real engine, each in a checkout and in namespaces of its own."""

import json
import shutil
import subprocess
from collections.abc import Callable, Generator

import pytest

from lab.paths import KUBECONFIG
from tests.engine.checkout import Checkout

Make = Callable[..., Checkout]


def lacking(*more: str) -> str | None:
    """What the real engine, with more than the usual plugins, would need and this machine does not have."""
    if shutil.which("pulumi") is None:
        return "the Pulumi CLI is not on PATH"
    listed = subprocess.run(["pulumi", "plugin", "ls", "--json"], capture_output=True, text=True, check=True).stdout
    installed = {plugin["name"] for plugin in json.loads(listed)}
    for plugin in ("kubernetes", "random", *more):
        if plugin not in installed and shutil.which(f"pulumi-resource-{plugin}") is None:
            return f"the Pulumi plugin {plugin} is neither installed nor on PATH"
    return None if KUBECONFIG.exists() else "the lab has never been up (make lab)"


@pytest.fixture(scope="session", autouse=True)
def engine() -> None:
    if reason := lacking():
        pytest.skip(reason)


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Generator[Make]:
    """A stack like one of the repository, with other values at some dotted keys."""
    made: list[Checkout] = []

    def new(template: str, **changes: object) -> Checkout:
        made.append(Checkout(tmp_path_factory.mktemp("stack"), template, **changes))
        return made[-1]

    yield new
    for checkout in made:
        checkout.remove()
