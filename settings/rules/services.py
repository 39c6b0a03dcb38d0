"""What notebooks work with: which one is meant, whether its address and port can be right, and who gets it."""

from collections.abc import Iterator, Mapping

from settings.problems import Problem
from settings.root import Settings
from settings.rules.environment import OF_THE_HUB
from settings.rules.groups import nobody_in

_OTHER_PROTOCOLS: Mapping[str, Mapping[int, str]] = {
    "trino": {10000: "is Hive's; write Trino's own, usually 8080"},
    "minio": {9001: "is its console, a page for people; write the port that speaks S3, usually 9000"},
    "postgres": {
        3306: "is MySQL's; write Postgres' own, usually 5432",
        27017: "is MongoDB's; write Postgres' own, usually 5432",
    },
    "datahub": {9002: "is its web page; write the port of its metadata service, usually 8080"},
    "ray": {
        6379: "is the store that Ray's own processes share (GCS), and no client gets in there; write 10001",
        8265: "is its dashboard; write the port for clients, usually 10001",
    },
    "kafka": {2181: "is ZooKeeper's, which keeps no topics; write the brokers' own, usually 9092"},
    "spark": {
        7077: "is a standalone master's, whose executors would have to reach back into notebooks; write Spark Connect's, "
        "usually 15002",
    },
}
"""Ports that are well known for something else, by the kind they are mistaken for."""


def services_are_told_apart(settings: Settings) -> Iterator[Problem]:
    names: set[str] = set()
    variables: dict[str, str] = dict.fromkeys(settings.users.environment, "users.environment")
    for place, service in enumerate(settings.services):
        own = [*service.variables, *(f"{credential.variable}_FILE" for credential in service.credentials)]
        twice = [name for name in own if name in variables]
        if service.name in names:
            yield Problem(
                f"services.{place}.name",
                f"{service.name!r} stands twice, so nobody could tell which one is meant; give each a name of its own",
            )
        elif twice:
            yield Problem(
                f"services.{place}",
                f"{service.name!r} sets {twice[0]} as {variables[twice[0]]} does, so notebooks would meet one of the two by "
                "chance; keep one of them, or make this one of kind generic",
            )
        names.add(service.name)
        variables |= {name: service.name for name in own if name not in variables}


def a_service_is_spoken_to_on_its_own_port(settings: Settings) -> Iterator[Problem]:
    for place, service in enumerate(settings.services):
        mistaken = _OTHER_PROTOCOLS.get(service.kind, {}).get(service.port)
        if mistaken:
            yield Problem(f"services.{place}.port", f"{service.port} {mistaken}")
        if service.target_port is not None and service.namespace is None:
            yield Problem(
                f"services.{place}.target_port",
                f"says which port pods have, and {service.host} is outside of the cluster; remove it",
            )


def a_service_is_somebody_elses(settings: Settings) -> Iterator[Problem]:
    ours = (settings.namespace.name, settings.namespace.users)
    for place, service in enumerate(settings.services):
        key = f"services.{place}.host"
        if service.namespace in ours:
            yield Problem(
                key,
                f"lies in {service.namespace}, a namespace of the platform's own, which notebooks may not search for open "
                "ports; keep the service in a namespace of its own",
            )
        elif "." not in service.host:
            yield Problem(
                key,
                f"{service.host!r} names no namespace, and notebooks have one without services; write "
                f"{service.host}.<namespace>",
            )
        elif (at := service.host_address) and (
            at.is_loopback or at.is_link_local or at.is_multicast or at.is_unspecified
        ):
            yield Problem(
                key,
                f"{service.host} is the machine below the notebook or its cloud's store of credentials; write the service's "
                "own address",
            )


def a_service_leaves_the_server_its_own_names(settings: Settings) -> Iterator[Problem]:
    for place, service in enumerate(settings.services):
        for name in (*service.variables, *(credential.variable for credential in service.credentials)):
            if OF_THE_HUB.fullmatch(name.upper()):
                yield Problem(
                    f"services.{place}", f"sets {name}, a name the server sets or needs itself; choose another"
                )


def a_service_is_for_somebody(settings: Settings) -> Iterator[Problem]:
    for place, service in enumerate(settings.services):
        yield from nobody_in(settings, f"services.{place}.groups", service.groups)


def services_are_looked_for_where_they_are(settings: Settings) -> Iterator[Problem]:
    if settings.service_discovery and settings.namespace.users in settings.service_discovery.namespaces:
        yield Problem(
            "service_discovery.namespaces",
            f"names {settings.namespace.users}, where only servers and homes are; remove it",
        )


RULES = (
    services_are_told_apart,
    a_service_is_spoken_to_on_its_own_port,
    a_service_is_somebody_elses,
    a_service_leaves_the_server_its_own_names,
    a_service_is_for_somebody,
    services_are_looked_for_where_they_are,
)
