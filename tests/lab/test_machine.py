"""What the lab asks of a machine, and how it puts things back."""

import json
from contextlib import nullcontext
from pathlib import Path

import pytest

from lab import down, machine, paths
from lab.cli import main
from lab.problem import Problem

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'
UBUNTU = 'ID=ubuntu\nID_LIKE="debian"\n'
FEDORA = 'PRETTY_NAME="Fedora Linux 43"\nID=fedora\n'


@pytest.mark.parametrize(
    ("system", "user", "release", "reason"),
    [
        ("Linux", 0, DEBIAN, None),
        ("Linux", 0, UBUNTU, None),
        ("Linux", 0, FEDORA, "Fedora Linux 43"),
        ("Linux", 0, "", "another system"),
        ("Linux", 1000, DEBIAN, "needs root"),
        ("Darwin", 0, "", "this is Darwin"),
    ],
)
def test_where_the_lab_runs(system: str, user: int, release: str, reason: str | None) -> None:
    said = machine.refusal(system, user, release)
    assert (said is None) == (reason is None)
    assert (reason or "") in (said or "")


@pytest.mark.parametrize("command", ["up", "down"])
def test_elsewhere_it_names_the_key_of_a_cluster_of_ones_own(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("sys.argv", ["lab", command])
    monkeypatch.setattr(paths, "LOCK", tmp_path / "lock")
    assert main() != 0
    assert "cluster: {kind: context, context:" in capsys.readouterr().err


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Kernel settings that are plain files."""
    wanted = {"net/forward": "1", "fs/watchers": "1024"}
    monkeypatch.setattr(machine, "SETTINGS", wanted)
    monkeypatch.setattr(machine, "AT_LEAST", {"fs/watchers"})
    monkeypatch.setattr(machine, "setting", tmp_path.joinpath)
    monkeypatch.setattr(paths, "STATE", tmp_path / "state")
    monkeypatch.setattr(paths, "CHANGES", tmp_path / "state" / "changes.json")
    for name, value in {"net/forward": "0\n", "fs/watchers": "128\n"}.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(value)
    return tmp_path


def test_settings_are_put_back_as_they_were_at_first(settings: Path) -> None:
    machine.change_settings(machine.pending_settings())
    assert machine.pending_settings() == {}
    # Somebody sets one back while the lab is up; the lab sets it again, and must still know the first value.
    (settings / "fs/watchers").write_text("64")
    machine.change_settings(machine.pending_settings())
    machine.restore_settings()
    assert {name: (settings / name).read_text().strip() for name in machine.SETTINGS} == {
        "net/forward": "0",
        "fs/watchers": "128",
    }
    assert not paths.CHANGES.exists()


def test_what_already_suffices_is_left_alone(settings: Path) -> None:
    (settings / "fs/watchers").write_text("8192")
    assert machine.pending_settings() == {"net/forward": "1"}


def test_notes_from_before_a_restart_of_the_machine_are_not_put_back(settings: Path) -> None:
    paths.STATE.mkdir()
    paths.CHANGES.write_text(json.dumps({"boot": "an earlier one", "settings": {"net/forward": "7"}}))
    machine.restore_settings()
    assert (settings / "net/forward").read_text() == "0\n"


def test_a_kernel_without_a_setting_is_refused_by_its_name(settings: Path) -> None:
    (settings / "net/forward").unlink()
    with pytest.raises(Problem, match="net/forward"):
        machine.pending_settings()


def test_stray_files_are_only_the_labs_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "CONTAINER_LOGS", tmp_path / "containers")
    monkeypatch.setattr(machine, "NETWORK_RESULTS", tmp_path / "results")
    monkeypatch.setattr(machine, "DEVICE_PLUGINS", tmp_path / "kubelet" / "plugins")
    for directory in (machine.CONTAINER_LOGS, machine.NETWORK_RESULTS, machine.DEVICE_PLUGINS):
        directory.mkdir(parents=True)
    (machine.CONTAINER_LOGS / "ours.log").symlink_to(paths.POD_LOGS / "pod" / "0.log")
    (machine.CONTAINER_LOGS / "theirs.log").symlink_to("/var/log/pods/pod/0.log")
    for result in ("jhlab-0a-eth0", "cni-loopback-0a-lo", "cni-loopback-0b-lo", "podman-0b-eth0"):
        (machine.NETWORK_RESULTS / result).touch()
    (machine.DEVICE_PLUGINS / "kubelet.sock").touch()

    machine.delete_stray_files()
    left = {path.name for path in tmp_path.rglob("*")}
    assert left == {"containers", "theirs.log", "results", "cni-loopback-0b-lo", "podman-0b-eth0"}


def test_only_mounts_below_the_labs_directories_are_undone_innermost_first() -> None:
    mountinfo = """\
22 1 254:0 / / rw - ext4 /dev/vda rw
30 22 0:30 / /run/lab rw - tmpfs tmpfs rw
31 30 0:31 / /run/lab/pod\\040one/rootfs rw - overlay overlay rw
32 22 0:32 / /run/laboratory rw - tmpfs tmpfs rw
33 22 0:33 / /var/lib/lab/volume rw - tmpfs tmpfs rw
"""
    found = down.mounted_below(mountinfo, (Path("/run/lab"), Path("/var/lib/lab")))
    assert found == ["/var/lib/lab/volume", "/run/lab/pod one/rootfs", "/run/lab"]


def test_nothing_is_deleted_while_something_is_mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "STATE", tmp_path)
    monkeypatch.setattr(down, "mounts", lambda: [str(tmp_path / "volume")])
    (tmp_path / "precious").touch()
    with pytest.raises(Problem, match="Still mounted"):
        down.delete_files(purge=True)
    assert (tmp_path / "precious").exists()


@pytest.mark.parametrize(
    ("before", "after"),
    [(None, None), (machine.GUARD_TEXT, None), ("#!/bin/sh\nexit 0\n", "#!/bin/sh\nexit 0\n")],
)
@pytest.mark.parametrize("fails", [False, True])
def test_no_service_starts_while_packages_are_installed(
    before: str | None, after: str | None, fails: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard = tmp_path / "policy-rc.d"
    monkeypatch.setattr(machine, "SERVICE_GUARD", guard)
    if before:
        guard.write_text(before)
    calls: list[tuple[str, ...]] = []

    def run(*command: str, environment: dict[str, str]) -> str:
        assert guard.exists()
        assert environment["DEBIAN_FRONTEND"] == "noninteractive"
        calls.append(command)
        if fails and "install" in command:
            raise Problem("no such package")
        return ""

    monkeypatch.setattr(machine, "run", run)
    with pytest.raises(Problem) if fails else nullcontext():
        machine.install(["runc"])
    assert calls[-1][-2:] == ("install", "runc")
    assert (guard.read_text() if guard.exists() else None) == after
