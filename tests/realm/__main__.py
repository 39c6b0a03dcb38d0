"""A program that keeps a realm and nothing else; its server and its realm are configured."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))

import pulumi

from components.identity.realm import Administrator, Realm, RealmArgs
from hub.settings import CLIENT_SECRET, LOGIN_PASSWORD
from tests.realm.agreed import PEOPLE, SECRETS, agreed

config = pulumi.Config()
ours = config.require("kind") == "made"
Realm(
    "realm",
    RealmArgs(
        contract=agreed(config.require("realm"), ours=ours, edge=config.get_bool("edge") or False),
        administrator=Administrator(
            url=config.require("url"), realm="master", client="platform", secret=config.require_secret("administrator")
        ),
        client_secret=pulumi.Output.secret(SECRETS[CLIENT_SECRET]),
        people=PEOPLE if ours else {},
        initial_password=pulumi.Output.secret(SECRETS[LOGIN_PASSWORD]),
        rotations={},
        server=None,
    ),
)
