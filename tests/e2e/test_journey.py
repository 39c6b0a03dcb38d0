"""The promise of the README, as a person lives it: log in, start, run a cell, and find the file again tomorrow."""

import contextlib
import http.client
import time
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error, WebSocket, expect

from tests.e2e.cluster import eventually, kubectl, objects, pod_of
from tests.e2e.person import Seat

pytestmark = [pytest.mark.lab, pytest.mark.browser]
USERS = "jupyterhub-users"


def test_a_wrong_password_is_refused(person: Seat, dev_hub: str) -> None:
    stranger = person(dev_hub, "alice", "not the password")
    stranger.page.goto(f"{dev_hub}/hub/login")
    stranger.identify()
    expect(stranger.page.get_by_text("Invalid username or password")).to_be_visible()
    stranger.page.goto(f"{dev_hub}/hub/home")
    stranger.is_asked()


def test_a_file_is_there_again_after_the_server_was_stopped(person: Seat, dev_hub: str, dev_password: str) -> None:
    alice = person(dev_hub, "alice", dev_password)
    alice.log_in()
    alice.start(profile="small")
    alice.open_notebook()
    written = f"written at {time.time()}"
    alice.run(f"open('/home/jovyan/kept.txt', 'w').write({written!r}); print(6 * 7)")
    alice.sees_output("42")

    alice.stop()
    eventually(
        "alice's pod is gone", lambda: not objects("pod", USERS, "--selector", "hub.jupyter.org/username=alice"), 60
    )
    alice.start(profile="large")
    alice.open_notebook()
    alice.run("print('read back:', open('/home/jovyan/kept.txt').read())")
    alice.sees_output(f"read back: {written}")


def test_nobody_gets_into_a_server_of_somebody_else(person: Seat, dev_hub: str, dev_password: str) -> None:
    alice, bob = person(dev_hub, "alice", dev_password), person(dev_hub, "bob", dev_password)
    for user in (alice, bob):
        user.log_in()
        user.start(profile="small")

    response = bob.page.goto(f"{dev_hub}/user/alice/lab")
    assert response is not None
    assert response.status == 403
    answer = bob.page.request.get(f"{dev_hub}/user/alice/api/contents")
    assert answer.status == 403

    address = pod_of(USERS, "alice")["status"]["podIP"]
    assert not _connects(USERS, pod_of(USERS, "bob")["metadata"]["name"], address)
    [hub] = objects("pod", "jupyterhub", "--selector", "app.kubernetes.io/component=hub")
    assert _connects("jupyterhub", hub["metadata"]["name"], address)


def _connects(namespace: str, pod: str, address: str) -> bool:
    """Whether a pod reaches the notebook port of an address, tried with a real packet."""
    attempt = f"import socket; socket.create_connection(({address!r}, 8888), timeout=4)"
    answer = kubectl("exec", "--namespace", namespace, pod, "--", "python3", "-c", attempt, check=False)
    assert answer == "" or "timed out" in answer or "refused" in answer, answer
    return answer == ""


def test_options_are_judged_by_the_hub_and_not_by_the_form(person: Seat, dev_hub: str, dev_password: str) -> None:
    bob = person(dev_hub, "bob", dev_password)
    bob.log_in()
    wishes: list[dict[str, object]] = [{"profile": "gigantic"}, {"image": "evil/image"}, {"profile": "small", "uid": 0}]
    for options in wishes:
        answer = bob.asks_for(options)
        assert answer.status == 400, answer.text


def test_a_hub_that_is_killed_cuts_nobody_off(person: Seat, dev_hub: str, dev_password: str) -> None:
    alice = person(dev_hub, "alice", dev_password)
    kernels: list[WebSocket] = []
    alice.page.on("websocket", lambda socket: kernels.append(socket) if "/api/kernels/" in socket.url else None)
    alice.log_in()
    alice.start(profile="small")
    alice.open_notebook()
    alice.run("import time\nfor tick in range(40):\n    print('tick', tick, flush=True); time.sleep(1)")
    alice.sees_output("tick 2")
    before = pod_of(USERS, "alice")["metadata"]["uid"]
    connected = [kernel for kernel in kernels if not kernel.is_closed()]
    assert connected

    kubectl("delete", "pod", "--namespace", "jupyterhub", "--selector", "app.kubernetes.io/component=hub", "--force")
    alice.sees_output("tick 39", seconds=90)
    assert [kernel for kernel in connected if kernel.is_closed()] == []
    assert [kernel for kernel in kernels if not kernel.is_closed()] == connected
    eventually("the hub answers again", lambda: _healthy(dev_hub), 60)

    assert pod_of(USERS, "alice")["metadata"]["uid"] == before
    again = person(dev_hub, "alice", dev_password)
    again.log_in()
    again.page.goto(f"{dev_hub}/user/alice/lab")
    expect(again.page.locator("#jp-main-dock-panel")).to_be_visible(timeout=60_000)


def test_a_proxy_that_is_killed_knows_its_routes_again_within_seconds(
    person: Seat, dev_hub: str, dev_password: str
) -> None:
    alice = person(dev_hub, "alice", dev_password)
    alice.log_in()
    alice.start(profile="small")
    before = pod_of(USERS, "alice")["metadata"]["uid"]
    kubectl("delete", "pod", "--namespace", "jupyterhub", "--selector", "app.kubernetes.io/component=proxy", "--force")
    eventually("alice's server answers again", lambda: _answers(f"{dev_hub}/user/alice/api"), 60)
    alice.page.goto(f"{dev_hub}/user/alice/lab")
    expect(alice.page.locator("#jp-main-dock-panel")).to_be_visible(timeout=60_000)
    assert pod_of(USERS, "alice")["metadata"]["uid"] == before


def _answers(url: str) -> bool:
    """With 200 itself: a redirect to elsewhere is no answer."""
    address = urlsplit(url)
    with (
        contextlib.suppress(OSError, http.client.HTTPException),
        contextlib.closing(http.client.HTTPConnection(address.netloc, timeout=3)) as connection,
    ):
        connection.request("GET", address.path)
        return connection.getresponse().status == 200
    return False


def _healthy(hub: str) -> bool:
    return _answers(f"{hub}/hub/health")


def test_logging_out_ends_the_session(person: Seat, dev_hub: str, dev_password: str) -> None:
    bob = person(dev_hub, "bob", dev_password)
    bob.log_in()
    bob.log_out()
    bob.page.goto(f"{dev_hub}/hub/home")
    bob.is_asked()


def test_an_idle_server_is_stopped_and_its_home_stays(person: Seat, postgres_hub: tuple[str, str]) -> None:
    hub, password = postgres_hub
    carol = person(hub, "carol", password)
    carol.log_in()
    carol.start()
    with contextlib.suppress(Error):
        carol.page.goto("about:blank")  # an open JupyterLab counts as use
    hers = ("--selector", "hub.jupyter.org/username=carol")
    eventually("carol's idle server is gone", lambda: not objects("pod", "e2e-users", *hers), 180)
    assert [claim["status"]["phase"] for claim in objects("persistentvolumeclaim", "e2e-users", *hers)] == ["Bound"]
