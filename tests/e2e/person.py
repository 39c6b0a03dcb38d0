"""One person in one browser window: what they click and what they see."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.cluster import eventually

STARTED = 120_000
"""Milliseconds a server may take until its page is there, on a busy two-core machine."""


class Person:
    def __init__(self, page: Page, hub: str, name: str, password: str) -> None:
        self.page = page
        self.hub = hub
        self.name = name
        self._password = password

    def log_in(self) -> None:
        self.page.goto(f"{self.hub}/hub/login")
        self.page.fill("#username_input", self.name)
        self.page.fill("#password_input", self._password)
        self.page.click("#login_submit")
        self.page.wait_for_url(re.compile(r"/hub/(spawn|home)|/user/"))

    def start(self, profile: str | None = None) -> None:
        """Start a server, in place of one that an earlier test left, and wait until JupyterLab is there."""
        self.has_no_server()
        self.page.goto(f"{self.hub}/hub/spawn")
        if profile:
            self.page.check(f"input[name=profile][value={profile}]")
            self.submit()
        self.sees_lab()

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
        self.page.goto(f"{self.hub}/hub/home")
        self.page.click("#logout")
        self.page.wait_for_url(re.compile("/hub/(login|logout)"))
