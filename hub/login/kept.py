"""What the hub keeps of somebody's login, encrypted in its database. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from hub.login.claims import Known

State = dict[str, Any]
MOST_SESSIONS = 10
"""That one person has at a time; the oldest one makes room."""


@dataclass(frozen=True)
class Session:
    """One login at Keycloak: that of one browser, as a rule."""

    sid: str
    refresh_token: str = field(repr=False)
    id_token: str = field(repr=False)
    at: float
    """When Keycloak gave these tokens: with rotation, only the last ones are good."""


@dataclass(frozen=True)
class Kept:
    sub: str
    """Stays when everything else ends, so that a name keeps its owner."""
    confirmed: float = 0.0
    """When Keycloak last said the rest."""
    admin: bool = False
    groups: tuple[str, ...] = ()
    sessions: tuple[Session, ...] = ()
    """The newest one first."""

    @classmethod
    def of(cls, known: Known, session: Session) -> Self:
        return cls(known.sub, session.at, known.admin, known.groups, (session,))

    @classmethod
    def load(cls, state: Mapping[str, Any] | None) -> Self | None:
        """None for somebody who has never logged in this way."""
        if not state or "sub" not in state:
            return None
        sessions = tuple(Session(**each) for each in state["sessions"])
        return cls(state["sub"], state["confirmed"], state["admin"], tuple(state["groups"]), sessions)

    def dump(self) -> State:
        return asdict(self)

    def without(self, session: Session) -> Self:
        return replace(self, sessions=tuple(each for each in self.sessions if each.sid != session.sid))

    def with_all_of(self, other: "Kept | None") -> Self:
        """Together with the sessions of an earlier login, or with what another request has learnt meanwhile."""
        if other is None or other.sub != self.sub:
            return self
        newest: dict[str, Session] = {}
        for each in sorted((*other.sessions, *self.sessions), key=lambda each: each.at):
            newest[each.sid] = each
        return replace(self, sessions=tuple(sorted(newest.values(), key=lambda each: -each.at)))

    def before_another(self) -> tuple[Session, ...]:
        """The sessions that make room for a new one."""
        return self.sessions[MOST_SESSIONS - 1 :]

    def is_forgiven(self, now: float, grace: float) -> bool:
        """Whether what was said last still counts while Keycloak is silent. A clock that was set back forgives nothing."""
        return bool(self.sessions) and 0 <= now - self.confirmed < grace
