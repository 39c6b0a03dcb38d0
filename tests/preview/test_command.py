"""The command as it is called: exit codes, messages, and the revision it compares with."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from preview.__main__ import main
from tests.preview.conftest import PROGRAMS, stack_file

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["preview", *map(str, arguments)])
        code = main()
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def git(repository: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", repository, *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with the small program as its only commit."""
    path = tmp_path / "repository"
    shutil.copytree(PROGRAMS / "small", path)
    git(path, "init", "--quiet")
    git(path, "add", ".")
    git(path, "commit", "--quiet", "--message", "small")
    return path


def test_the_tree_is_on_stdout_and_the_time_it_took_on_stderr(run: Run) -> None:
    code, out, err = run("show", "--stack", "dev", "--root", PROGRAMS / "small")
    assert code == 0
    assert out.startswith("stack dev: 10 resources\n├─ Hub hub\n")
    assert re.fullmatch(r"\d+\.\d\d s to evaluate the program, \d+\.\d\d s in all\n", err)
    assert run("show", "--stack", "dev", "--root", PROGRAMS / "small", "--format", "markdown")[1].startswith("### ")


def test_a_change_of_the_stack_file_or_the_program_shows(run: Run, repository: Path) -> None:
    show = ("show", "--stack", "dev", "--root", repository, "--base", "HEAD", "--exit-code")
    assert run(*show)[:2] == (0, "no changes, 10 resources the same\n")
    (repository / "Pulumi.dev.yaml").write_text(stack_file({"hub": {"spec.replicas": 2}}))
    program = repository / "__main__.py"
    program.write_text(program.read_text().replace("hub:1", "hub:2"))
    code, out, _ = run(*show)
    assert code == 2
    assert "      spec.replicas: 1 -> 2\n" in out
    assert '      spec.template.spec.containers[hub].image: "hub:1" -> "hub:2"\n' in out
    assert run(*show[:-1])[0] == 0
    markdown = run(*show[:-1], "--format", "markdown")[1]
    assert markdown.startswith("### What changes in stack `dev` since `HEAD`")


def test_a_revision_without_the_stack_means_that_everything_is_created(run: Run, repository: Path) -> None:
    (repository / "Pulumi.new.yaml").write_text(stack_file({}))
    code, out, _ = run("show", "--stack", "new", "--root", repository, "--base", "HEAD", "--exit-code")
    assert code == 2
    assert out.endswith("10 created, 0 unchanged\n")


@pytest.mark.parametrize("revision", ["nowhere", "--output=stolen"])
def test_an_unknown_revision_is_an_error(run: Run, repository: Path, revision: str) -> None:
    code, out, err = run("show", "--stack", "dev", "--root", repository, f"--base={revision}")
    assert (code, out) == (1, "")
    assert f"error: there is no git revision {revision!r}" in err
    assert err.count(revision) == 2, "git itself took it for a revision"


def test_a_revision_that_does_not_run_is_an_error_in_its_own_words(run: Run, repository: Path) -> None:
    shutil.copy(PROGRAMS / "raises" / "__main__.py", repository)
    git(repository, "commit", "--quiet", "--all", "--message", "broken")
    shutil.copy(PROGRAMS / "small" / "__main__.py", repository)
    code, _, err = run("show", "--stack", "dev", "--root", repository, "--base", "HEAD")
    assert code == 1
    assert "error: the program of revision HEAD does not run:" in err
    assert "LookupError: nothing of that name (__main__.py:6)" in err


@pytest.mark.parametrize(
    ("program", "complaint"),
    [
        ("refused", "error: Pulumi.dev.yaml is refused, 1 problem:\n  cluster: is missing\n"),
        ("raises", "error: LookupError: nothing of that name (__main__.py:6)\n"),
        ("calls", "error: NotImplementedError: the program asks for the function elsewhere:index:lookup;"),
    ],
)
def test_an_error_is_one_message(run: Run, program: str, complaint: str) -> None:
    code, out, err = run("show", "--stack", "dev", "--root", PROGRAMS / program)
    assert (code, out) == (1, "")
    assert complaint in err
    assert "Traceback" not in err


def test_a_render_is_what_an_update_declares_and_no_mere_preview(run: Run, tmp_path: Path) -> None:
    assert run("show", "--stack", "dev", "--root", PROGRAMS / "unpinned")[0] == 0
    code, _, err = run("render", "--stack", "dev", "--root", PROGRAMS / "unpinned", "--out", tmp_path / "out")
    assert code == 1
    assert err.startswith("error: no image is pinned yet\n")


def test_a_render_says_where_it_is_and_why_not(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("render", "--stack", "dev", "--root", PROGRAMS / "small", "--out", tmp_path / "out")
    assert (code, out) == (0, f"6 manifests of stack dev are in {tmp_path / 'out'}\n")
    code, _, err = run("render", "--stack", "dev", "--root", PROGRAMS / "foreign", "--out", tmp_path / "other")
    assert code == 1
    assert "error: stack dev cannot be rendered:\n  Tunnel tunnel" in err
