"""Ways to write a path that somebody on the way may read differently."""

import random
import re
from dataclasses import dataclass
from urllib.parse import quote

from tests.isolation.oracle import PEOPLE, label

STRANGERS = "carol Alice ALICE alice3 ali toString __proto__ \u0430lice \uff41lice bob\u200b".split()  # noqa: SIM905
ROOTS = ("user", "user", "user", "user", "User", "users", "USER")
PLACES = ("lab", "api/contents/x.ipynb", "tree/a b", "files/constructor", "proxy/8000/", "api/kernels/1/channels", "")
HUB_PATHS = ("hub/home", "hub/api/users/alice", "hub/login", "hub/user/bob/lab", "services/x/", "user-redirect/lab", "")
SLASHES = """
    %2f %2F %252f // /// \\ %5c /./ /../ /%2e%2e/ /.%2E/ /%2e/ /..;/ ;/ /;/ %c0%af %ef%bc%8f \u2215 \uff0f %00/ /%00 %0d%0a/ %09/ %20/
    ?/ #/ %3f/ %23/ :/ @/
""".split()  # noqa: SIM905 - a table
STARTS = """
    //evil.example.org //user /// /\\ \\ http://evil.example.org http://hub.example.org https: * /user/bob/.. /user/alice/../..
    /hub/.. /%2e%2e /. /%2f /user%2fbob/.. /%75ser/alice/.. /@bob
""".split()  # noqa: SIM905 - a table
ENDS = """
    ?/../bob ?next=/user/bob/ #/user/bob ?%2f..%2fbob ? # ?a?b#c?d ;jsessionid=1 /.. /. % %zz %ff %ed%a0%80 /constructor /__proto__
""".split()  # noqa: SIM905 - a table
LONG = ("/" + "a" * 3000, "/../" * 300, "%2f.." * 200, "?" + "q" * 6000)


@dataclass(frozen=True)
class Request:
    target: str
    """As it stands in the first line, byte for byte as latin-1."""
    host: str = "hub.example.org"
    websocket: bool = False
    headers: tuple[str, ...] = ()
    """Lines that come with it."""


def requests(number: int, seed: int) -> list[Request]:
    """As many different ones, the same each time."""
    chance = random.Random(seed)  # noqa: S311 - chosen, not guessed
    found: dict[Request, None] = {}
    while len(found) < number:
        target = _written(_path(chance), chance).encode().decode("latin-1")
        # Blanks would end the target, and line ends the request.
        if not re.search(r"[\x00-\x20]", target):
            found[Request(target, websocket=chance.random() < 0.2)] = None
    return list(found)


def elsewhere(found: list[Request], host: str, seed: int) -> list[Request]:
    """The same, asked of the hosts that servers have of their own, and of names like them."""
    chance = random.Random(seed)  # noqa: S311 - chosen, not guessed
    others = (*(f"{label(name)}." for name in PEOPLE), "carol.", "x.alice.", "alice2", "", "ALICE.", "alice..", ".")
    ends = ("", ":8000", ".", "/user/bob", "/user/alice/", "?", "\\", ".evil.example.org", ":x", "%00")

    def asked(target: str) -> str:
        named = [name for name in PEOPLE if f"/{name}/" in target]
        mine = f"{label(chance.choice(named))}." if named and chance.random() < 0.6 else chance.choice(others)
        return f"{mine}{host}{chance.choice(ends) if chance.random() < 0.4 else ''}"

    return [Request(each.target, asked(each.target), each.websocket) for each in found]


def _path(chance: random.Random) -> str:
    if chance.random() < 0.15:
        return "/" + chance.choice(HUB_PATHS)
    name = chance.choice(PEOPLE if chance.random() < 0.8 else STRANGERS)
    return "/".join(["", chance.choice(ROOTS), name, chance.choice(PLACES)])


def _written(path: str, chance: random.Random) -> str:
    """Some of the letters of a path replaced by what may be taken for them."""
    path = quote(path, safe="/") if chance.random() < 0.8 else path.replace(" ", "+")
    for _ in range(chance.choice((0, 0, 1, 1, 1, 2, 3))):
        at = chance.randrange(len(path))
        match chance.randrange(6):
            case 0:
                slashes = [place for place, letter in enumerate(path) if letter == "/"]
                at = chance.choice(slashes or [0])
                path = path[:at] + chance.choice(SLASHES) + path[at + 1 :]
            case 1:
                path = path[:at] + f"%{ord(path[at]) & 255:02x}" + path[at + 1 :]
            case 2:
                path = path[:at] + f"%25{ord(path[at]) & 255:02X}" + path[at + 1 :]
            case 3:
                path = path[:at] + path[at].swapcase() + path[at + 1 :]
            case 4:
                path = chance.choice(STARTS) + path
            case _:
                path = path + chance.choice((*ENDS, *LONG))
    return path
