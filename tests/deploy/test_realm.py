"""What becomes of a realm when Keycloak stumbles; that the import is right is tried at a real one, in tests/realm."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from deploy.keycloak import Keycloak, RefusedError
from deploy.realm import apply
from lab.problem import Problem
from settings.contract import contract
from settings.load import read, stack_file


@dataclass
class Stumbling:
    """Answers every question with the same refusal."""

    status: int
    url: str = "http://127.0.0.1:8001"
    asked: list[str] = field(default_factory=list[str])

    def get(self, path: str, **_: str) -> Any:
        self.asked.append(path)
        raise RefusedError(self.status, "the words of the server")


def refused_by(server: Stumbling) -> str:
    agreed = contract(read(stack_file("thinkube-lab")))
    assert agreed
    document: dict[str, Any] = {"clients": [{"clientId": agreed.client_id}], "roles": {"client": {}}}
    with pytest.raises(Problem) as refusal:
        apply(cast(Keycloak, server), agreed, document, pause=0)
    return str(refusal.value)


def test_a_server_that_stumbles_is_asked_again_before_it_is_given_up() -> None:
    server = Stumbling(500)
    assert "the words of the server" in refused_by(server)
    assert len(server.asked) == 3


def test_a_clear_no_is_not_asked_for_twice() -> None:
    server = Stumbling(403)
    assert "the words of the server" in refused_by(server)
    assert len(server.asked) == 1
