"""What the hub itself has given out to somebody: cookies and tokens, and how they end."""

from collections.abc import Iterator
from typing import Any

from jupyterhub import orm

PERSONAL = "jupyterhub"
"""The client of the tokens that people make for their scripts; browsers at a server have those of that server's client."""
_OF_A_SERVER = ("access:servers!server=", "users:activity!")

User = Any
"""JupyterHub's user, with its database and its servers."""


def end_browsers(user: User) -> None:
    """Every browser has to log in again: what it holds now opens neither the hub nor a server."""
    _end(user, [token for token in user.orm_user.api_tokens if token.client_id != PERSONAL])


def end_everything(user: User) -> None:
    """Every browser and every script.

    A server that keeps running keeps the token by which it reports that it runs and asks who its visitors are. It opens that
    server to nobody else, and ends with it.
    """
    kept = {token.id for token in _of_running_servers(user)}
    _end(user, [token for token in user.orm_user.api_tokens if token.id not in kept])


def _end(user: User, tokens: list[orm.APIToken]) -> None:
    # All cookies of a user carry the same word, and are good as long as it is theirs.
    user.orm_user.cookie_id = orm.new_token()
    for each in [*tokens, *user.orm_user.oauth_codes]:
        user.db.delete(each)
    user.db.commit()
    # What was last said of them counts no longer, for the token that a running server keeps either.
    user._auth_refreshed = None


def _of_running_servers(user: User) -> Iterator[orm.APIToken]:
    for spawner in user.spawners.values():
        if not spawner.active:
            continue
        if spawner.api_token:
            yield from filter(None, [orm.APIToken.find(user.db, spawner.api_token)])
            continue
        # After a restart, the hub knows the token by its words only. Whoever forges them gains what the server has anyway.
        note = f"Server at {spawner.server.base_url}" if spawner.server else None
        for token in user.orm_user.api_tokens:
            if token.note == note and all(scope.startswith(_OF_A_SERVER) for scope in token.scopes):
                yield token
