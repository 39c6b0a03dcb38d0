"""The lab's commands."""

import argparse
import fcntl
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager

from lab import build, ingress, parts, paths, process
from lab.down import down
from lab.problem import Problem
from lab.screen import say
from lab.up import up

DESCRIPTION = """\
A real single-node Kubernetes for a bare Debian machine.

`up` may be interrupted and repeated at any moment; when everything runs it takes a second or two.
`down` stops and removes everything but data: the cluster's state, volumes, images, certificates and logs stay below
/var/lib/jupyterhub-lab, so that the next `up` brings the same cluster back. `down --purge` deletes them too.
Built programs and Go's caches stay below ~/.cache/jupyterhub-platform either way, and so do installed packages."""


def parser() -> argparse.ArgumentParser:
    main = argparse.ArgumentParser("lab", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = main.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("up", help="start whatever of the lab does not run")
    stop = commands.add_parser("down", help="stop the lab and leave nothing behind but data")
    stop.add_argument("--purge", action="store_true", help="delete the data as well")
    commands.add_parser("status", help="one line per part; fails when one does not run")
    commands.add_parser(
        "registry", help=f"start an image registry on {paths.REGISTRY_ADDRESS}, which the lab can pull from"
    )
    commands.add_parser("ingress", help="run Traefik in the lab, for stacks that are reached under a host name")
    for verb in ("stop", "start"):
        one = commands.add_parser(verb, help=f"{verb} one part, to try what an outage does")
        one.add_argument("part", choices=[part.name for part in all_parts()])
    pause = commands.add_parser("pause-api", help="take the API server away for a while")
    pause.add_argument("seconds", type=float)
    return main


def all_parts() -> tuple[parts.Part, ...]:
    node = build.target() / "node"
    return (parts.containerd(), *parts.node_parts(node), parts.registry(node))


def part_named(name: str) -> parts.Part:
    return next(part for part in all_parts() if part.name == name)


def start_process(name: str) -> None:
    """Start one part again, with the data it had, and wait until it serves."""
    if not paths.CONFIG.exists():
        raise Problem("The lab is not up. Run `python3 -m lab up` first.")
    parts.ensure(part_named(name))


def stop_process(name: str) -> None:
    process.stop(part_named(name).name)


def pause_api(seconds: float) -> None:
    stop_process("kube-apiserver")
    try:
        time.sleep(seconds)
    finally:
        start_process("kube-apiserver")


def status() -> int:
    absent = 0
    for part in all_parts():
        found = process.running(part.name)
        serves = found is not None and part.ready()
        state = "serves" if serves else "does not answer" if found else "is not running"
        say(f"  {part.name:<26} {state}{f', process {found.pid}' if found else ''}, log {process.log_file(part.name)}")
        absent += part.name != "registry" and not serves
    return 1 if absent else 0


@contextmanager
def alone() -> Generator[None]:
    """Wait for another `up` or `down` to finish."""
    paths.LOCK.parent.mkdir(parents=True, exist_ok=True)
    with paths.LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another lab command is at work; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(arguments: argparse.Namespace) -> int:
    if arguments.command == "status":
        return status()
    with alone():
        match arguments.command:
            case "up":
                up()
            case "down":
                down(purge=arguments.purge)
            case "registry":
                start_process("registry")
                say(f"The registry answers on {paths.REGISTRY_ADDRESS}. `lab stop registry` ends it.")
            case "ingress":
                ingress.up()
            case "start":
                start_process(arguments.part)
            case "stop":
                stop_process(arguments.part)
            case _:
                pause_api(arguments.seconds)
    return 0


def main() -> int:
    try:
        return run(parser().parse_args())
    except Problem as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Run the same command again; it goes on from where it was.", file=sys.stderr)
        return 130
