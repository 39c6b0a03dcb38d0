"""Clones of a real repository, from a real server."""

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workspace.git_server import serving
from workspace.clone import NOTE, clone

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
PATIENCE = 20


def commit(repository: Path, name: str) -> None:
    (repository / name).write_text(name)
    git = ["git", "-C", str(repository), "-c", "user.name=ann", "-c", "user.email=ann@example.org"]
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", name], check=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = tmp_path / "served" / "examples"
    subprocess.run(["git", "init", "--quiet", str(made)], check=True)
    commit(made, "first.ipynb")
    return made


@pytest.fixture
def address(repository: Path) -> Iterator[str]:
    server = serving(str(repository.parent), "127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/examples/.git"
    server.shutdown()
    server.server_close()


def test_each_clone_is_fresh(repository: Path, address: str, tmp_path: Path) -> None:
    into = tmp_path / "room" / "repository"
    into.parent.mkdir()
    assert clone(address, into, PATIENCE) is None
    (into / "scribbled.txt").write_text("by the user")
    commit(repository, "second.ipynb")
    assert clone(address, into, PATIENCE) is None
    assert sorted(path.name for path in into.glob("*.*") if path.name != ".git") == ["first.ipynb", "second.ipynb"]
    history = subprocess.run(["git", "-C", str(into), "log", "--oneline"], check=True, capture_output=True, text=True)
    assert len(history.stdout.splitlines()) == 1, "only the last commit is fetched"


def test_what_cannot_be_cloned_leaves_a_note(repository: Path, address: str, tmp_path: Path) -> None:
    into = tmp_path / "repository"
    missing = address.replace("examples", "nothing")
    assert clone(missing, into, PATIENCE)
    assert [path.name for path in into.iterdir()] == [NOTE]
    assert missing in (into / NOTE).read_text()
    assert not into.with_name("repository.partial").exists()
    assert clone(address, into, PATIENCE) is None
    assert not (into / NOTE).exists()


def test_a_server_that_says_nothing_is_not_waited_for(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        problem = clone(f"http://127.0.0.1:{silent.getsockname()[1]}/x.git", tmp_path / "repository", 1)
    assert problem == "it took longer than 1 seconds"
    assert time.monotonic() - started < 10
    assert "it took longer" in (tmp_path / "repository" / NOTE).read_text()


def test_nothing_but_http_is_spoken(repository: Path, tmp_path: Path) -> None:
    for other in (str(repository), f"file://{repository}", "ext::touch% /tmp/owned"):
        problem = clone(other, tmp_path / "repository", PATIENCE)
        assert problem is not None
        assert "not allowed" in problem
