"""What the realms of these tests agree on with their hub and their edge."""

from typing import Final

from hub.settings import CLIENT_SECRET, LOGIN_PASSWORD
from settings.contract import Contract, EdgeClient
from settings.identity import Membership, Sessions

PEOPLE: Final = {"admin": frozenset({"admins"}), "alice": frozenset({"users", "analysts"}), "bob": frozenset({"users"})}
SECRETS: Final = {CLIENT_SECRET: "what-the-hub-shows-0", LOGIN_PASSWORD: "What-They-Begin-With-1"}
LOGINS: Final = ("http://127.0.0.1:8000/hub/oauth_callback", "http://localhost:8000/hub/oauth_callback")


def agreed(realm: str, *, ours: bool = True, edge: bool = False) -> Contract:
    return Contract(
        realm=realm,
        realm_is_ours=ours,
        server="https://login.example.org",
        back_channel="https://login.example.org",
        origins=("http://127.0.0.1:8000", "http://localhost:8000"),
        after_logout="/hub/",
        membership=Membership.model_validate({"users": ["users"], "admins": ["admins"]}),
        groups=("admins", "analysts", "users"),
        sessions=Sessions.model_validate({"idle": "12h", "longest": "7d"}),
        grace=1800,
        edge=EdgeClient("example") if edge else None,
    )
