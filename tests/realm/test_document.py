"""The two ways of making a realm say the same: what the engine's provider is told, and the document for Keycloak's import."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from components.identity.realm_document import profile_document, realm_document
from deploy.program import program_of
from preview.inventory import Inventory
from preview.manifests import RenderError
from preview.recorder import inventory
from preview.render import REALM, render
from preview.replacement import forces_replacement
from settings.contract import HUB_CLIENT
from tests.realm import translation
from tests.realm.agreed import PEOPLE, SECRETS, agreed

PROGRAM = Path(__file__).parent


def recorded(directory: Path, **config: object) -> Inventory:
    file = directory / "Pulumi.test.yaml"
    told = {"kind": "made", "url": "http://127.0.0.1:9", "administrator": {"secure": "of no matter"}, **config}
    file.write_text(yaml.safe_dump({"config": {f"realm:{key}": value for key, value in told.items()}}))
    return inventory("test", root=PROGRAM, stack_file=file)


def in_order(node: Any) -> Any:
    """Nothing here means anything by its order."""
    if isinstance(node, dict):
        return {key: in_order(value) for key, value in cast("dict[str, Any]", node).items()}
    return sorted(map(in_order, cast("list[Any]", node)), key=repr) if isinstance(node, list) else node


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Inventory:
    return recorded(tmp_path_factory.mktemp("program"), realm="both", edge="true")


def test_both_ways_say_the_same(program: Inventory) -> None:
    engine = translation.document(program)
    document = realm_document(agreed("both", edge=True), PEOPLE, SECRETS)
    kept_beside = ("clients", "roles", "groups", "users", "components", "clientProfiles", "clientPolicies")
    rules = {key: value for key, value in document.items() if key not in kept_beside}
    own_account = {"enabled": True, "realmRoles": ["default-roles-both"]}
    secrets = {client["clientId"]: client["secret"] for client in engine["clients"]}
    assert secrets[HUB_CLIENT] == SECRETS["client-secret"]

    # The provider calls a realm by its name, and switches on what it makes.
    assert in_order({**engine["realm"], "id": "both", "enabled": True}) == in_order(rules)
    # Only the engine makes an edge, and so the secret of its client.
    assert in_order(engine["clients"]) == in_order(
        [{**client, "secret": secrets[client["clientId"]]} for client in document["clients"]]
    )
    assert in_order(engine["roles"]) == in_order(document["roles"])
    assert in_order(engine["groups"]) == in_order(document["groups"])
    people = [{**user, **own_account} for user in engine["users"]]
    assert in_order(people) == in_order(document["users"])
    fields = [{**field, "multivalued": False} for field in engine["profile"]]
    assert in_order(fields) == in_order(profile_document()["attributes"])
    assert engine["policies"] == {**document["clientProfiles"], **document["clientPolicies"]}


def test_somebody_elses_realm_is_only_read(tmp_path: Path) -> None:
    found = recorded(tmp_path, realm="theirs", kind="existing")
    made = {resource.type for resource in found.resources if resource.type.startswith("keycloak:")}
    assert made == {
        "keycloak:index/genericProtocolMapper:GenericProtocolMapper",
        "keycloak:index/groupRoles:GroupRoles",
        "keycloak:index/role:Role",
        "keycloak:openid/client:Client",
        "keycloak:openid/clientDefaultScopes:ClientDefaultScopes",
        "keycloak:openid/clientOptionalScopes:ClientOptionalScopes",
    }
    document = realm_document(agreed("theirs", ours=False), {}, SECRETS)
    assert set(document) == {"realm", "clients", "roles", "groups"}


def test_no_secret_is_in_the_clear_on_its_way_to_the_engine(program: Inventory) -> None:
    shown = repr(program.resources)
    assert [name for name, value in SECRETS.items() if value in shown] == []


def test_names_are_readable(program: Inventory) -> None:
    names = {resource.name for resource in program.resources if resource.type.startswith("keycloak:")}
    assert {"realm", "hub-client", "edge-client", "group-analysts", "role-admin", "person-alice"} <= names


def test_people_and_their_realm_outlive_the_stack(program: Inventory) -> None:
    kept = {resource.type.rpartition(":")[2] for resource in program.resources if resource.retain_on_delete}
    assert kept == {"Realm", "Group", "User", "UserGroups"}


def test_a_render_has_the_realm_beside_its_manifests(program: Inventory, tmp_path: Path) -> None:
    document = realm_document(agreed("both"), PEOPLE, {name: f"<<{name}>>" for name in SECRETS})
    for _ in range(2):
        render(program, tmp_path / "out", realm=document)
    assert json.loads((tmp_path / "out" / REALM).read_text()) == document


def test_a_render_refuses_an_edge_with_the_reason(program: Inventory, tmp_path: Path) -> None:
    tunnel = replace(program.resources[0], type="cloudflare:index/zeroTrustTunnelCloudflared:Tunnel", name="tunnel")
    edge = replace(program, resources=(*program.resources, tunnel))
    with pytest.raises(RenderError, match=r"Tunnel tunnel .*: only an engine can make an edge"):
        render(edge, tmp_path / "out")
    assert program_of(edge, "hub").only_by_engine
    assert not program_of(program, "hub").only_by_engine


@pytest.mark.parametrize(
    ("kind", "name", "field", "replaced"),
    [
        ("keycloak:index/realm:Realm", "realm", "realm", True),
        ("keycloak:openid/client:Client", "hub-client", "realmId", True),
        ("keycloak:openid/client:Client", "hub-client", "clientId", False),
        ("keycloak:openid/client:Client", "hub-client", "clientSecret", False),
        ("keycloak:index/user:User", "person-alice", "username", True),
        ("keycloak:index/group:Group", "group-users", "name", False),
    ],
)
def test_a_preview_says_what_is_replaced(program: Inventory, kind: str, name: str, field: str, replaced: bool) -> None:
    before = program.one(kind, name)
    after = replace(before, inputs={**before.inputs, field: "another"})
    assert forces_replacement(field, before, after, {}) is replaced
