"""`python -m bench`: measures, prints, and writes docs/benchmarks.md; each section whole, or not at all."""

import argparse
import subprocess
import sys

from bench import bring_up, document, evaluation, hubs
from bench.hubs import RunningHub
from bench.machine import provenance
from bench.visitor import Visitor
from deploy import cluster, reach
from deploy.console import say
from deploy.kubectl import Kubectl
from lab.problem import Problem
from settings import Settings, SettingsError
from settings.exposure import PortForward
from settings.identity import Identity, KeycloakIdentity, KeycloakInCluster, PasswordIdentity
from settings.load import ROOT, read, stack_file

SECTIONS = ("evaluation", "up", "hub", "peer")
_VISITORS = 2


def main() -> int:
    options = _options()
    try:
        where = provenance()
        wanted = options.only or (*SECTIONS[:3], *(["peer"] if options.peer else []))
        for name in wanted:
            say(f"\n=== {name}")
            body = f"{where}\n\n{_measure(name, options)}"
            say(f"\n{body}")
            document.write(name, body)
    except (Problem, SettingsError) as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--stack", default="dev", help="the stack that is up (dev)")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, help="these sections")
    parser.add_argument("--runs", type=int, default=5, help="how often all but spawns is measured (5)")
    parser.add_argument("--spawns", type=int, default=20, help="how many servers are started (20)")
    parser.add_argument(
        "--cold", action="store_true", help="also make up from nothing: DELETES the lab and all its data"
    )
    parser.add_argument(
        "--peer", metavar="PORT", type=int, help="another hub behind this port of 127.0.0.1, measured in turn with ours"
    )
    parser.add_argument("--peer-title", default="Zero to JupyterHub's defaults")
    parser.add_argument("--peer-namespace", default="z2jh-bench")
    parser.add_argument("--peer-password", default="any", help="its users are called like ours")
    options = parser.parse_args()
    if options.only and "peer" in options.only and not options.peer:
        parser.error("--only peer: say where it is with --peer")
    return options


def _measure(section: str, options: argparse.Namespace) -> str:
    if section == "evaluation":
        return evaluation.section(options.runs)
    if section == "up":
        return bring_up.section(options.stack, options.runs, cold=options.cold)
    settings = read(stack_file(options.stack))
    kubectl = cluster.reach(settings.cluster)
    ours = _ours(options.stack, settings)
    measured = [ours] if section == "hub" else [ours, _peer(options, ours)]
    return _both(measured, options, kubectl)


def _both(measured: list[RunningHub], options: argparse.Namespace, kubectl: Kubectl) -> str:
    return hubs.clicks(measured, options.spawns) + "\n\n" + hubs.restarts(measured, options.runs, kubectl)


def _ours(stack: str, settings: Settings) -> RunningHub:
    exposure = settings.exposure
    if not isinstance(exposure, PortForward):
        raise Problem(
            "exposure.kind: only a hub behind a port of this machine is measured; choose a stack with port_forward"
        )
    if trouble := reach.answer(settings):
        raise Problem(f"{reach.url(settings)}: {trouble}; run make up STACK={stack} first")
    # In a process of its own: this one stays small, so that the peak memory of an evaluation is its own.
    command = (sys.executable, "-m", "deploy", "password", "--stack", stack)
    password = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    names = _with_that_password(settings.identity)[:_VISITORS]
    visitors = [Visitor(exposure.port, name, password) for name in names]
    profiles = settings.users.profiles
    return RunningHub(
        f"stack {stack}",
        settings.namespace.name,
        visitors,
        {"profile": profiles[0].name} if len(profiles) > 1 else {},
    )


def _with_that_password(identity: Identity) -> list[str]:
    """Who need not look after others, if anybody."""
    match identity:
        case PasswordIdentity(admins=admins, users=users):
            return sorted(users or admins)
        case KeycloakIdentity(server=KeycloakInCluster(people=people), groups=groups):
            return sorted(name for name, theirs in people.items() if theirs & groups.users) or sorted(people)
        case _:
            raise Problem(
                "identity.kind: people's own passwords are known to nobody else; measure a stack that begins with one"
            )


def _peer(options: argparse.Namespace, ours: RunningHub) -> RunningHub:
    visitors = [Visitor(options.peer, visitor.name, options.peer_password) for visitor in ours.visitors]
    return RunningHub(options.peer_title, options.peer_namespace, visitors, {})


if __name__ == "__main__":
    sys.exit(main())
