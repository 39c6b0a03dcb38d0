"""A home before its server starts, on a real file system."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from settings.load import ROOT
from workspace.home import make_ready


def test_directories_are_made_and_what_is_in_them_stays(tmp_path: Path) -> None:
    (tmp_path / "thinkube").mkdir()
    (tmp_path / "thinkube" / "mine.txt").write_text("mine")
    mounts = [tmp_path / "thinkube" / "datasets", tmp_path / ".config" / "platform"]
    make_ready(tmp_path, mounts)
    make_ready(tmp_path, mounts)
    assert all(mount.is_dir() for mount in mounts)
    assert (tmp_path / "thinkube" / "mine.txt").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".config", "thinkube"]


def test_files_are_moved_aside_and_not_hidden(tmp_path: Path) -> None:
    mount = tmp_path / "scratch"
    mount.mkdir()
    (mount / "kept.txt").write_text("kept")
    make_ready(tmp_path, [mount])
    mount.rmdir()
    mount.write_text("a file")
    make_ready(tmp_path, [mount])
    assert list(mount.iterdir()) == []
    assert (tmp_path / "scratch.moved" / "kept.txt").read_text() == "kept"
    assert (tmp_path / "scratch.moved-2").read_text() == "a file"


@pytest.mark.parametrize("link", ["scratch", "work"])
def test_a_link_leads_no_mount_elsewhere(tmp_path: Path, link: str) -> None:
    home, outside = tmp_path / "home", tmp_path / "outside"
    home.mkdir()
    outside.mkdir()
    (home / link).symlink_to(outside)
    make_ready(home, [home / "scratch", home / "work" / "deep"])
    assert list(outside.iterdir()) == []
    assert not (home / link).is_symlink()


def test_a_home_nobody_can_write_to_is_told_and_not_used() -> None:
    if os.getuid():
        pytest.skip("only root can become another user")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        home = Path(folder, "home")
        home.mkdir(mode=0o755)
        refused = _as_a_user(home)
        assert refused.returncode == 1
        assert "user 1000 of group 100 cannot write" in refused.stderr
        assert "belongs to user 0 of group 0 with mode 755" in refused.stderr
        home.chmod(0o777)
        assert _as_a_user(home).returncode == 0
        assert list(home.iterdir()) == []


def _as_a_user(home: Path) -> "subprocess.CompletedProcess[str]":
    system_python = "/usr/bin/python3"
    return subprocess.run(
        [system_python, "-m", "workspace.home", str(home)],
        cwd="/",
        env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        user=1000,
        group=100,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
    )
