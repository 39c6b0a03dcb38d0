"""What services say of themselves in ConfigMaps: read by the hub when a server starts, never by servers.

Whoever may write ConfigMaps in the namespaces that are looked into is half trusted: names are judged, sizes are limited, and
nothing is taken that sounds like a secret.
"""

import asyncio
import json
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from logging import Logger
from typing import Any, cast

import aiohttp
import yaml
from kubernetes_asyncio.client import CoreV1Api
from kubernetes_asyncio.client.rest import ApiException

from hub.person import Person
from hub.service_settings import GROUPS_ANNOTATION, ServiceDiscovery
from hub.watch import describe

KEY = "service.yaml"
REFRESH = 30.0
"""Seconds for which an answer is taken as it was."""
PATIENCE = 5
"""Seconds one namespace may take to answer."""
MOST_CONFIG_MAPS = 100
LONGEST_TEXT, LONGEST_VALUE, MOST_VARIABLES = 32_768, 4096, 200
MOST_CHARACTERS = 40_000
"""All that is found: an annotation of the pod holds it, quoted and encoded, and annotations are limited to 256 KiB."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_OF_OTHERS = re.compile(
    r"(JUPYTER|JUPYTERHUB|JPY|IPYTHON|CONFIGPROXY|KUBERNETES|NB|LD|DYLD|BASH|GIT|PIP|CONDA|LC|XDG|SSL|NODE|R|JULIA)(_.*)?"
    r"|PYTHON.*|PERL.*|RUBY.*|LESS.*|SHELL.*|.*CLASSPATH|(CD|MAN)?PATH|.*PAGER|.*_(PROXY|OPTIONS|OPTS|CA_BUNDLE)|PS[0-9]"
    r"|HOME|USER|LOGNAME|HOSTNAME|PWD|ENV|IFS|LANG|TERM|TMPDIR|EDITOR|VISUAL|BROWSER|KUBECONFIG|PROMPT_COMMAND"
)
"""What decides how programs run, or belongs to the server itself."""
_SECRET = re.compile(r"(PASS|PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|APIKEY|KEY)S?", re.IGNORECASE)
_PASSWORD_IN_ADDRESS = re.compile(r"://[^/?#\s:@]*:[^/?#\s@]+@")

ConfigMap = Mapping[str, Any]
"""As the API answers it."""


@dataclass(frozen=True)
class Found:
    """What one ConfigMap says, and what of it is left out and why."""

    place: str
    groups: frozenset[str] | None
    """Who it is for; everybody when None."""
    environment: Mapping[str, str]
    left_out: tuple[str, ...] = ()


def found_in(config_map: ConfigMap) -> Found:
    metadata: dict[str, Any] = config_map["metadata"]
    place = f"{metadata['namespace']}/{metadata['name']}"
    annotations: dict[str, str] = metadata.get("annotations") or {}
    data: dict[str, str] = config_map.get("data") or {}
    listed = annotations.get(GROUPS_ANNOTATION)
    groups = None if listed is None else frozenset(name.strip() for name in listed.split(",") if name.strip())
    environment: dict[str, str] = {}
    left_out: list[str] = []
    try:
        entries = _entries(data.get(KEY, ""))
    except ValueError as error:
        return Found(place, groups, {}, (str(error),))
    for name, value in entries:
        why = _why_not(name, value) or ("stands twice" if name in environment else None)
        if why or value is None:
            left_out.append(f"{name[:100]!r} {why}")
        else:
            environment[name] = value
    return Found(place, groups, environment, tuple(left_out))


def as_much_as_fits(found: Iterable[Found]) -> tuple[list[Found], tuple[str, ...]]:
    """By their places, the first ones; and what is left out."""
    kept: list[Found] = []
    left_out: list[str] = []
    room = MOST_CHARACTERS
    for each in sorted(found, key=lambda each: each.place):
        size = sum(len(name) + len(value) for name, value in each.environment.items())
        if size > room:
            left_out.append(
                f"{each.place}: it is left out, all of them together say more than {MOST_CHARACTERS} characters"
            )
        else:
            kept.append(each)
            room -= size
    return kept, tuple(left_out)


def environment_for(found: Iterable[Found], person: Person) -> dict[str, str]:
    """What a person's server is told; where two ConfigMaps say different things, the first one's."""
    environment: dict[str, str] = {}
    for each in found:
        if person.may_have(each.groups):
            environment = {**each.environment, **environment}
    return environment


def _entries(text: str) -> list[tuple[str, str | None]]:
    """The list `service.environment_variables`; a value is None where there is none as such."""
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"{KEY} is longer than {LONGEST_TEXT} characters")
    try:
        # Every scalar stays the text it is. The parser in C is faster, and deep nesting crashes it with the whole hub.
        tree: object = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes texts, lists and dicts only
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ValueError(f"{KEY} is not readable: {describe(error)}") from error
    listed = _under(_under(tree, "service"), "environment_variables")
    if not isinstance(listed, list):
        return []
    entries = cast("list[object]", listed)
    if len(entries) > MOST_VARIABLES:
        raise ValueError(f"{KEY} lists more than {MOST_VARIABLES} variables")
    return [(str(_under(entry, "name")), _text(_under(entry, "value"))) for entry in entries]


def _under(node: object, key: str) -> object:
    return cast("dict[object, object]", node).get(key) if isinstance(node, dict) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _why_not(name: str, value: str | None) -> str | None:
    if not _NAME.fullmatch(name):
        return "is not the name of a variable"
    if _OF_OTHERS.fullmatch(name.upper()):
        return "is not a service's to set"
    if _SECRET.fullmatch(name.rpartition("_")[2]) or _PASSWORD_IN_ADDRESS.search(value or ""):
        return "is a secret by its name or value, and such a thing reaches servers as a file of a declared service"
    if value is None:
        return "has no plain value"
    if len(value) > LONGEST_VALUE or not value.isprintable():
        return f"has a value that is longer than {LONGEST_VALUE} characters or not printable"
    return None


class Directory:
    """What was found last, by namespace; an older answer is better than none."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[Found, ...]] = {}
        self._said: dict[str, tuple[str, ...]] = {}
        self._asked: float | None = None
        self._asking = asyncio.Lock()

    async def look(self, api: CoreV1Api, settings: ServiceDiscovery | None, log: Logger) -> list[Found]:
        if settings is None:
            return []
        async with self._asking:
            if self._asked is None or time.monotonic() - self._asked >= REFRESH:
                await asyncio.gather(*(self._ask(api, name, settings.selector, log) for name in settings.namespaces))
                self._asked = time.monotonic()
        found, left_out = as_much_as_fits(each for name in settings.namespaces for each in self._found.get(name, ()))
        self._say("", left_out, log)
        return found

    async def _ask(self, api: CoreV1Api, namespace: str, selector: str, log: Logger) -> None:
        try:
            listed, is_all = await _config_maps(api, namespace, selector)
            found = await asyncio.to_thread(lambda: tuple(map(found_in, listed)))
        except (ApiException, aiohttp.ClientError, OSError, ValueError) as error:
            complaints = (f"namespace {namespace} cannot be asked, what it said last stays: {describe(error)}",)
        else:
            self._found[namespace] = found
            beyond = f"namespace {namespace} has more than {MOST_CONFIG_MAPS} of them, the others are left out"
            complaints = (
                *(f"{each.place}: {why}" for each in found for why in each.left_out),
                *(() if is_all else (beyond,)),
            )
        self._say(namespace, complaints, log)

    def _say(self, about: str, complaints: tuple[str, ...], log: Logger) -> None:
        """Once, until there is something else to say."""
        for complaint in complaints if complaints != self._said.get(about) else ():
            log.warning("Service discovery: %s", complaint)
        self._said[about] = complaints


async def _config_maps(api: CoreV1Api, namespace: str, selector: str) -> tuple[list[ConfigMap], bool]:
    """The first ones of a namespace, and whether they are all there are."""
    response = await api.list_namespaced_config_map(
        namespace,
        label_selector=selector,
        limit=MOST_CONFIG_MAPS,
        _preload_content=False,
        _request_timeout=PATIENCE,
    )
    body = await response.read()
    if response.status != 200:  # noqa: PLR2004 - HTTP's own word
        raise ValueError(f"{response.status} {body[:200].decode(errors='replace')}")
    answer = json.loads(body)
    listed: list[ConfigMap] = [
        {**item, "metadata": {"namespace": namespace, **item["metadata"]}} for item in answer["items"]
    ]
    return listed, not answer["metadata"].get("continue")
