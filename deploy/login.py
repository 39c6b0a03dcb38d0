"""The realm at every `up`: at which Keycloak, on whose behalf, and what has to come first."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from components.identity.keycloak_server import ADMINISTRATOR
from components.identity.realm_document import document_of
from components.naming import KEYCLOAK_ADMINISTRATOR
from deploy import adoption, realm, realm_rights, rollout
from deploy.console import note
from deploy.direct import kept_values
from deploy.engine import Engine, Watch
from deploy.keycloak import Keycloak, RefusedError
from deploy.kubectl import Kubectl
from deploy.program import Program
from deploy.stack import Secrets, Stack
from deploy.state import Adopted
from deploy.verdict import Workload
from hub.settings import CLIENT_SECRET, LOGIN_PASSWORD
from lab.problem import Problem
from settings.contract import SERVER, Contract, contract
from settings.identity import KeycloakExternal, KeycloakIdentity, KeycloakInCluster

_MASTER: Final = "master"
_SECONDS: Final = 120.0
"""From when its pod is ready until this machine is answered."""
_PAUSE: Final = 1.0

Given = Callable[[str], str]
"""A secret that somebody gave, by its name."""


@dataclass(frozen=True)
class Login:
    stack: Stack
    kubectl: Kubectl
    agreed: Contract
    server: KeycloakInCluster | KeycloakExternal
    given: Given

    def require(self) -> None:
        """Of a server that somebody else keeps: that it will take what is to be done. Ours may not be there yet."""
        if isinstance(self.server, KeycloakExternal):
            realm_rights.require(self._keycloak(), self.agreed)

    def bring(self) -> None:
        """Once the server is ready: all of it, or what an engine does not see because nobody declares it."""
        ours = isinstance(self.server, KeycloakInCluster)
        secrets = {name: self._kept(name) for name in (CLIENT_SECRET, *((LOGIN_PASSWORD,) if ours else ()))}
        document = document_of(self.stack.settings, secrets) or {}
        for line in realm.apply(self._answering(), self.agreed, document) or [
            "everything of the realm is as it should be"
        ]:
            note(line)

    def up(self, engine: Engine, watch: Watch, program: Program, secrets: Secrets) -> None:
        """With the engine. A realm that it does not know, or that does not answer, needs everything else first."""
        if self._needs_the_rest_first(engine, program, secrets):
            # The engine refuses to leave out by name what it does not know yet.
            kinds = {resource.type.partition("/")[0] for resource in program.realm}
            engine.up(watch, program.declared, without=sorted(f"**{kind}**" for kind in kinds))
            engine.take_over(program.realm, self._held(program))
        engine.up(watch, program.declared)

    def _held(self, program: Program) -> dict[str, Adopted]:
        keycloak = self._answering()
        try:
            return adoption.held(keycloak, self.agreed.realm, program.realm)
        except RefusedError as refused:
            raise Problem(
                f"the Keycloak at {keycloak.url} does not show what realm {self.agreed.realm!r} holds: {refused}"
            ) from refused

    def _needs_the_rest_first(self, engine: Engine, program: Program, secrets: Secrets) -> bool:
        unknown = not {resource.urn for resource in program.realm} <= engine.known()
        if isinstance(self.server, KeycloakExternal):
            return unknown and self._keycloak().get(f"realms/{self.agreed.realm}") is not None
        been_there = self.stack.place(KEYCLOAK_ADMINISTRATOR) in secrets.kept
        server = Workload("Deployment", self.stack.namespace, SERVER)
        return been_there and (unknown or bool(rollout.unready(self.kubectl, [server])))

    def _answering(self) -> Keycloak:
        end, keycloak = time.monotonic() + _SECONDS, self._keycloak()
        while True:
            try:
                keycloak.log_in()
            except Problem:
                if time.monotonic() > end or isinstance(self.server, KeycloakExternal):
                    raise
                time.sleep(_PAUSE)
            else:
                return keycloak

    def _keycloak(self) -> Keycloak:
        match self.server:
            case KeycloakInCluster():
                return Keycloak(self.agreed.server, _MASTER, ADMINISTRATOR, self._kept(KEYCLOAK_ADMINISTRATOR))
            case KeycloakExternal(url=url, administrator=who):
                return Keycloak(url, who.realm, who.client, self.given(who.secret.name))

    def _kept(self, name: str) -> str:
        place = self.stack.place(name)
        held = kept_values(self.kubectl, [place])
        if place not in held:
            raise Problem(
                f"namespace {place.namespace} has no Secret {place.secret} with the key {place.key}; run make up"
            )
        return held[place]


def login_of(stack: Stack, kubectl: Kubectl, given: Given) -> Login | None:
    """None where no Keycloak says who somebody is."""
    identity, agreed = stack.settings.identity, contract(stack.settings)
    if agreed is None or not isinstance(identity, KeycloakIdentity):
        return None
    return Login(stack, kubectl, agreed, identity.server, given)
