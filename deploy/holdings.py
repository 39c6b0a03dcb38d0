"""What people keep on a cluster: homes, shared volumes, databases. Each claim with whose it is."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from components.naming import (
    DATABASE,
    HOMES,
    HUB_SETTINGS,
    KEYCLOAK_DATABASE,
    STACK_ANNOTATION,
    VOLUME,
    labels,
    selector,
)
from deploy.kubectl import Kubectl, Manifest
from hub.homes import RETIRED, owner_of
from hub.settings import SETTINGS_FILE
from lab.problem import Problem
from settings.namespace import NamespaceSection

_DEFAULT_CLASS: Final = "storageclass.kubernetes.io/is-default-class"
_HOME: Final = "claim-"
"""How the names of homes begin that do not say whose they are."""
_ROLES: Final[Mapping[str, "Role"]] = {
    HOMES: "homes",
    VOLUME: "volume",
    DATABASE: "database",
    KEYCLOAK_DATABASE: "database",
}

Role = Literal["home", "homes", "volume", "database"]
"""One user's home, a volume with a home for each user, a volume for many, a database of ours."""


@dataclass(frozen=True)
class Claim:
    namespace: str
    name: str
    role: Role
    size: str
    storage_class: str | None
    user: str | None = None
    """Whose home it is, where the claim says so."""


@dataclass(frozen=True)
class Told:
    """What the hub was last told."""

    namespace: str
    """Where it starts servers."""
    home: Mapping[str, Any]
    people: frozenset[str]
    """Who may log in."""


@dataclass(frozen=True)
class Holdings:
    claims: tuple[Claim, ...] = ()
    told: Told | None = None
    """None where no hub runs."""
    default_class: str | None = None
    fixed_classes: frozenset[str] = frozenset()
    """Storage classes whose claims cannot even grow."""
    asked: bool = True
    """Whether a cluster told this; a stack file knows no home by its user."""


def on_cluster(kubectl: Kubectl, stack: str, names: NamespaceSection) -> Holdings:
    """In the namespaces of the stack, and in those it had under another name."""
    ours = ",".join(f"{key}={value}" for key, value in labels("namespace").items())
    marked = (item for item in _seen(kubectl, "namespaces", f"--selector={ours}") if _stack_of(item) == stack)
    namespaces = sorted({names.name, names.users, *map(_name, marked)})
    found = [item for name in namespaces for item in kubectl.listed(("pvc",), f"--namespace={name}")]
    told = kubectl.get("configmap", HUB_SETTINGS, names.name)
    classes = _seen(kubectl, "storageclasses")
    return Holdings(
        claims=tuple(claim for item in found if (claim := _claim(item))),
        told=_told(told) if told else None,
        default_class=next((_name(item) for item in classes if _annotations(item).get(_DEFAULT_CLASS) == "true"), None),
        fixed_classes=frozenset(_name(item) for item in classes if not item.get("allowVolumeExpansion")),
    )


def declared(manifests: Iterable[Manifest]) -> Holdings:
    """As if everything a program declares were on a cluster, and everybody had a home."""
    items = list(manifests)
    claims = [claim for item in items for wanted in _claims_of(item) if (claim := _claim(wanted))]
    told = next((_told(item) for item in items if item["kind"] == "ConfigMap" and _name(item) == HUB_SETTINGS), None)
    if told and told.home["kind"] == "per_user_claim":
        claims.append(Claim(told.namespace, "claim-<user>", "home", told.home["size"], told.home["storage_class"]))
    return Holdings(claims=tuple(claims), told=told, asked=False)


def _seen(kubectl: Kubectl, kind: str, *options: str) -> list[Manifest]:
    """Objects of the whole cluster, none where this account may not look at them."""
    done = kubectl.attempt("get", kind, "--output=json", *options)
    if done.returncode and "(Forbidden)" not in done.stderr:
        raise Problem(f"kubectl get {kind}: {done.stderr.strip()}")
    return [] if done.returncode else json.loads(done.stdout)["items"]


def _told(hub_settings: Manifest) -> Told:
    said = json.loads(hub_settings["data"][SETTINGS_FILE.name])
    login, servers = said["login"], said["servers"]
    people = frozenset((*login.get("admins", ()), *login.get("users", ())))
    return Told(servers["namespace"], servers["home"], people)


def _claims_of(item: Manifest) -> Iterator[Manifest]:
    if item["kind"] == "PersistentVolumeClaim":
        yield item
    elif item["kind"] == "StatefulSet":
        for template in item["spec"].get("volumeClaimTemplates", ()):
            name = f"{_name(template)}-{_name(item)}-0"
            place = {"namespace": item["metadata"]["namespace"], "name": name}
            yield {**template, "metadata": {**template["metadata"], **place}}


def _claim(item: Manifest) -> Claim | None:
    """None for what is no business of the platform's, and for a home that an administrator has retired."""
    owner, name = owner_of(item), _name(item)
    said: Mapping[str, str] = item["metadata"].get("labels") or {}
    component = said.get("app.kubernetes.io/component", "")
    ours = component in _ROLES and selector(component).items() <= said.items()
    if owner.user == RETIRED if owner else not (ours or name.startswith(_HOME)):
        return None
    return Claim(
        namespace=item["metadata"]["namespace"],
        name=name,
        role=_ROLES[component] if ours else "home",
        size=item["spec"]["resources"]["requests"]["storage"],
        storage_class=item["spec"].get("storageClassName"),
        user=owner.user if owner else None,
    )


def _stack_of(namespace: Manifest) -> str | None:
    return _annotations(namespace).get(STACK_ANNOTATION)


def _annotations(item: Manifest) -> Mapping[str, str]:
    return item["metadata"].get("annotations") or {}


def _name(item: Manifest) -> str:
    return item["metadata"]["name"]
