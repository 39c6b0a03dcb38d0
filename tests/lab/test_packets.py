"""Real packets between all parties of a stack arrive just where the matrix of its manifests says that they may.

A probe stands for each party, in its namespace, with its labels, and answers on every port that any policy speaks of. What is
expected is what `reachability` computes; nothing is listed here.
"""

import json
import secrets
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.paths import API_SERVICE
from preview.recorder import inventory
from reachability.matrix import STRANGERS, Matrix, Party, matrix
from reachability.ports import EVERY, holds
from reachability.semantics import Pod
from tests.e2e.cluster import kubectl
from tests.lab import probes

pytestmark = pytest.mark.lab

Manifest = dict[str, Any]
API_PORT, NAME_PORT, UNMENTIONED = 443, 53, 4321
OF_OTHERS = {"kube-system"}
AT_ONCE = 4
ATTEMPTS = 3


@dataclass(frozen=True)
class Conversation:
    source: str
    target: str
    protocol: str
    port: int


@dataclass(frozen=True)
class World:
    manifests: list[Manifest]
    parties: Mapping[str, Party]
    addresses: Mapping[str, str]
    ports: list[int]

    def expected(self, judged: Matrix) -> dict[Conversation, bool]:
        return {
            Conversation(source, target, protocol, port): holds(cell.open, protocol.upper(), port)
            for (source, target), cell in judged.cells.items()
            if not self._is_given(self.parties[source])
            for protocol, port in self._questions(self.parties[target])
        }

    def _is_given(self, party: Party) -> bool:
        """The cluster's own, which no probe stands for."""
        return probes.is_somebody(party) or party.end.address == API_SERVICE

    def _questions(self, target: Party) -> Iterator[tuple[str, int]]:
        if target.end.address == API_SERVICE:
            yield "tcp", API_PORT
        elif self._is_given(target):
            yield from (("tcp", NAME_PORT), ("udp", NAME_PORT))
        else:
            yield from (("tcp", port) for port in self.ports)
            yield from (("udp", port) for port in (NAME_PORT, UNMENTIONED))

    def hear(self, asked: Iterable[Conversation]) -> dict[Conversation, str | None]:
        by_source: dict[str, list[Conversation]] = {}
        for conversation in asked:
            by_source.setdefault(conversation.source, []).append(conversation)
        with ThreadPoolExecutor(AT_ONCE) as crowd:
            answers = crowd.map(self._dial, by_source, by_source.values())
            return {
                conversation: answer
                for mine, said in zip(by_source.values(), answers, strict=True)
                for conversation, answer in zip(mine, said, strict=True)
            }

    def _dial(self, source: str, asked: list[Conversation]) -> list[str | None]:
        targets = [(each.protocol, self.addresses[each.target], each.port) for each in asked]
        return probes.dial(self.parties[source], targets)

    def surprises(self, judged: Matrix) -> dict[Conversation, str | None]:
        """What goes another way than judged, also when it is tried again: a busy machine may answer late."""
        expected = self.expected(judged)
        left: dict[Conversation, str | None] = dict.fromkeys(expected)
        for _ in range(ATTEMPTS):
            heard = self.hear(left)
            left = {each: said for each, said in heard.items() if not self._is_as(expected[each], each, said)}
            if not left:
                break
        return left

    def _is_as(self, expected: bool, conversation: Conversation, heard: str | None) -> bool:
        if not expected:
            return heard is None
        target = self.parties[conversation.target]
        return heard is not None if self._is_given(target) else heard == target.name


def stack(name: str, file: Path) -> list[Manifest]:
    """One with parties of every sort: a database, a Prometheus, an ingress controller, services for all and for some."""
    services = [
        {"kind": "generic", "name": "figures", "host": f"figures.{name}-data", "port": 8010, "groups": ["analysts"]},
        {"kind": "generic", "name": "maps", "host": f"maps.{name}-maps", "port": 8020},
    ]
    settings: Manifest = {
        "extends": "e2e",
        "namespace": {"name": name},
        "identity": {"groups": {"analysts": ["carol"]}},
        "exposure": {
            "kind": "ingress",
            "host": f"{name}.localhost",
            "controller": {"kind": "traefik"},
            "public": False,
        },
        "monitoring": {"prometheus": {"namespace": f"{name}-watch"}},
        "services": services,
    }
    file.write_text(yaml.safe_dump({"config": {"jupyterhub:settings": settings}}))
    found = inventory("packets", stack_file=file, known=True)
    return [dict(resource.inputs) for resource in found.resources if resource.is_kubernetes]


def ports_of(judged: Matrix) -> list[int]:
    """Every one at which some cell begins or ends, and one at which none does."""
    spoken_of = (cell.open for cell in judged.cells.values() if cell.open != EVERY)
    return sorted(
        {port for opened in spoken_of for found in opened for port in (found.first, found.last)} | {UNMENTIONED}
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Generator[World]:
    name = f"packets-{secrets.token_hex(3)}"
    manifests = stack(name, tmp_path_factory.mktemp("stack") / "Pulumi.packets.yaml")
    judged = matrix(manifests)
    parties, ports = {party.name: party for party in judged.parties}, ports_of(judged)
    there = {party.end.namespace for party in judged.parties if isinstance(party.end, Pod)}
    ours = {found["metadata"]["name"] for found in manifests if found["kind"] == "Namespace"}
    others = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": each}} for each in there - ours - OF_OTHERS
    ]
    declared = [found for found in manifests if found["kind"] in ("Namespace", "NetworkPolicy")]
    try:
        kubectl(
            "apply",
            "--filename=-",
            given=json.dumps({"apiVersion": "v1", "kind": "List", "items": [*others, *declared]}),
        )
        kubectl("apply", "--filename=-", given=probes.probes(judged.parties, ports))
        with probes.machine_behind(judged.parties, ports):
            probes.wait_for(there)
            addresses = {name: probes.address_of(party) for name, party in parties.items()}
            yield World(manifests, parties, addresses, ports)
    finally:
        probes.remove(there - OF_OTHERS, OF_OTHERS)


def test_packets_arrive_where_the_matrix_says_and_nowhere_else(world: World) -> None:
    judged = matrix(world.manifests)
    assert set(world.expected(judged).values()) == {True, False}
    assert world.surprises(judged) == {}


def test_whoever_no_policy_holds_reaches_every_address(world: World) -> None:
    """So it is a policy that stops all others."""
    outside = [party for party in world.parties.values() if not isinstance(party.end, Pod)]
    free = f"a pod in {STRANGERS}"
    asked = {Conversation(free, party.name, "tcp", API_PORT): party for party in outside}
    heard = world.hear(asked)
    assert [asked[each].name for each, said in heard.items() if said is None] == []


def test_without_one_policy_packets_go_as_the_matrix_without_it_says(world: World) -> None:
    [gone] = [found for found in world.manifests if _denies_users(found)]
    before, after = matrix(world.manifests), matrix(found for found in world.manifests if found != gone)
    changed = {pair: cell for pair, cell in after.cells.items() if cell != before.cells[pair]}
    kubectl("delete", "networkpolicy", gone["metadata"]["name"], "--namespace", gone["metadata"]["namespace"])
    assert True in world.expected(replace(after, cells=changed)).values()
    assert world.surprises(replace(after, cells=changed)) == {}


def _denies_users(found: Manifest) -> bool:
    metadata = found["metadata"]
    return (
        found["kind"] == "NetworkPolicy" and metadata["name"] == "deny-all" and metadata["namespace"].endswith("-users")
    )
