"""The form by which somebody says who they are, whoever asks: the hub itself, or a Keycloak it sends people to. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

Attributes = list[tuple[str, str | None]]


@dataclass(frozen=True)
class LoginForm:
    address: str
    """Where it is sent."""
    fields: Mapping[str, str]
    """What the page says by itself."""

    def filled(self, name: str, password: str) -> dict[str, str]:
        return {**self.fields, "username": name, "password": password}


def login_form(page: str, address: str) -> LoginForm | None:
    """The one that asks for a password, on a page from that address; None where nobody is asked."""
    reader = _Reader()
    reader.feed(page)
    found = [form for form in reader.forms if form.asks]
    return LoginForm(urljoin(address, found[0].action), found[0].fields) if found else None


@dataclass
class _Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict[str, str])
    asks: bool = False


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[_Form] = []

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(_Form(said.get("action", "")))
        elif tag == "input" and self.forms:
            form = self.forms[-1]
            form.asks = form.asks or said.get("type") == "password"
            if said.get("type") == "hidden" and "name" in said:
                form.fields[said["name"]] = said.get("value", "")
