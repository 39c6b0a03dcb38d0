"""`lab down`: stop what the lab started and take back what it changed, each by its own id, path or name."""

import os
import shutil
import signal
import time
from pathlib import Path

from lab import cgroups, health, images, machine, paths, process
from lab.commands import run, try_run
from lab.problem import Problem
from lab.screen import say, step

# The kubelet goes first, or it would start again what is being stopped; what others lean on goes last.
ORDER = (
    "kubelet",
    "kube-scheduler",
    "kube-controller-manager",
    "policies",
    "storage",
    "kube-proxy",
    "registry",
    "kube-apiserver",
    "etcd",
)
POD_SECONDS = 10.0
# What a plain `down` keeps: with these, `up` brings back the same cluster, its volumes and its images.
KEPT = ("etcd", "volumes", "certificates", "containerd", "log")


def down(*, purge: bool) -> None:
    machine.check()
    begun = time.monotonic()
    with step("processes") as note:
        names = [*ORDER, *(name for name in process.all_names() if name not in (*ORDER, "containerd"))]
        note.say(f"stopped {sum(process.stop(name) for name in names)}")
    with step("pods") as note:
        note.say(f"stopped {stop_containers()} containers")
    with step("containerd") as note:
        note.say("stopped" if process.stop("containerd") else "was not running")
    with step("control groups") as note:
        kill_members()
        cgroups.remove()
        note.say("removed")
    with step("mounts") as note:
        note.say(f"unmounted {unmount_all()}")
    with step("network and settings") as note:
        machine.delete_network()
        machine.restore_settings()
        note.say("removed and restored")
    with step("files") as note:
        machine.delete_stray_files()
        delete_files(purge=purge)
        note.say("deleted")
    kept = "" if purge else f" Data stays in {paths.STATE} ({', '.join(KEPT)}); `lab down --purge` deletes it."
    say(f"The lab is down after {time.monotonic() - begun:.1f} s.{kept}")


def stop_containers() -> int:
    """Ask every container to end, wait a little, then make it."""
    if not health.containerd():
        return 0
    containers = run(*images.CTR, "containers", "ls", "-q").split()
    for container in containers:
        try_run(*images.CTR, "tasks", "kill", "--signal", "SIGTERM", container)
    process.wait(lambda: " RUNNING" not in run(*images.CTR, "tasks", "ls"), POD_SECONDS)
    if containers:
        try_run(*images.CTR, "tasks", "rm", "--force", *containers)
        try_run(*images.CTR, "containers", "rm", *containers)
    return len(containers)


def kill_members() -> None:
    """End what is left in the lab's own control groups: shims, and containers of a containerd that had died."""

    def none_left() -> bool:
        for pid in cgroups.members():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        return not cgroups.members()

    if not process.wait(none_left, POD_SECONDS):
        raise Problem(f"These processes of the lab do not end: {sorted(cgroups.members())}. Run this again.")


def mounted_below(mountinfo: str, roots: tuple[Path, ...]) -> list[str]:
    """Mount points below the roots, the innermost first."""
    points = [line.split()[4].replace("\\040", " ") for line in mountinfo.splitlines()]
    ours = [point for point in points if any(Path(point).is_relative_to(root) for root in roots)]
    return list(reversed(ours))


def mounts() -> list[str]:
    return mounted_below(Path("/proc/self/mountinfo").read_text(), (paths.STATE, paths.RUN))


def unmount_all() -> int:
    count = 0
    for point in mounts():
        if try_run("umount", point).returncode:
            run("umount", "--lazy", point)
        count += 1
    return count


def delete_files(*, purge: bool) -> None:
    left = mounts()
    if left:  # deleting through a mount would delete what is on its other side
        raise Problem(f"Still mounted: {' '.join(left)}. Nothing was deleted; run this again.")
    shutil.rmtree(paths.RUN, ignore_errors=True)
    if paths.STATE.exists():
        for path in paths.STATE.iterdir():
            if purge or path.name not in KEPT:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        if purge:
            paths.STATE.rmdir()
            paths.KUBECONFIG.unlink(missing_ok=True)
