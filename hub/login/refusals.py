"""Why somebody is not let in, in words for them."""

from collections.abc import Sequence

from tornado.web import HTTPError

FORBIDDEN, UNAVAILABLE = 403, 503


class LoginRefusedError(HTTPError):
    """A page of its own says it: see hub/pages/error.html. What only administrators should read goes to the log."""

    def __init__(self, heading: str, message: str, status: int = FORBIDDEN, name: str | None = None) -> None:
        super().__init__(status, "%s", message)
        self.heading = heading
        self.name = name
        self.jupyterhub_message = message


def no_name(given: str) -> LoginRefusedError:
    return LoginRefusedError(
        "Your user name cannot be used here",
        f"The login server calls you {given[:80]!a}. A name here begins with a lower-case letter from a to z, goes on with"
        " such letters, digits, '.', '_' and '-', ends with a letter or digit, and has 63 of them at most."
        " Ask an administrator of the login server for such a name.",
        name=given,
    )


def no_name_in_address(address: str, domain: str) -> LoginRefusedError:
    return LoginRefusedError(
        "Your address cannot be used here",
        f"Cloudflare Access knows you as {address[:80]!a}. Here an address ends in @{domain}, and what stands before it begins"
        " with a letter from a to z, goes on with such letters, digits, '.', '_' and '-', and ends with a letter or digit.",
    )


def not_a_member(name: str, users: Sequence[str], admins: Sequence[str]) -> LoginRefusedError:
    return LoginRefusedError(
        "You may not use this platform yet",
        f"You are {name}, and in none of the groups whose members may log in: {_listed(users)},"
        f" or {_listed(admins)} for administrators. Ask an administrator of the login server to put you into one of them,"
        " then log in again.",
        name=name,
    )


def name_of_another(name: str) -> LoginRefusedError:
    return LoginRefusedError(
        "Your user name belongs to somebody else",
        f"Another account was called {name} when it logged in here, and its servers and tokens are still there."
        " To give the name to you, an administrator deletes the user on the hub's admin page. The home directory stays"
        " where it is, and becomes yours with the name.",
        name=name,
    )


def out_of_date() -> LoginRefusedError:
    return LoginRefusedError(
        "This login took too long",
        "It was begun too long ago, in another window, or more than once. Log in again.",
    )


def not_through_the_edge() -> LoginRefusedError:
    return LoginRefusedError(
        "You did not come through Cloudflare Access",
        "This platform is reached through its public address only, where Cloudflare Access asks who you are. Go there, and"
        " log in again.",
    )


def another_at_the_edge(name: str) -> LoginRefusedError:
    return LoginRefusedError(
        "You are two people",
        f"You are {name} here, and somebody else at Cloudflare Access. Log out, then log in as one of them.",
        name=name,
    )


def unknown_address(known: Sequence[str]) -> LoginRefusedError:
    origins = " or ".join("/".join(url.split("/")[:3]) for url in known)
    return LoginRefusedError("This is not the platform's address", f"Come by {origins}, and log in there.")


def no_answer(who: str) -> LoginRefusedError:
    return LoginRefusedError(
        "Nobody can log in now",
        f"{who} does not answer. Servers that run go on running. Try again in a minute, and tell an administrator if it"
        " lasts.",
        UNAVAILABLE,
    )


def _listed(groups: Sequence[str]) -> str:
    return " or ".join(groups)
