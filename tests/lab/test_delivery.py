"""What is written for Argo CD is an Application to a real API server that knows Argo CD's own definition of one."""

import copy
import json
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lab.modules import Module
from lab.paths import KUBECONFIG, KUBECTL
from preview.delivery import application
from settings.load import read, stack_file
from tests.e2e import surroundings
from tests.e2e.cluster import eventually, kubectl

pytestmark = pytest.mark.lab
# The last one that a Go of 1.24 fetches; the fields that are used are older.
ARGO_CD = Module("github.com/argoproj/argo-cd/v3", "v3.1.16", "h1:ufzj0c7CWKoMW03lOV8F6jwIW6YDPPZWI4PTHxz8Qq0=")
KIND = "applications.argoproj.io"
Application = dict[str, Any]


@pytest.fixture(scope="module", autouse=True)
def definition() -> Iterator[None]:
    """As in a cluster with Argo CD, which nothing of ours installs."""
    surroundings.namespace("argocd")
    file = ARGO_CD.fetch() / "manifests" / "crds" / "application-crd.yaml"
    kubectl("apply", "--server-side", "--filename", str(file))
    established = ("wait", f"crd/{KIND}", "--for=condition=Established", "--timeout=5s")
    # kubectl trips over a definition that has no conditions yet.
    eventually("the definition is served", lambda: "condition met" in kubectl(*established, check=False), 60)
    yield
    kubectl("delete", "crd", KIND, "--wait=false")
    kubectl("delete", "namespace", "argocd", "--wait=false")


@pytest.fixture
def prods() -> Application:
    settings = read(stack_file("254carbon-gitops"))
    assert settings.delivery
    return application("254carbon-gitops", settings, settings.delivery)


def applied(manifest: Application) -> subprocess.CompletedProcess[str]:
    flags = ("--server-side", "--dry-run=server", "--validate=strict", "--field-manager=jupyterhub-platform")
    line = [str(KUBECTL), "--kubeconfig", str(KUBECONFIG), "apply", *flags, "--filename=-"]
    return subprocess.run(line, input=json.dumps(manifest), capture_output=True, text=True, check=False)


def test_the_api_server_takes_it(prods: Application) -> None:
    done = applied(prods)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def misspell(given: Application) -> None:
    given["spec"]["syncPolcy"] = given["spec"].pop("syncPolicy")


def go_nowhere(given: Application) -> None:
    del given["spec"]["destination"]


def retry_by_word(given: Application) -> None:
    given["spec"]["syncPolicy"]["retry"]["limit"] = "often"


@pytest.mark.parametrize(
    ("bend", "said"), [(misspell, "syncPolcy"), (go_nowhere, "spec.destination"), (retry_by_word, "retry.limit")]
)
def test_a_bent_one_is_refused(prods: Application, bend: Callable[[Application], None], said: str) -> None:
    bent = copy.deepcopy(prods)
    bend(bent)
    done = applied(bent)
    assert done.returncode != 0
    assert said in done.stderr
