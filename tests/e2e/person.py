"""One person in one browser window: what they click and what they see."""

import json
import re
from dataclasses import dataclass
from typing import Protocol

from playwright.sync_api import Page, expect

from tests.e2e.cluster import eventually

STARTED = 120_000
"""Milliseconds a server may take until its page is there, on a busy two-core machine."""

NAME, PASSWORD = "input[name=username]", "input[name=password]"
"""Every login page calls them so."""

SENT_BY_A_PAGE = """async ([path, body]) => {
    const address = `${path}?_xsrf=${encodeURIComponent(window.jhdata.xsrf_token)}`
    const answer = await fetch(address, {method: "POST", body, headers: {"Content-Type": "application/json"}})
    return {status: answer.status, text: await answer.text()}
}"""


@dataclass(frozen=True)
class Answer:
    status: int
    text: str


class Person:
    def __init__(self, page: Page, hub: str, name: str, password: str) -> None:
        self.page = page
        self.hub = hub
        self.name = name
        self._password = password

    def log_in(self) -> None:
        self.page.goto(f"{self.hub}/hub/login")
        self.identify()
        self.is_in()

    def identify(self) -> None:
        """At whoever asks: the hub itself, or the Keycloak that it sends people to."""
        self.page.fill(NAME, self.name)
        self.page.fill(PASSWORD, self._password)
        self.page.press(PASSWORD, "Enter")

    def is_in(self) -> None:
        """The hub, or a server of theirs that runs already, which may have a name below the hub's."""
        scheme, _, host = self.hub.partition("://")
        self.page.wait_for_url(re.compile(rf"^{scheme}://([^/.]+\.)?{re.escape(host)}/(hub/(spawn|home)|user/)"))

    def is_asked(self) -> None:
        expect(self.page.locator(PASSWORD)).to_be_visible()

    def start(self, profile: str | None = None) -> None:
        """Start a server, in place of one that an earlier test left, and wait until JupyterLab is there."""
        self.has_no_server()
        self.page.goto(f"{self.hub}/hub/spawn")
        if profile:
            self.page.check(f"input[name=profile][value={profile}]")
            self.submit()
        self.sees_lab()

    def status_of(self, path: str) -> int:
        """Of the page that is there in the end."""
        answer = self.page.goto(f"{self.hub}{path}")
        assert answer
        return answer.status

    def asks_for(self, options: dict[str, object]) -> Answer:
        """What the hub answers to the wish for such a server, past its own form."""
        return self._sends("server", options)

    def new_token(self) -> str:
        """For scripts of theirs."""
        return json.loads(self._sends("tokens", {"note": "for a script"}).text)["token"]

    def _sends(self, path: str, body: dict[str, object]) -> Answer:
        """As a page of the hub does."""
        self.page.goto(f"{self.hub}/hub/home")
        said = self.page.evaluate(SENT_BY_A_PAGE, [f"/hub/api/users/{self.name}/{path}", json.dumps(body)])
        return Answer(**said)

    def cookies(self, path: str) -> str:
        """What the browser sends there."""
        sent = self.page.context.cookies(f"{self.hub}{path}")
        return "; ".join(f"{cookie.get('name')}={cookie.get('value')}" for cookie in sent)

    def has_no_server(self) -> None:
        self.page.goto(f"{self.hub}/hub/home")
        if self.page.locator("#stop").is_visible():
            self.stop()

    def submit(self) -> None:
        """What the form of the profiles says."""
        self.page.click("button[type=submit]")

    def sees_lab(self) -> None:
        self.page.wait_for_url(re.compile(rf"/user/{self.name}/lab"), timeout=STARTED)
        expect(self.page.locator("#jp-main-dock-panel")).to_be_visible(timeout=STARTED)

    def open_notebook(self, place: str = "lab") -> None:
        # JupyterLab would reopen what the last visit had open.
        self.page.goto(f"{self.hub}/user/{self.name}/{place}?reset")
        self.page.locator('.jp-LauncherCard[data-category="Notebook"]').first.click(timeout=STARTED)
        expect(self.page.locator(".jp-Notebook:visible").first).to_be_visible(timeout=STARTED)
        # A cell that is run before the kernel is connected is silently dropped.
        expect(self.page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=STARTED)

    def run(self, code: str) -> None:
        """Type into the last cell and run it."""
        editor = self.page.locator(".jp-NotebookPanel:visible .jp-CodeCell .cm-content").last
        editor.click()
        self.page.keyboard.insert_text(code)
        self.page.keyboard.press("Shift+Enter")

    def sees_output(self, text: str, seconds: int = 60) -> None:
        output = self.page.locator(".jp-NotebookPanel:visible .jp-OutputArea-output", has_text=text)
        expect(output.last).to_be_visible(timeout=seconds * 1000)

    def stop(self) -> None:
        self.page.goto(f"{self.hub}/hub/home")
        self.page.click("#stop")
        eventually("the server has stopped", self._may_start, STARTED / 1000)

    def _may_start(self) -> bool:
        """The page does not hear of a server that took more than ten seconds to stop, so it is asked for again."""
        self.page.goto(f"{self.hub}/hub/home")
        return "Start My Server" in self.page.inner_text("#start")

    def log_out(self) -> None:
        self.clicks_log_out()
        self.is_asked()

    def clicks_log_out(self) -> None:
        self.page.goto(f"{self.hub}/hub/home")
        self.page.click("#logout")


class Seat(Protocol):
    """Gives a person a browser of their own, and a way to the hub if not every browser finds it."""

    def __call__(self, hub: str, name: str, password: str, *, proxy: str | None = None) -> Person: ...


class Guest(Protocol):
    """Seats somebody who has an account, in such groups, for as long as a test takes."""

    def __call__(self, name: str, *groups: str) -> Person: ...
