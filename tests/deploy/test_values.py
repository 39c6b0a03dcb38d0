"""The values of Secrets: made once, found again, given by hand, never replaced."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from components.naming import SECRETS_ANNOTATION
from components.pods import keyed_fingerprint
from deploy.program import Program, program_of
from deploy.values import Place, declared_values, fill, generated, missing, read_given, with_values
from lab.problem import Problem
from preview.inventory import Inventory

COOKIE = Place("hub", "cookie-secret", "cookie-secret")
TOKEN = Place("hub", "proxy-token", "proxy-token")
TOKEN_OF_PROXY = Place("proxy", "proxy-token", "token")
LOGIN = Place("hub", "login", "login")
DATABASE = Place("hub", "database", "password")
REFERENCES = {
    COOKIE: "<<generated:digits:64:cookie-secret>>",
    TOKEN: "<<generated:digits:64:proxy-token>>",
    TOKEN_OF_PROXY: "<<generated:digits:64:proxy-token>>",
    LOGIN: "<<generated:password:24:login>>",
    DATABASE: "<<declared:postgres-password>>",
}
GIVEN = {"postgres-password": "given"}


def test_missing_values_are_made_in_the_right_form() -> None:
    values = fill(REFERENCES, {}, GIVEN)
    assert re.fullmatch(r"[0-9a-f]{64}", values[COOKIE])
    assert re.fullmatch(r"[A-Za-z0-9]{24}", values[LOGIN])
    assert values[DATABASE] == "given"
    assert values[COOKIE] != fill(REFERENCES, {}, GIVEN)[COOKIE]


def test_one_reference_has_one_value_wherever_it_stands() -> None:
    values = fill(REFERENCES, {}, GIVEN)
    assert values[TOKEN] == values[TOKEN_OF_PROXY] != values[COOKIE]
    assert fill(REFERENCES, {TOKEN_OF_PROXY: "kept"}, GIVEN)[TOKEN] == "kept"


def test_what_the_cluster_keeps_stays() -> None:
    kept = fill(REFERENCES, {}, GIVEN)
    assert fill(REFERENCES, kept, GIVEN) == kept
    assert fill(REFERENCES, kept, {}) == kept


def test_keys_that_disagree_are_left_as_they_are() -> None:
    kept = {TOKEN: "one", TOKEN_OF_PROXY: "other"}
    values = fill(REFERENCES, kept, GIVEN)
    assert {place: values[place] for place in kept} == kept


def test_a_value_given_anew_replaces_the_old_one() -> None:
    kept = fill(REFERENCES, {}, GIVEN)
    assert fill(REFERENCES, kept, {"postgres-password": "newer"}) == kept | {DATABASE: "newer"}


def test_a_reference_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="is no reference"):
        fill({COOKIE: "<<generated:oracle:1:x>>"}, {}, {})


@pytest.mark.parametrize(
    ("kept", "given", "names"),
    [
        ({}, {}, ["postgres-password"]),
        ({}, GIVEN, []),
        ({DATABASE: "kept"}, {}, []),
        ({COOKIE: "kept"}, {}, ["postgres-password"]),
    ],
)
def test_what_nobody_gave_is_listed(kept: dict[Place, str], given: dict[str, str], names: list[str]) -> None:
    assert missing(REFERENCES, kept, given) == names


def test_the_engine_gets_what_was_declared_and_what_was_generated() -> None:
    kept = {COOKIE: "c", LOGIN: "l", DATABASE: "d"}
    assert declared_values(REFERENCES, kept, {}) == {"postgres-password": "d"}
    assert declared_values(REFERENCES, kept, GIVEN) == GIVEN
    assert generated(REFERENCES, kept) == {"cookie-secret": "c", "login": "l"}


def test_files_of_secrets_are_read_and_those_others_may_read_refused(tmp_path: Path) -> None:
    secret = tmp_path / "postgres-password"
    secret.write_text("given\n")
    secret.chmod(0o640)
    with pytest.raises(Problem, match=f"chmod 600 {secret}"):
        read_given(tmp_path)
    secret.chmod(0o600)
    assert read_given(tmp_path) == GIVEN
    assert read_given(tmp_path / "absent") == {}


def shown_by_pods(program: Program, values: dict[Place, str]) -> dict[str, str]:
    deployments = [found for found in program.objects if found["kind"] == "Deployment"]
    filled = {found["metadata"]["name"]: with_values(found, values, program.references) for found in deployments}
    return {
        name: found["spec"]["template"]["metadata"]["annotations"][SECRETS_ANNOTATION]
        for name, found in filled.items()
        if SECRETS_ANNOTATION in found["spec"]["template"]["metadata"].get("annotations", {})
    }


def test_pods_carry_the_fingerprints_of_the_values_they_read(recorded: Callable[[str, bool], Inventory]) -> None:
    # As the engine would have them: a value that changes starts them anew, and a move from one way to the other does not.
    program = program_of(recorded("gitops-lab", False), "jupyter")
    values = fill(program.references, {}, dict.fromkeys(missing(program.references, {}, {}), "given"))
    key = next(value for place, value in values.items() if place.key == "fingerprint-key")
    of_keys = {place.key: keyed_fingerprint(key, value) for place, value in values.items()}
    shown = shown_by_pods(program, values)
    assert shown["proxy"] == of_keys["proxy-token"]
    read = ("cookie-secret", "crypt-key", "proxy-token", "database-password", "metrics-token")
    assert shown["hub"] == "".join(of_keys[name] for name in read)


def test_a_new_value_given_by_hand_starts_those_anew_who_read_it(recorded: Callable[[str, bool], Inventory]) -> None:
    program = program_of(recorded("gitops-lab", False), "jupyter")
    given = dict.fromkeys(missing(program.references, {}, {}), "given")
    values = fill(program.references, {}, given)
    before = shown_by_pods(program, values)
    assert shown_by_pods(program, fill(program.references, values, given | {"login-password": "newer"})) == before
    after = shown_by_pods(program, fill(program.references, values, given | {"hub-database-password": "newer"}))
    assert {name for name, shown in after.items() if shown != before[name]} == {"hub"}
