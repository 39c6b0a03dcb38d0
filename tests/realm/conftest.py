"""A realm in a real Keycloak, made without the engine."""

from collections.abc import Generator
from secrets import token_hex

import pytest

from components.identity.realm_document import realm_document
from deploy import realm
from deploy.keycloak import Keycloak
from lab.paths import KUBECONFIG
from settings.contract import Contract
from tests.e2e import surroundings
from tests.realm.agreed import PEOPLE, SECRETS, agreed


@pytest.fixture(scope="session")
def keycloak() -> Keycloak:
    """Somebody else's, in the lab."""
    if not KUBECONFIG.exists():
        pytest.skip("the lab has never been up (make lab)")
    return surroundings.keycloak()


@pytest.fixture(scope="module")
def made(keycloak: Keycloak) -> Generator[Contract]:
    contract = agreed(f"made-{token_hex(3)}", edge=True)
    realm.apply(keycloak, contract, realm_document(contract, PEOPLE, SECRETS))
    yield contract
    keycloak.delete(f"realms/{contract.realm}")
