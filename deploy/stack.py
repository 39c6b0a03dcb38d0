"""One stack: its file, what it declares, the secrets it needs, and how its cluster was brought up before."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pulumi
import yaml

from components.secrets.generations import generation_of
from deploy import inventory
from deploy.direct import kept_values
from deploy.kubectl import Kubectl
from deploy.program import Program, program_of
from deploy.values import Place, declared_values, missing, read_given
from deploy.way import Way, made_by
from hub.settings import LOGIN_PASSWORD
from lab.problem import Problem
from preview.answers import declared
from preview.recorder import inventory as recorded
from settings import Settings
from settings.domain import ExistingSecret
from settings.exposure import Copied, Ingress, TlsSecret
from settings.identity import PasswordIdentity
from settings.load import ROOT, read, stack_file

_GIVEN: Final = ROOT / ".platform" / "secrets"


@dataclass(frozen=True)
class Stack:
    name: str
    source: Path
    """The stack file."""
    settings: Settings

    @property
    def namespace(self) -> str:
        return self.settings.namespace.name

    def place(self, name: str) -> Place:
        """Where a value of ours is, in its present generation."""
        return Place(self.namespace, name, generation_of(name, self.settings.rotations.get(name, 0)))

    @property
    def encrypted(self) -> set[str]:
        """The secrets that the engine finds encrypted in the stack file."""
        config = yaml.safe_load(self.source.read_text())["config"]
        return {
            key.rpartition(":")[2] for key, value in config.items() if isinstance(value, dict) and "secure" in value
        }


def load(name: str) -> Stack:
    source = stack_file(name)
    return Stack(name, source, read(source))


def evaluate(stack: Stack) -> Program:
    """What the program declares."""
    try:
        return program_of(recorded(stack.name, stack_file=stack.source), stack.namespace)
    except pulumi.RunError as error:
        raise Problem(str(error)) from error


def brought_up_by(stack: Stack, kubectl: Kubectl) -> Way | None:
    namespace = kubectl.get("namespace", stack.namespace, "", "--show-managed-fields")
    return made_by(namespace, inventory=inventory.read(kubectl, stack.namespace) is not None)


@dataclass(frozen=True)
class Secrets:
    kept: Mapping[Place, str]
    """What the cluster's Secrets hold already."""
    files: Mapping[str, str]
    """What lies in files, by name."""
    declared: Mapping[str, str]
    """What somebody gave, by name: in a file, else when the cluster was last brought up."""


def gather(stack: Stack, kubectl: Kubectl, program: Program, way: Way) -> Secrets:
    """Everything there is, or every missing secret with the command that sets it."""
    files = read_given(_GIVEN / stack.name)
    kept = kept_values(kubectl, [*program.references, *program.expected])
    elsewhere = stack.encrypted if way == "engine" else set[str]()
    # Some only go to a server outside of the cluster, which keeps none of them.
    outside = {name for name in stack.settings.declared_secrets if declared(name) not in program.references.values()}
    wanting = {*missing(program.references, kept, files), *(outside - files.keys())}
    absent = sorted(wanting - elsewhere)
    lines = [_how_to_give(stack, name) for name in absent]
    lines += [_how_to_make(kubectl, place) for place in program.expected if place not in kept]
    certificates = certificates_of(stack.settings)
    there = kept_values(kubectl, list(certificates.values()))
    lines += [_how_to_make_a_certificate(kubectl, *each) for each in certificates.items() if each[1] not in there]
    if lines:
        raise Problem("\n".join(["secrets are missing, and nothing was changed:", *lines]))
    return Secrets(kept, files, declared_values(program.references, kept, files))


def certificates_of(settings: Settings) -> dict[str, Place]:
    """Where the certificates are that somebody else keeps, by the keys that name them."""
    named = settings.exposure.certificates if isinstance(settings.exposure, Ingress) else {}
    return {
        key: Place(each.namespace if isinstance(each, Copied) else settings.namespace.name, each.name, "tls.crt")
        for key, each in named.items()
        if isinstance(each, TlsSecret | Copied)
    }


def login_password(stack: Stack, kubectl: Kubectl) -> str:
    identity = stack.settings.identity
    if not isinstance(identity, PasswordIdentity) and not stack.settings.runs_keycloak:
        raise Problem(f"stack {stack.name} knows no password: its people log in with their own, see identity")
    source = identity.password if isinstance(identity, PasswordIdentity) else None
    if isinstance(source, ExistingSecret):
        place = Place(stack.namespace, source.name, source.key)
    else:
        place = stack.place(LOGIN_PASSWORD)
    kept = kept_values(kubectl, [place])
    if place not in kept:
        raise Problem(
            f"there is no password yet: namespace {place.namespace} has no Secret {place.secret}; run make up"
        )
    return kept[place]


def _how_to_give(stack: Stack, name: str) -> str:
    return (
        f"  {stack.settings.declared_secrets[name]}: nobody has given {name!r}; run this, type it, and end with Ctrl-D:\n"
        f"    install -D -m 600 /dev/stdin .platform/secrets/{stack.name}/{name}"
    )


def _how_to_make(kubectl: Kubectl, place: Place) -> str:
    return (
        f"  there is no Secret {place.secret} with the key {place.key} in namespace {place.namespace}; "
        "run this, type the value, and end with Ctrl-D:\n"
        f"    kubectl --context {kubectl.context} --namespace {place.namespace} create secret generic {place.secret} "
        f"--from-file={place.key}=/dev/stdin"
    )


def _how_to_make_a_certificate(kubectl: Kubectl, key: str, place: Place) -> str:
    return (
        f"  {key}: there is no certificate in the Secret {place.secret} of namespace {place.namespace}; make it of its files:\n"
        f"    kubectl --context {kubectl.context} --namespace {place.namespace} create secret tls {place.secret} "
        "--cert=<file> --key=<file>"
    )
