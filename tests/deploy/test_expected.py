"""A cluster that is not the one a stack file describes: said before anything is changed, key by key."""

import pytest

from deploy import cluster
from deploy.expected import Expected, expected, require
from deploy.kubectl import Kubectl
from lab import definitions
from lab.problem import Problem
from settings.cluster import Lab
from settings.load import read, stack_file
from tests.e2e.cluster import kubectl as at_the_lab

CLASS, SPACE, KIND, ISSUER = (
    "exposure.controller.ingress_class",
    "exposure.controller.namespace",
    "exposure.controller.kind",
    "exposure.tls.issuer",
)


@pytest.mark.parametrize(
    ("stack", "counted_on"),
    [
        ("dev", set[tuple[str, str]]()),
        ("prod", {("mesh.kind", "authorizationpolicies.security.istio.io")}),
        (
            "254carbon-gitops",
            {
                ("mesh.kind", "authorizationpolicies.security.istio.io"),
                (CLASS, "nginx"),
                (SPACE, "ingress-nginx"),
                (ISSUER, "letsencrypt"),
            },
        ),
        (
            "thinkube",
            {(CLASS, "nginx"), (SPACE, "ingress")}
            | {(f"storage.volumes.{number}.storage_class", "juicefs-rwx") for number in range(3)},
        ),
        (
            "urbalurba",
            {(CLASS, "traefik"), (SPACE, "kube-system")}
            | {(f"storage.{part}.storage_class", "local-path") for part in ("home", "database")},
        ),
        (
            "urbalurba-aks",
            {(CLASS, "traefik"), (SPACE, "traefik"), (KIND, "middlewares.traefik.io"), (ISSUER, "letsencrypt")}
            | {(f"storage.{part}.storage_class", "managed-csi") for part in ("home", "database")},
        ),
        (
            "urbalurba-lab",
            {(CLASS, "traefik"), (SPACE, "kube-system")}
            | {(f"storage.{part}.storage_class", "lab-rwo") for part in ("home", "database")},
        ),
    ],
)
def test_what_a_stack_counts_on(stack: str, counted_on: set[tuple[str, str]]) -> None:
    assert {(each.key, each.name) for each in expected(read(stack_file(stack)))} == counted_on


@pytest.fixture(scope="module")
def lab() -> Kubectl:
    """The lab with a controller's class and definitions, whether Traefik runs in it or not."""
    at_the_lab("apply", "--server-side", "--force-conflicts", "--filename=-", given=definitions.of_traefik())
    return cluster.reach(Lab(kind="lab"))


@pytest.mark.lab
def test_everything_missing_is_named_at_once_and_nothing_that_is_there(lab: Kubectl) -> None:
    with pytest.raises(Problem) as refusal:
        require(read(stack_file("urbalurba-aks")), lab)
    said = str(refusal.value)
    assert "nothing was changed" in said
    assert said.count("'managed-csi' among its storageclasses; `kubectl get storageclasses") == 2
    for missing in (f"{SPACE}: the cluster has no 'traefik'", f"{ISSUER}: the cluster has no 'letsencrypt'"):
        assert said.count(missing) == 1, said
    assert KIND not in said


class Nobody(Kubectl):
    """Somebody without any right at the cluster."""

    def command(self, *words: str) -> list[str]:
        return super().command("--as=nobody", *words)


@pytest.mark.lab
def test_whoever_may_not_look_is_believed(lab: Kubectl) -> None:
    thinkube = read(stack_file("thinkube"))
    require(thinkube, Nobody(lab.program, lab.context, lab.kubeconfig))
    with pytest.raises(Problem, match="juicefs-rwx"):
        require(thinkube, lab)


def test_a_missing_object_is_told_by_its_key() -> None:
    told = str(Expected("storage.home.storage_class", "storageclasses.storage.k8s.io", "fast"))
    assert told == "storage.home.storage_class: the cluster has no 'fast' among its storageclasses"
