"""What services say of themselves: judged entry by entry, asked for over real HTTP, and kept while nobody answers."""

import logging
import subprocess
from collections.abc import AsyncIterator
from typing import Any

import pytest
import yaml
from kubernetes_asyncio.client import ApiClient, Configuration, CoreV1Api

from hub import discovery
from hub.discovery import Directory, Found, as_much_as_fits, environment_for, found_in
from hub.person import Person
from hub.platform_services import exports, service_parts
from hub.service_settings import DeclaredService, ServiceDiscovery
from hub.settings import HubSettings
from tests.hub.cluster import Cluster

LABELS = {"thinkube.io/managed": "true"}
SETTINGS = ServiceDiscovery(
    selector="thinkube.io/managed=true", namespaces=("ml", "data"), file="/home/jovyan/.config/site/service-env.sh"
)
ADA = Person("ada", frozenset({"analysts"}))
BOB = Person("bob")
LOG = logging.getLogger("discovery")


def config_map(*entries: object, text: str | None = None, name: str = "entry", **annotations: str) -> dict[str, Any]:
    said = yaml.safe_dump({"service": {"name": name, "environment_variables": list(entries)}}) if text is None else text
    return {
        "metadata": {
            "name": name,
            "namespace": "ml",
            "labels": LABELS,
            "annotations": {f"jupyterhub-platform/{key}": value for key, value in annotations.items()},
        },
        "data": {"service.yaml": said},
    }


def variable(name: object, value: object = "x") -> dict[str, object]:
    return {"name": name, "value": value}


def test_an_entry_of_a_real_portal_is_understood() -> None:
    text = """
service:
  name: mlflow
  display_name: "Experiments"
  endpoints:
    - {name: web, type: http, url: "https://experiments.example.com", primary: true}
  environment_variables:
    - name: MLFLOW_TRACKING_URI
      value: "https://experiments.example.com"
    - name: MLFLOW_PORT
      value: 0800
    - name: MLFLOW_AUTH_PASSWORD
      value: "hunter2"
    - name: MLFLOW_USER
      valueFrom: {secretKeyRef: {name: mlflow, key: user}}
"""
    found = found_in(config_map(text=text))
    assert found.environment == {"MLFLOW_TRACKING_URI": "https://experiments.example.com", "MLFLOW_PORT": "0800"}
    assert len(found.left_out) == 2
    assert "is a secret" in found.left_out[0]
    assert "has no plain value" in found.left_out[1]
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        *((name, "x", "not the name") for name in ("A-B", "1A", "", "A B", "A=B", "A\nB", "Ä", "a" * 101)),
        *(
            (name, "x", "not a service's")
            for name in (
                *(
                    "JUPYTERHUB_API_TOKEN",
                    "jupyterhub_user",
                    "PATH",
                    "LD_PRELOAD",
                    "PYTHONPATH",
                    "PYTHONSTARTUP",
                    "HOME",
                ),
                *("BASH_ENV", "ENV", "http_proxy", "HTTPS_PROXY", "NODE_OPTIONS", "GIT_SSH_COMMAND", "KUBECONFIG"),
                *("LESSOPEN", "CLASSPATH", "REQUESTS_CA_BUNDLE", "R_PROFILE", "MANPAGER", "SHELLOPTS", "BROWSER"),
                *("JPY_PARENT_PID", "PERL5OPT", "JAVA_OPTS", "PS1", "NB_UID", "KUBERNETES_SERVICE_HOST", "LD"),
            )
        ),
        *((name, "x", "a secret") for name in ("DB_PASSWORD", "TOKEN", "S3_ACCESS_KEY", "OPENAI_APIKEY", "api_secret")),
        ("DATABASE_URL", "postgresql://ada:hunter2@db:5432/x", "a secret"),
        ("A", None, "no plain value"),
        ("A", ["x"], "no plain value"),
        ("A", "x\ny", "not printable"),
        ("A", "x" * 4097, "longer than"),
    ],
)
def test_what_is_no_services_to_say_is_left_out_with_the_reason(name: object, value: object, why: str) -> None:
    found = found_in(config_map({"name": name} if value is None else variable(name, value), variable("GOOD")))
    assert found.environment == {"GOOD": "x"}
    assert why in found.left_out[0]
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: [", "not readable"),
        ("service: {environment_variables: [{name: A, value: 'x\x00'}]}", "not readable"),
        ("[" * 32_000, "not readable"),
        ("x" * 32_769, "longer than"),
        (
            yaml.safe_dump({"service": {"environment_variables": [variable(f"A{n}") for n in range(201)]}}),
            "more than 200",
        ),
    ],
)
def test_a_text_that_is_none_is_left_out_whole(text: str, why: str) -> None:
    found = found_in(config_map(text=text))
    assert found.environment == {}
    assert why in found.left_out[0]


@pytest.mark.parametrize(
    "text", ["", "service:", "service: [a]", "just words", "service: {environment_variables: {a: b}}"]
)
def test_a_service_may_have_nothing_to_say(text: str) -> None:
    assert found_in(config_map(text=text)) == Found("ml/entry", None, {})


def test_a_name_that_stands_twice_keeps_its_first_value() -> None:
    found = found_in(config_map(variable("A", "1"), variable("A", "2")))
    assert found.environment == {"A": "1"}
    assert found.left_out == ("'A' stands twice",)


@pytest.mark.parametrize(
    ("annotations", "for_ada", "for_bob"),
    [({}, True, True), ({"groups": "curators, analysts"}, True, False), ({"groups": ""}, False, False)],
)
def test_an_annotation_says_who_it_is_for(annotations: dict[str, str], for_ada: bool, for_bob: bool) -> None:
    found = found_in(config_map(variable("A"), **annotations))
    assert bool(environment_for([found], ADA)) is for_ada
    assert bool(environment_for([found], BOB)) is for_bob


def test_where_two_say_different_things_the_first_by_its_place_holds() -> None:
    found, left_out = as_much_as_fits([Found("b/x", None, {"A": "b", "B": "b"}), Found("a/x", None, {"A": "a"})])
    assert environment_for(found, BOB) == {"A": "a", "B": "b"}
    assert left_out == ()


def test_all_of_it_fits_into_an_annotation_of_the_pod() -> None:
    quotes = {f"A{n}": "'" * 4096 for n in range(9)}
    found, left_out = as_much_as_fits([Found(f"a/{n}", None, {f"{k}_{n}": v for k, v in quotes.items()}) for n in "12"])
    assert [each.place for each in found] == ["a/1"]
    assert "a/2" in left_out[0]
    assert len(exports(environment_for(found, BOB)).encode()) < 256 * 1024


@pytest.mark.parametrize(
    "value", ["plain", "two words", "it's", '"', "$(id) `id` $HOME \\", "; rm -rf /", "", "Größe 🚀", "a=b # c", "-n"]
)
def test_a_shell_that_sources_the_file_reads_exactly_what_was_said(value: str) -> None:
    done = subprocess.run(
        ["sh", "-c", '. /dev/stdin; printf %s "$SAID"'],
        input=exports({"SAID": value}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == (value, "")


def test_the_stack_file_goes_before_what_is_found_and_the_file_tells_the_same(settings: HubSettings) -> None:
    lake = DeclaredService(name="lake", groups=None, environment={"LAKE_HOST": "declared"}, files=())
    servers = settings.servers.model_copy(
        update={"services": (lake,), "service_discovery": SETTINGS, "environment": {"REGION": "ours"}}
    )
    parts = service_parts(
        servers, BOB, [Found("ml/x", None, {"LAKE_HOST": "found", "REGION": "theirs", "MORE": "it's"})]
    )
    assert parts.environment == {"LAKE_HOST": "declared", "REGION": "theirs", "MORE": "it's"}
    (annotation,) = parts.annotations.values()
    assert annotation.splitlines()[1:] == [
        "export LAKE_HOST=declared",
        "export MORE='it'\"'\"'s'",
        "export REGION=ours",
    ]
    (volume,), (mount,) = parts.volumes, parts.mounts
    assert mount["mountPath"] == "/home/jovyan/.config/site"
    (item,) = volume["downwardAPI"]["items"]
    assert item["path"] == "service-env.sh"
    assert item["fieldRef"]["fieldPath"] == f"metadata.annotations['{next(iter(parts.annotations))}']"


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    cluster = Cluster()
    await cluster.start()
    yield cluster
    await cluster.stop()


@pytest.fixture
async def api(cluster: Cluster) -> AsyncIterator[CoreV1Api]:
    async with ApiClient(Configuration(host=cluster.url)) as client:
        yield CoreV1Api(client)


@pytest.fixture(autouse=True)
def _always_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "REFRESH", 0.0)


async def test_what_the_named_namespaces_hold_is_found(
    cluster: Cluster, api: CoreV1Api, caplog: pytest.LogCaptureFixture
) -> None:
    foreign = config_map(variable("FOREIGN"))
    foreign["metadata"]["labels"] = {}
    cluster.config_maps = {"ml": [config_map(variable("A")), foreign], "data": [], "other": [config_map(variable("B"))]}
    found = await Directory().look(api, SETTINGS, LOG)
    assert found == [Found("ml/entry", None, {"A": "x"})]
    assert caplog.messages == []


async def test_the_last_good_answer_stays_and_the_reason_is_said_once(
    cluster: Cluster, api: CoreV1Api, caplog: pytest.LogCaptureFixture
) -> None:
    directory = Directory()
    cluster.config_maps = {"ml": [config_map(variable("A"))], "data": []}
    before = await directory.look(api, SETTINGS, LOG)
    del cluster.config_maps["data"]
    cluster.config_maps["ml"] = [config_map(variable("A", "new"), variable("PATH"))]
    for _ in range(2):
        (new,) = await directory.look(api, SETTINGS, LOG)
        assert new.environment == {"A": "new"}
    silent, left_out = sorted(caplog.messages, reverse=True)
    assert "namespace data cannot be asked" in silent
    assert "ml/entry: 'PATH' is not a service's to set" in left_out
    await cluster.stop()
    assert (await directory.look(api, SETTINGS, LOG))[0].environment == {"A": "new"} != before[0].environment


async def test_more_than_anybody_needs_is_left_out_and_said(
    cluster: Cluster, api: CoreV1Api, caplog: pytest.LogCaptureFixture
) -> None:
    entries = [config_map(variable(f"A{place}"), name=f"entry-{place:03}") for place in range(101)]
    cluster.config_maps = {"ml": entries, "data": entries[:100]}
    found = await Directory().look(api, SETTINGS, LOG)
    assert len(found) == 200
    assert caplog.messages == ["Service discovery: namespace ml has more than 100 of them, the others are left out"]


async def test_a_hub_that_was_never_answered_starts_servers_all_the_same(cluster: Cluster, api: CoreV1Api) -> None:
    cluster.silent = True
    assert await Directory().look(api, SETTINGS, LOG) == []


async def test_nobody_is_asked_again_at_once_and_nobody_where_nothing_is_looked_for(
    cluster: Cluster, api: CoreV1Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "REFRESH", 60.0)
    directory = Directory()
    cluster.config_maps = {"ml": [], "data": []}
    for _ in range(3):
        await directory.look(api, SETTINGS, LOG)
    assert len(cluster.calls) == 2
    assert await directory.look(api, None, LOG) == []
    assert len(cluster.calls) == 2
