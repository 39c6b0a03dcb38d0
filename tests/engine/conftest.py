"""Stacks of the real engine, each in a checkout and in namespaces of its own."""

import json
import shutil
import subprocess
from collections.abc import Callable, Generator, Sequence

import pytest

from lab.paths import KUBECONFIG
from tests.engine.checkout import Checkout

Make = Callable[..., Checkout]


def require(*more: str) -> None:
    """Skip where the real engine, with more than the usual plugins, cannot be had; it says what is missing."""
    if reason := _lacking(more):
        pytest.skip(reason)


def _lacking(more: Sequence[str]) -> str | None:
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
    require()


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
