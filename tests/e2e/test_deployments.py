"""The three deployments as their users meet them, each tried on the lab with nothing but other sizes and places."""

import os
import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from deploy.keycloak import Keycloak
from settings.load import ROOT
from tests.e2e import surroundings
from tests.e2e.cluster import pod_of
from tests.e2e.keycloak import Realm
from tests.e2e.person import Seat
from tests.hub import control_api

pytestmark = [pytest.mark.lab, pytest.mark.browser]
PASSWORD = "correct horse battery staple"  # noqa: S105 - of stacks that live for one test run
SECONDS = 900
GPU = "nvidia.com/gpu"
HOME = "/home/jovyan/thinkube/notebooks"


def up(stack: str) -> None:
    subprocess.run(
        ["make", "up", f"STACK={stack}"], cwd=ROOT, check=True, env=os.environ | {"CI": "true"}, timeout=SECONDS
    )


@pytest.fixture(scope="module")
def keycloak() -> Keycloak:
    """Somebody else's, for prod and for Thinkube."""
    return surroundings.keycloak()


@pytest.fixture(scope="module")
def prod(keycloak: Keycloak) -> str:
    for name in ("data-platform", "ml-platform", "monitoring"):
        surroundings.namespace(name)
    surroundings.postgres("data-platform", "postgres-shared", PASSWORD)
    names = ("minio-access-key", "minio-secret-key", "postgres-password")
    realm = Realm(keycloak, "jupyterhub")
    realm.unmake()
    realm.let_make(surroundings.KEYCLOAK_CLIENT, PASSWORD)
    given = {"keycloak-administrator": PASSWORD, "hub-database-password": PASSWORD}
    surroundings.declared("prod-lab", given | {name: f"the {name}" for name in names})
    up("prod-lab")
    realm.bring("admin", PASSWORD, ["admins"])
    realm.bring("user1", PASSWORD, ["users"])
    return "http://jupyter.localhost"


@pytest.fixture(scope="module")
def urbalurba() -> str:
    surroundings.namespace("urbalurba")
    surroundings.secret("urbalurba", "urbalurba-secrets", {"JUPYTERHUB_AUTH_PASSWORD": PASSWORD})
    up("urbalurba-lab")
    return "http://urbalurba.localhost"


@pytest.fixture(scope="module")
def realm(keycloak: Keycloak) -> Realm:
    """That of all of Thinkube's services."""
    return Realm(keycloak, "thinkube")


@pytest.fixture(scope="module")
def thinkube(realm: Realm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    host = "thinkube.localhost"
    for name in ("mlflow", "postgres", "seaweedfs", "examples", "thinkube-control"):
        surroundings.namespace(name)
    surroundings.certificate("default", "wildcard-tls", host, tmp_path_factory.mktemp("certificates"))
    surroundings.runtime_class("nvidia")
    surroundings.devices(GPU, 1)
    node = control_api.node(surroundings.NODE, 2, "8Gi", 1)
    surroundings.control_api("thinkube-control", [surroundings.image("scipy")], [node])
    surroundings.git_repository("examples", "thinkube-ai-examples.git", {"agents.md": "Ask an agent."})
    surroundings.announcement("mlflow", "mlflow", {"MLFLOW_TRACKING_URI": "http://mlflow.mlflow:5000"})
    realm.unmake()
    realm.make(["jupyterhub-users", "researchers", "jupyterhub-admins"])
    realm.bring("alice", PASSWORD, ["jupyterhub-users", "researchers"])
    realm.bring("bob", PASSWORD, ["jupyterhub-users"])
    realm.let_manage(surroundings.KEYCLOAK_CLIENT, PASSWORD, "view-realm", "manage-clients", "manage-users")
    surroundings.declared("thinkube-lab", {"keycloak-administrator": PASSWORD})
    up("thinkube-lab")
    surroundings.secret("thinkube-users", "anthropic-api-key", {"api-key": "the api key"})
    yield f"https://{host}"
    surroundings.devices(GPU, None)


def test_prod_lets_two_people_share_data_and_nothing_else(person: Seat, prod: str) -> None:
    one, other = person(prod, "admin", PASSWORD), person(prod, "user1", PASSWORD)
    for user in (one, other):
        user.log_in()
        user.start()
        user.open_notebook()
    one.run(
        "open('/mnt/shared-data/figures.csv', 'w').write('answer,42'); open('private', 'w').write('mine'); print('done')"
    )
    one.sees_output("done")
    other.run("import os; print(open('/mnt/shared-data/figures.csv').read(), os.path.exists('private'))")
    other.sees_output("answer,42 False")


def test_prod_tells_notebooks_where_its_services_are_and_no_secret(person: Seat, prod: str) -> None:
    admin = person(prod, "admin", PASSWORD)
    admin.log_in()
    admin.start()
    admin.open_notebook()
    admin.run(
        "import os; print(os.environ['TRINO_HOST'], os.environ['RAY_ADDRESS'],"
        " open(os.environ['MINIO_ACCESS_KEY_FILE']).read(), [k for k, v in os.environ.items() if 'the minio' in v])"
    )
    admin.sees_output("iceberg.data-platform ray://ray-cluster-head.data-platform:10001 the minio-access-key []")


def test_prod_says_so_to_whom_it_has_no_room_for_and_nobody_else_notices(person: Seat, prod: str) -> None:
    one, other = person(prod, "admin", PASSWORD), person(prod, "user1", PASSWORD)
    for user in (one, other):
        user.log_in()
        user.has_no_server()
    one.start()
    one.open_notebook()
    with surroundings.room_for("jupyter-users", 1):
        other.page.goto(f"{prod}/hub/spawn")
        expect(other.page.locator("body")).to_contain_text("no room for another server now", timeout=60_000)
        one.run("print('still', 6 * 7)")
        one.sees_output("still 42")
    other.start()


def test_urbalurba_counts_with_spark(person: Seat, urbalurba: str) -> None:
    alice = person(urbalurba, "alice", PASSWORD)
    alice.log_in()
    alice.start()
    alice.open_notebook()
    alice.run(
        "from pyspark.sql import SparkSession\n"
        "spark = SparkSession.builder.master('local[1]').appName('count').getOrCreate()\n"
        "print('spark', spark.version, spark.range(1000).selectExpr('sum(id) as total').first().total)"
    )
    alice.sees_output("499500", seconds=120)
    expect(alice.page.locator(".jp-OutputArea-output", has_text="spark 3.5").last).to_be_visible()


def test_thinkube_offers_what_the_cluster_has(person: Seat, thinkube: str) -> None:
    """The form, the examples, scratch, what is found, and the site's own looks."""
    alice = person(thinkube, "alice", PASSWORD)
    alice.log_in()
    alice.has_no_server()
    expect(alice.page).to_have_title("Thinkube AI Lab")
    alice.page.goto(f"{thinkube}/hub/spawn")
    form = alice.page.locator("#spawn_form")
    expect(form).to_contain_text("Custom resource allocation")
    form.locator("input[value=custom]").check()
    form.locator("select[name='node:custom']").select_option(surroundings.NODE)
    form.locator("select[name='gpu:custom']").select_option("1")
    alice.submit()
    alice.sees_lab()
    spec = pod_of("thinkube-users", "alice")["spec"]
    assert spec["runtimeClassName"] == "nvidia"
    assert spec["containers"][0]["resources"]["limits"][GPU] == "1"

    alice.open_notebook("lab/tree/thinkube/notebooks")
    alice.run(
        "import os, pathlib\n"
        "at = pathlib.Path('/home/jovyan')\n"
        "for path in ('scratch/x', '.config/x', 'thinkube/notebooks/mine', 'thinkube/datasets/ours'):\n"
        "    (at / path).write_text('x')\n"
        "print(os.getcwd(), sorted(os.listdir(at / 'thinkube/examples-repo')), os.environ['MLFLOW_TRACKING_URI'],"
        " open(os.environ['ANTHROPIC_API_KEY_FILE']).read())"
    )
    alice.sees_output(f"{HOME} ['.git', 'agents.md'] http://mlflow.mlflow:5000 the api key")


def test_thinkube_offers_a_profile_to_whoever_is_in_its_group_now(person: Seat, thinkube: str, realm: Realm) -> None:
    bob = person(thinkube, "bob", PASSWORD)
    bob.log_in()
    bob.has_no_server()
    assert "no profile 'custom' for you" in bob.asks_for({"profile": "custom"}).text
    realm.join("bob", "researchers")
    try:
        # Before the hub judges what somebody wishes for, it asks Keycloak who that is.
        assert bob.asks_for({"profile": "there is none"}).status == 400
        assert bob.status_of("/hub/spawn") == 200
        expect(bob.page.locator("#spawn_form")).to_contain_text("Custom resource allocation")
    finally:
        realm.leave("bob", "researchers")
    assert "no profile 'custom' for you" in bob.asks_for({"profile": "custom"}).text


def test_thinkube_keeps_work_apart_and_data_together(person: Seat, thinkube: str) -> None:
    bob = person(thinkube, "bob", PASSWORD)
    bob.log_in()
    bob.start()
    bob.open_notebook("lab/tree/thinkube/notebooks")
    bob.run(f"import os; print('mine' in os.listdir('{HOME}'), os.listdir('/home/jovyan/thinkube/datasets'))")
    bob.sees_output("False ['ours']")
