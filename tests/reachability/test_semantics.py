"""The simulator against what the documentation of Kubernetes says of NetworkPolicies, example by example."""

from typing import Any

import pytest

from reachability.ports import EVERY, Range, common, holds, in_words, union
from reachability.semantics import Address, End, NotUnderstoodError, Pod, Policies, Port, selects

DEFAULT = "default"
DB = Pod(DEFAULT, {"role": "db"}, "10.0.0.1", (Port("redis", "TCP", 6379), Port("names", "UDP", 53)))
FRONTEND = Pod(DEFAULT, {"role": "frontend"}, "10.0.0.2")
OTHER = Pod(DEFAULT, {}, "10.0.0.3")
IN_PROJECT = Pod("myproject", {"role": "client"}, "10.0.0.4")
FRONTEND_ELSEWHERE = Pod("elsewhere", {"role": "frontend"}, "10.0.0.5")
NAMESPACES: dict[str, dict[str, str]] = {
    "myproject": {"project": "myproject"},
    "frontend": {"namespace": "frontend"},
    DEFAULT: {},
}
Spec = dict[str, Any]
ALL: Spec = {}
NONE: list[Spec] = []
FRONT: Spec = {"podSelector": {"matchLabels": {"role": "frontend"}}}


def policies(*specs: Spec, namespace: str = DEFAULT) -> Policies:
    return Policies(
        tuple({"metadata": {"name": str(n), "namespace": namespace}, "spec": spec} for n, spec in enumerate(specs)),
        NAMESPACES,
    )


def reaches(world: Policies, source: End, target: End, port: int = 80, protocol: str = "TCP") -> bool:
    return holds(world.open(source, target), protocol, port)


DOCUMENTED = policies(
    {
        "podSelector": {"matchLabels": {"role": "db"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "from": [
                    {"ipBlock": {"cidr": "172.17.0.0/16", "except": ["172.17.1.0/24"]}},
                    {"namespaceSelector": {"matchLabels": {"project": "myproject"}}},
                    FRONT,
                ],
                "ports": [{"protocol": "TCP", "port": 6379}],
            }
        ],
        "egress": [
            {"to": [{"ipBlock": {"cidr": "10.0.0.0/24"}}], "ports": [{"protocol": "TCP", "port": 5978}]},
        ],
    }
)


@pytest.mark.parametrize(
    ("source", "port", "allowed"),
    [
        (FRONTEND, 6379, True),
        (FRONTEND, 6380, False),
        (OTHER, 6379, False),
        (IN_PROJECT, 6379, True),
        (FRONTEND_ELSEWHERE, 6379, False),
        (Address("172.17.0.5"), 6379, True),
        (Address("172.17.1.5"), 6379, False),
        (Address("172.17.2.5"), 6379, True),
        (Address("172.18.0.5"), 6379, False),
    ],
)
def test_the_documented_policy_lets_in(source: End, port: int, allowed: bool) -> None:
    assert reaches(DOCUMENTED, source, DB, port) is allowed
    assert not reaches(DOCUMENTED, source, DB, port, "UDP")


@pytest.mark.parametrize(
    ("target", "port", "allowed"),
    [
        (Address("10.0.0.99"), 5978, True),
        (Address("10.0.0.99"), 5979, False),
        (Address("10.0.1.99"), 5978, False),
        (OTHER, 5978, True),  # its address is in the block, and nothing holds it
    ],
)
def test_the_documented_policy_lets_out(target: End, port: int, allowed: bool) -> None:
    assert reaches(DOCUMENTED, DB, target, port) is allowed


def test_who_is_not_selected_is_free_and_nobody_is_cut_off_from_themselves() -> None:
    assert DOCUMENTED.open(OTHER, FRONTEND) == EVERY
    assert policies({"podSelector": ALL, "policyTypes": ["Ingress", "Egress"]}).open(DB, DB) == EVERY


def test_an_item_with_both_selectors_wants_both_and_two_items_want_either() -> None:
    namespace, pod = {"matchLabels": {"project": "myproject"}}, {"matchLabels": {"role": "client"}}
    both = policies({"podSelector": ALL, "ingress": [{"from": [{"namespaceSelector": namespace, "podSelector": pod}]}]})
    either = policies(
        {"podSelector": ALL, "ingress": [{"from": [{"namespaceSelector": namespace}, {"podSelector": pod}]}]}
    )
    client_here, other_there = Pod(DEFAULT, {"role": "client"}, "10.0.0.8"), Pod("myproject", ALL, "10.0.0.9")
    assert [reaches(both, source, DB) for source in (IN_PROJECT, client_here, other_there)] == [True, False, False]
    assert [reaches(either, source, DB) for source in (IN_PROJECT, client_here, other_there)] == [True, True, True]
    assert not reaches(either, OTHER, DB)


@pytest.mark.parametrize(
    ("spec", "into", "out"),
    [
        ({"podSelector": ALL, "policyTypes": ["Ingress"]}, False, True),
        ({"podSelector": ALL, "ingress": [ALL], "policyTypes": ["Ingress"]}, True, True),
        ({"podSelector": ALL, "policyTypes": ["Egress"]}, True, False),
        ({"podSelector": ALL, "egress": [ALL], "policyTypes": ["Egress"]}, True, True),
        ({"podSelector": ALL, "policyTypes": ["Ingress", "Egress"]}, False, False),
        # What is not said follows from the rules.
        ({"podSelector": ALL}, False, True),
        (ALL, False, True),
        ({"podSelector": ALL, "egress": NONE}, False, True),
        ({"podSelector": ALL, "egress": [ALL]}, False, True),
        ({"podSelector": ALL, "egress": [{"ports": [{"port": 1}]}]}, False, False),
        ({"podSelector": {"matchLabels": {"role": "frontend"}}, "policyTypes": ["Ingress", "Egress"]}, True, True),
        ({"podSelector": ALL, "ingress": [{"from": NONE}], "policyTypes": ["Ingress"]}, True, True),
        ({"podSelector": ALL, "ingress": [{"from": [{"podSelector": ALL}]}], "policyTypes": ["Ingress"]}, False, True),
        (
            {"podSelector": ALL, "ingress": [{"from": [{"namespaceSelector": ALL}]}], "policyTypes": ["Ingress"]},
            True,
            True,
        ),
    ],
)
def test_defaults(spec: Spec, into: bool, out: bool) -> None:
    world = policies(spec)
    assert reaches(world, IN_PROJECT, DB) is into
    assert reaches(world, DB, IN_PROJECT) is out


def test_policies_add_up_and_both_ends_have_to_agree() -> None:
    closed = {"podSelector": ALL, "policyTypes": ["Ingress", "Egress"]}
    out = {"podSelector": ALL, "policyTypes": ["Egress"], "egress": [{"to": [{"podSelector": ALL}]}]}
    into = {"podSelector": {"matchLabels": {"role": "db"}}, "ingress": [{"from": [FRONT]}]}
    assert not reaches(policies(closed, out), FRONTEND, DB)
    assert not reaches(policies(closed, into), FRONTEND, DB)
    assert reaches(policies(closed, out, into), FRONTEND, DB)
    assert not reaches(policies(closed, out, into), OTHER, DB)


def test_a_policy_holds_in_its_own_namespace_only() -> None:
    elsewhere = policies({"podSelector": ALL, "policyTypes": ["Ingress"]}, namespace="myproject")
    assert reaches(elsewhere, OTHER, DB)
    assert not reaches(elsewhere, OTHER, IN_PROJECT)


def test_every_namespace_has_its_name_as_a_label() -> None:
    named = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "elsewhere"}}}
    world = policies({"podSelector": ALL, "ingress": [{"from": [named]}]})
    assert reaches(world, FRONTEND_ELSEWHERE, DB)
    assert not reaches(world, IN_PROJECT, DB)


@pytest.mark.parametrize(
    ("operator", "values", "of_db", "of_frontend", "of_other"),
    [
        ("In", ["db", "cache"], True, False, False),
        ("NotIn", ["db", "cache"], False, True, True),
        ("Exists", [], True, True, False),
        ("DoesNotExist", [], False, False, True),
    ],
)
def test_expressions(operator: str, values: list[str], of_db: bool, of_frontend: bool, of_other: bool) -> None:
    selector = {"matchExpressions": [{"key": "role", "operator": operator, "values": values}]}
    assert [selects(selector, pod.labels) for pod in (DB, FRONTEND, OTHER)] == [of_db, of_frontend, of_other]
    both = {"matchLabels": {"role": "db"}, **selector}
    assert selects(both, DB.labels) is of_db
    assert not selects(both, FRONTEND.labels)


@pytest.mark.parametrize(
    ("ports", "opened"),
    [
        (NONE, "all"),
        ([ALL], "all TCP"),
        ([{"port": 80}], "80"),
        ([{"protocol": "UDP"}], "all UDP"),
        ([{"port": 53, "protocol": "UDP"}, {"port": 53}], "53 TCP+UDP"),
        ([{"port": 32000, "endPort": 32768}], "32000-32768"),
        ([{"port": 80}, {"port": 81, "endPort": 90}], "80-90"),
        ([{"port": 36412, "protocol": "SCTP"}], "36412 SCTP"),
        ([{"port": "redis"}], "6379"),
        ([{"port": "redis", "protocol": "UDP"}], ""),
        ([{"port": "names", "protocol": "UDP"}], "53 UDP"),
        ([{"port": "unknown"}], ""),
    ],
)
def test_ports(ports: list[Spec], opened: str) -> None:
    incoming = policies({"podSelector": {"matchLabels": {"role": "db"}}, "ingress": [{"ports": ports}]})
    assert in_words(incoming.open(OTHER, DB)) == opened
    # A name is a port of who is asked, whichever end the policy holds.
    outgoing = policies({"podSelector": {"matchLabels": {"role": "frontend"}}, "egress": [{"ports": ports}]})
    assert in_words(outgoing.open(FRONTEND, DB)) == (opened if ports else "all")


def test_an_address_has_no_named_ports_and_is_no_pod() -> None:
    world = policies({"podSelector": ALL, "policyTypes": ["Egress"], "egress": [{"ports": [{"port": "redis"}]}]})
    assert world.open(OTHER, Address("10.0.0.1")) == ()
    world = policies({"podSelector": ALL, "policyTypes": ["Egress"], "egress": [{"to": [{"namespaceSelector": ALL}]}]})
    assert world.open(OTHER, Address("10.0.0.1")) == ()


def test_blocks_of_the_other_family_hold_nothing() -> None:
    six = policies({"podSelector": ALL, "egress": [{"to": [{"ipBlock": {"cidr": "::/0"}}], "ports": NONE}]})
    assert six.open(OTHER, Address("203.0.113.1")) == ()
    assert six.open(OTHER, Address("2001:db8::1")) == EVERY


@pytest.mark.parametrize(
    "spec",
    [
        {"podSelector": ALL, "rules": NONE},
        {"podSelector": {"matchFields": NONE}},
        {"podSelector": {"matchExpressions": [{"key": "role", "operator": "Gt", "values": ["1"]}]}},
        {"ingress": [{"from": [ALL]}]},
        {"ingress": [{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}, "podSelector": ALL}]}]},
        {"ingress": [{"from": [{"serviceSelector": ALL}]}]},
        {"ingress": [{"to": [{"podSelector": ALL}]}]},
        {"ingress": [{"ports": [{"port": 1, "name": "http"}]}]},
        {"ingress": [{"ports": [{"port": 1, "protocol": "ICMP"}]}]},
    ],
)
def test_what_is_not_understood_is_refused(spec: Spec) -> None:
    with pytest.raises(NotUnderstoodError):
        policies({"podSelector": ALL, **spec}).open(OTHER, DB)


def test_sets_of_ports() -> None:
    assert union([Range("TCP", 5, 9), Range("TCP", 1, 4), Range("UDP", 5, 5)]) == (
        Range("TCP", 1, 9),
        Range("UDP", 5, 5),
    )
    assert common((Range("TCP", 1, 9),), (Range("TCP", 3, 4), Range("TCP", 9, 20), Range("UDP", 3, 3))) == (
        Range("TCP", 3, 4),
        Range("TCP", 9, 9),
    )
    assert common(EVERY, EVERY) == EVERY
    assert common(EVERY, ()) == ()
