"""What `make up` and its relatives do, phase by phase."""

from functools import partial
from pathlib import Path

from components.hub import check as hub_check
from components.naming import HUB, SERVER
from deploy import cluster, direct, expected, forward, inventory, kept, reach, rollout
from deploy.console import Phases, note, say
from deploy.engine import Engine, engine_home
from deploy.kubectl import FIELD_MANAGER, Kubectl
from deploy.lock import exclusively
from deploy.login import Login, login_of
from deploy.obtain import UnavailableError, obtain
from deploy.program import Program
from deploy.stack import Secrets, Stack, brought_up_by, evaluate, gather, load, login_password
from deploy.values import generated
from deploy.way import ENGINE_MANAGER, Way, choose
from lab.problem import Problem
from settings.cluster import Lab
from settings.identity import AccessIdentity, KeycloakIdentity, KeycloakInCluster, PasswordIdentity


def up(name: str, forced: Way | None) -> None:
    phases = Phases()
    with phases.phase("settings", f"reading the file of stack {name}"):
        stack = load(name)
        reach.require_port(name, stack.settings)
    with exclusively(_lock_of(name)):
        with phases.phase("traits", "asking the pinned JupyterHub whether it accepts the settings"):
            note("it does" if hub_check.check(stack.settings, stack.source.name) else "it did so before")
        with phases.phase(
            "cluster", "the lab" if isinstance(stack.settings.cluster, Lab) else stack.settings.cluster.context
        ):
            cluster.prepare(stack.settings, name)
            kubectl = cluster.reach(stack.settings.cluster)
            expected.require(stack.settings, kubectl)
        with phases.phase("kept", "homes, volumes and the database stay what they are"):
            kept.require(stack.settings, name, stack.source.name, kubectl)
        with phases.phase("way", "by the engine, or without"):
            program = evaluate(stack)
            engine, unavailable = (None, None) if forced == "kubectl" else _engine(stack, kubectl, program)
            way = choose(name, forced, brought_up_by(stack, kubectl), unavailable)
            reason = unavailable or "as was asked for"
            require_possible(program, way, reason)
            note(f"with the Pulumi engine {engine.program}" if engine else f"with kubectl alone: {reason}")
        with phases.phase("apply", f"{len(program.objects)} objects"):
            secrets = gather(stack, kubectl, program, way)
            reach.connect(reach.to_login(name, stack.settings), kubectl)
            if engine:
                engine.prepare(secrets.declared)
            login = _login(stack, kubectl, secrets, engine)
            if login:
                login.require()
            if engine:
                _engine_up(engine, kubectl, program, secrets, login)
            else:
                direct.up(kubectl, program, secrets.kept, secrets.files)
        with phases.phase("rollout", ", ".join(str(workload) for workload in program.workloads)):
            rollout.wait(kubectl, program.workloads)
        if login:
            with phases.phase("realm", login.agreed.issuer):
                login.bring()
        with phases.phase("reach", reach.url(stack.settings)):
            reach.connect(reach.forwarded(name, stack.settings), kubectl)
            reach.require_health(name, stack.settings)
    say(phases.summary())
    say(welcome(stack))


def destroy(name: str, *, data: bool) -> None:
    stack = load(name)
    kubectl = cluster.reach(stack.settings.cluster)
    with exclusively(_lock_of(name)):
        way = brought_up_by(stack, kubectl)
        if way is None:
            say(f"stack {name} is not on the cluster {kubectl.context}")
            return
        engine, unavailable = _engine(stack, kubectl, evaluate(stack)) if way == "engine" else (None, None)
        if unavailable:
            raise Problem(f"stack {name} was brought up with the Pulumi engine, and {unavailable}; nothing was changed")
        reach.disconnect(name)
        _end_servers(stack, kubectl)
        if engine:
            engine.prepare({})
            engine.down(data=data)
        else:
            direct.down(kubectl, stack.namespace, data=data)
    say(left(stack, kubectl))


def move(name: str, target: Way) -> None:
    """Hand a running stack over from one way to the other: the same objects, the same secrets, the same data.

    Each step may be repeated, and the mark of the old way goes last, so a move that was killed is simply run again.
    """
    stack = load(name)
    kubectl = cluster.reach(stack.settings.cluster)
    with exclusively(_lock_of(name)):
        kept.require(stack.settings, name, stack.source.name, kubectl)
        program = evaluate(stack)
        engine, unavailable = _engine(stack, kubectl, program)
        if engine is None:
            raise Problem(f"a move needs the engine on either side, and {unavailable}")
        secrets = gather(stack, kubectl, program, target)
        engine.prepare(secrets.declared)
        login = _login(stack, kubectl, secrets, engine)
        if login:
            login.require()
        reach.connect(reach.to_login(name, stack.settings), kubectl)
        stubs = [item.stub for item in program.items]
        if target == "engine":
            engine.adopt(program.generated, generated(program.references, secrets.kept))
            _engine_up(engine, kubectl, program, secrets, login)
            kubectl.disown(stubs, FIELD_MANAGER)
            inventory.remove(kubectl, stack.namespace)
        else:
            require_possible(program, target, "as was asked for")
            direct.up(kubectl, program, secrets.kept, secrets.files)
            if login:
                login.bring()
            engine.forget()
            kubectl.disown(stubs, ENGINE_MANAGER)
        rollout.wait(kubectl, program.workloads)
    say(f"stack {name} is now brought up with {target}: make up STACK={name}")


def status(name: str) -> bool:
    """Whether everything is as it should be."""
    stack = load(name)
    kubectl = cluster.reach(stack.settings.cluster)
    way = brought_up_by(stack, kubectl)
    if way is None:
        say(f"stack {name} is not on the cluster {kubectl.context}; make up STACK={name} brings it up")
        return False
    say(f"stack {name} was brought up with {way} on the cluster {kubectl.context}")
    workloads = evaluate(stack).workloads
    verdicts = rollout.unready(kubectl, workloads)
    for workload in workloads:
        say(f"  {workload}: {verdicts[workload].reason if workload in verdicts else 'ready'}")
    answers = reach.answers(stack.settings)
    for where, trouble in answers.items():
        say(f"  {where}: {trouble or 'answers'}")
    return not verdicts and not any(answers.values())


def password(name: str) -> None:
    stack = load(name)
    print(login_password(stack, cluster.reach(stack.settings.cluster)))


def push_images(name: str, registry: str, base: str | None, *, fresh: bool) -> None:
    options = [f"--registry={registry}", *([f"--base={base}"] if base else []), *(["--fresh"] if fresh else [])]
    cluster.push_images(name, load(name).settings, options)


def welcome(stack: Stack) -> str:
    return (
        f"\nJupyterHub is at {reach.url(stack.settings)}\n"
        f"{_who(stack)}\n"
        f"Next: make status STACK={stack.name}, or make destroy STACK={stack.name}, which keeps the users' data."
    )


def _who(stack: Stack) -> str:
    identity, password = stack.settings.identity, f"make password STACK={stack.name} prints the password"
    match identity:
        case PasswordIdentity():
            return f"Log in as {' or '.join([*sorted(identity.admins), *sorted(identity.users)])}; {password}."
        case KeycloakIdentity(server=KeycloakInCluster(people=people)):
            return f"Log in as {' or '.join(sorted(people))}; {password} they begin with."
        case KeycloakIdentity():
            return f"Log in as somebody of the realm {identity.realm.name}, a member of {' or '.join(sorted(identity.groups.users))}."
        case AccessIdentity():
            return f"Log in with an address of {identity.domain}."


def left(stack: Stack, kubectl: Kubectl) -> str:
    """What a destroy has left behind, by name and size."""
    lines: list[str] = []
    for namespace in (stack.namespace, stack.settings.namespace.users):
        for found in kubectl.listed(("persistentvolumeclaims", "secrets"), f"--namespace={namespace}"):
            size = found.get("status", {}).get("capacity", {}).get("storage")
            lines.append(f"  {found['kind']} {namespace}/{found['metadata']['name']}{f', {size}' if size else ''}")
    if not lines:
        return "nothing is left"
    return "\n".join(
        [
            "kept, and found again by the next `make up`:",
            *lines,
            f"make destroy STACK={stack.name} DATA=delete deletes them too, for good",
        ]
    )


def _end_servers(stack: Stack, kubectl: Kubectl) -> None:
    """The hub makes them, so it goes first, and nothing else would end them."""
    servers = (f"--namespace={stack.settings.namespace.users}", f"--selector=component={SERVER}")
    for words in (("deployment", HUB, f"--namespace={stack.namespace}"), ("pods", *servers)):
        for line in kubectl.run("delete", *words, "--ignore-not-found").splitlines():
            if line != "No resources found":
                note(line)


def _engine(stack: Stack, kubectl: Kubectl, program: Program) -> tuple[Engine | None, str | None]:
    """The engine, or why it cannot be had."""
    try:
        found: Path = obtain(program.packages)
    except UnavailableError as reason:
        return None, str(reason)
    return Engine(found, stack.name, stack.source, engine_home(cluster.identity(kubectl))), None


def require_possible(program: Program, way: Way, reason: str) -> None:
    """Before anything is changed: without an engine there is no edge."""
    if way == "kubectl" and program.only_by_engine:
        lines = (f"  {each}" for each in program.only_by_engine)
        raise Problem(
            "\n".join([f"kubectl alone cannot bring up this stack, and nothing was changed ({reason}):", *lines])
        )


def _engine_up(engine: Engine, kubectl: Kubectl, program: Program, secrets: Secrets, login: Login | None) -> None:
    watch = partial(rollout.wait, kubectl, program.workloads)
    if login:
        login.up(engine, watch, program, secrets)
    else:
        engine.up(watch, program.declared)


def _login(stack: Stack, kubectl: Kubectl, secrets: Secrets, engine: Engine | None) -> Login | None:
    def given(name: str) -> str:
        """In a file, else encrypted in the stack file."""
        return secrets.declared[name] if name in secrets.declared or engine is None else engine.secret(name)

    return login_of(stack, kubectl, given)


def _lock_of(name: str) -> Path:
    return forward.RUN / f"{name}.lock"
