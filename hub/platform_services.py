"""What a person's server gets of the services they may use: addresses, credentials as files, and the label of the way there."""

import shlex
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from hub.discovery import Found, environment_for
from hub.furnish import PodParts
from hub.person import Person
from hub.service_settings import SERVICE_LABEL, CredentialFile, DeclaredService
from hub.settings import UserServers

CREDENTIALS = PurePosixPath("/run/secrets/services")
ENVIRONMENT_ANNOTATION = "jupyterhub-platform/service-env"
_VOLUME = "service-env"
_OPENING = "# What the platform's services are called here, as of this server's start. Other programs: . <this file>\n"


def service_parts(servers: UserServers, person: Person, found: Iterable[Found]) -> PodParts:
    parts = PodParts()
    for service in servers.services:
        if person.may_have(service.groups):
            parts |= _declared(service)
    # What the stack file says goes before what is found.
    environment = {**environment_for(found, person), **parts.environment}
    parts |= PodParts(environment=environment)
    if servers.service_discovery is None:
        return parts
    said = {**environment, **{name: servers.environment[name] for name in environment.keys() & servers.environment}}
    return parts | _file(PurePosixPath(servers.service_discovery.file), said)


def _declared(service: DeclaredService) -> PodParts:
    parts = PodParts(environment=service.environment, labels={SERVICE_LABEL + service.name: "yes"})
    by_secret: dict[str, list[CredentialFile]] = {}
    for file in service.files:
        by_secret.setdefault(file.secret, []).append(file)
    for place, (secret, files) in enumerate(by_secret.items()):
        parts |= _mounted(f"service-{service.name}-{place}", CREDENTIALS / service.name / secret, secret, files)
    return parts


def _mounted(volume: str, directory: PurePosixPath, secret: str, files: list[CredentialFile]) -> PodParts:
    source = {
        "secretName": secret,
        # A server is of use without one of its services; the files come as soon as somebody makes the Secret.
        "optional": True,
        "defaultMode": 0o440,
        "items": [{"key": file.key, "path": file.variable} for file in files],
    }
    return PodParts(
        environment={f"{file.variable}_FILE": str(directory / file.variable) for file in files},
        volumes=({"name": volume, "secret": source},),
        mounts=({"name": volume, "mountPath": str(directory), "readOnly": True},),
    )


def _file(file: PurePosixPath, environment: Mapping[str, str]) -> PodParts:
    """The same once more for shells that did not inherit it; an annotation of the pod holds the text."""
    source = {"fieldPath": f"metadata.annotations['{ENVIRONMENT_ANNOTATION}']"}
    return PodParts(
        annotations={ENVIRONMENT_ANNOTATION: exports(environment)},
        volumes=({"name": _VOLUME, "downwardAPI": {"items": [{"path": file.name, "fieldRef": source}]}},),
        mounts=({"name": _VOLUME, "mountPath": str(file.parent), "readOnly": True},),
    )


def exports(environment: Mapping[str, str]) -> str:
    """A file that a shell sources, with every value exactly as it is."""
    lines = (f"export {name}={shlex.quote(value)}\n" for name, value in sorted(environment.items()))
    return _OPENING + "".join(lines)
