"""The three deployments as their users meet them, each tried on the lab with nothing but other sizes and places."""

import os
import subprocess
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from settings.load import ROOT
from tests.e2e import surroundings
from tests.e2e.person import Person

pytestmark = [pytest.mark.lab, pytest.mark.browser]
Seat = Callable[[str, str, str], Person]
PASSWORD = "correct horse battery staple"  # noqa: S105 - of stacks that live for one test run
SECONDS = 900


def up(stack: str) -> None:
    subprocess.run(
        ["make", "up", f"STACK={stack}"], cwd=ROOT, check=True, env=os.environ | {"CI": "true"}, timeout=SECONDS
    )


@pytest.fixture(scope="module")
def prod() -> str:
    for name in ("data-platform", "ml-platform", "monitoring"):
        surroundings.namespace(name)
    surroundings.postgres("data-platform", "postgres-shared", PASSWORD)
    names = ("minio-access-key", "minio-secret-key", "postgres-password")
    given = {"login-password": PASSWORD, "hub-database-password": PASSWORD, **{name: f"the {name}" for name in names}}
    surroundings.declared("prod-lab", given)
    up("prod-lab")
    return "http://jupyter.localhost"


@pytest.fixture(scope="module")
def urbalurba() -> str:
    surroundings.namespace("urbalurba")
    surroundings.secret("urbalurba", "urbalurba-secrets", {"JUPYTERHUB_AUTH_PASSWORD": PASSWORD})
    up("urbalurba-lab")
    return "http://urbalurba.localhost"


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
