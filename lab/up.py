"""`lab up`: everything from a bare machine to a Ready node, in steps that each may already be done."""

import string
import time

from lab import build, certificates, cgroups, definitions, health, images, machine, parts, paths, process, resolver
from lab.commands import run
from lab.problem import Problem
from lab.screen import say, step

MANIFESTS = ("policies.yaml", "storage.yaml", "dns.yaml")
BUILD_MEGABYTES = 8000
READY_SECONDS = 120


def up() -> None:
    begun = time.monotonic()
    machine.check()
    announce()
    prepare_machine()
    prepare_programs()
    start_parts()
    apply_manifests()
    apply_definitions()
    wait_until_ready()
    say(
        f"The lab is up after {time.monotonic() - begun:.1f} s. Next: {paths.KUBECTL} --kubeconfig {paths.KUBECONFIG} get pods -A"
    )


def announce() -> None:
    """Say what is about to change on the machine, before it changes."""
    packages, settings = machine.missing_packages(), machine.pending_settings()
    if packages:
        say(f"Will install with apt, without starting their services: {' '.join(packages)}")
    if settings:
        say(f"Will set until `lab down`: {', '.join(f'{name}={value}' for name, value in settings.items())}")
    if not build.is_built():
        build.check_go()
        free = machine.free_megabytes(paths.CACHE.parent if paths.CACHE.parent.exists() else paths.CACHE.home())
        if free < BUILD_MEGABYTES:
            raise Problem(f"Building needs {BUILD_MEGABYTES} MB below {paths.CACHE}, and {free} MB are free.")
        say(
            f"Will build Kubernetes {build.kubernetes_version()} from source into {paths.CACHE} (5 to 10 minutes the first time)."
        )
    if not paths.STATE.exists():
        say(
            f"Will keep the cluster below {paths.STATE} and {paths.RUN}, on the bridge {paths.BRIDGE} ({paths.POD_RANGE})."
        )


def prepare_machine() -> None:
    with step("packages") as note:
        packages = machine.missing_packages()
        if packages:
            machine.install(packages)
            note.say(f"installed {len(packages)}")
    with step("kernel settings") as note:
        pending = machine.pending_settings()
        machine.change_settings(pending)
        if pending:
            note.say(f"changed {len(pending)}")
    with step("network and control groups") as note:
        machine.make_network()
        cgroups.make()
        note.say("there")


def prepare_programs() -> None:
    with step("programs") as note:
        if not build.is_built():
            build.build()
            note.say("built")
        build.link_kubectl()
        machine.link_plugins(build.target())
    with step("certificates") as note:
        made = certificates.make_all()
        certificates.write_kubeconfigs()
        if made:
            note.say(f"made {made}")
    parts.write_config(images.reference("pause", build.target()))


def start_parts() -> None:
    on_node = parts.node_parts(build.target() / "node")
    # What runs with other settings ends before what it leans on does.
    for part in reversed((parts.containerd(), *on_node)):
        if parts.is_outdated(part):
            process.stop(part.name)
    start(parts.containerd())
    with step("images") as note:
        there = images.loaded()
        absent = [name for name in images.NAMES if images.reference(name, build.target()) not in there]
        for name in absent:
            images.load(name, build.target())
        images.discard_old(build.kept())
        if absent:
            note.say(f"loaded {', '.join(absent)}")
    for part in on_node:
        start(part)


def start(part: parts.Part) -> None:
    with step(part.name) as note:
        if parts.ensure(part):
            note.say("started")


def kubectl(*arguments: str, stdin: str | None = None) -> str:
    return run(
        paths.KUBECTL, "--kubeconfig", paths.KUBECONFIG, *arguments, stdin=stdin, environment=process.environment()
    )


def kubectl_apply(manifests: str) -> str:
    return kubectl("apply", "--server-side", "--force-conflicts", "--field-manager=lab", "-f", "-", stdin=manifests)


def apply_manifests() -> None:
    with step("manifests") as note:
        values = {
            "NODE_IMAGE": images.reference("node", build.target()),
            "DNS_SERVICE": paths.DNS_SERVICE,
            "FORWARD": resolver.forward_line(resolver.read()),
        }
        text = "\n---\n".join((paths.FILES / name).read_text() for name in MANIFESTS)
        manifests = string.Template(text).substitute(values)
        done = kubectl_apply(manifests)
        note.say(f"applied {len(done.splitlines())}")


def apply_definitions() -> None:
    with step("definitions") as note:
        if not definitions.are_applied():
            done = kubectl_apply(definitions.manifests())
            definitions.note_applied()
            note.say(f"applied {len(done.splitlines())}")


def wait_until_ready() -> None:
    """The API may still say what was true before the last `down`; only an answer from inside a pod is proof."""
    with step("node and DNS") as note:
        if not process.wait(health.dns, READY_SECONDS):
            state = kubectl("get", "nodes,pods", "-A", "-o", "wide")
            events = kubectl("-n", "kube-system", "get", "events", "--sort-by=.lastTimestamp")
            raise Problem(f"CoreDNS does not answer.\n{state}\n" + "\n".join(events.splitlines()[-5:]))
        kubectl("wait", "--for=condition=Ready", f"node/{paths.NODE}", f"--timeout={READY_SECONDS}s")
        note.say("ready")
