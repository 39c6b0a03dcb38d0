"""A hub on this machine with its servers on the lab: as released ("plain"), or ours, by its real supervisor and configuration."""

import asyncio
import json
import os
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.traps.configuration import USER, Urls, our_settings, plain_traits

NODE = "10.244.0.1"
REPOSITORY = Path(__file__).resolve().parents[2]
PLAIN_PATHS = "plain-paths.mjs"
SAFE_NAME, ESCAPED_NAME = "ann-lee---", "ann-2elee"


async def until(what: str, condition: Callable[[], Any], seconds: float) -> Any:
    """Wait for a truth, asking every now and then."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if asyncio.iscoroutine(result):
            result = await result
        if result:
            return result
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        await asyncio.sleep(0.2)


@dataclass
class HostHub:
    kind: str
    directory: Path
    namespace: str
    image: str
    kubeconfig: Path
    proxy_command: list[str]
    hub_port: int
    """The proxy takes the two ports after it."""
    token: str = field(default_factory=lambda: secrets.token_hex(16))
    _processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict[str, "subprocess.Popen[bytes]"])

    @property
    def urls(self) -> Urls:
        return Urls(f"http://{NODE}:{self.hub_port}", f"http://127.0.0.1:{self.proxy_port + 1}")

    @property
    def proxy_port(self) -> int:
        return self.hub_port + 1

    # --- processes ---

    def prepare(self, **traits: dict[str, Any]) -> None:
        """Write what the hub reads. `traits` are given on top."""
        (self.directory / "state").mkdir(parents=True, exist_ok=True)
        for name in ("cookie-secret", "crypt-key"):
            self._keep(name, secrets.token_hex(32))
        self._keep("login-password", "correct horse")
        self._keep("proxy-token", secrets.token_hex(16))
        settings = our_settings(self.namespace, self.image, self.urls, self.token, traits)
        proxy_token = (self.directory / "proxy-token").read_text()
        (self.directory / "settings.json").write_text(settings.model_dump_json())
        (self.directory / "plain.json").write_text(json.dumps(plain_traits(settings, proxy_token, self.database())))

    def start_proxy(self) -> None:
        self._start(
            "proxy",
            [
                *self.proxy_command,
                *(
                    "--ip=127.0.0.1",
                    f"--port={self.proxy_port}",
                    "--api-ip=127.0.0.1",
                    f"--api-port={self.proxy_port + 1}",
                ),
                f"--error-target=http://{NODE}:{self.hub_port}/hub/error",
            ],
            {"CONFIGPROXY_AUTH_TOKEN": (self.directory / "proxy-token").read_text()},
        )

    def start(self) -> None:
        """Ours by the supervisor, as process 1 of the pod does; the plain one as its documentation says."""
        config = Path(__file__).parent / "plain_config.py"
        command = {"ours": ["-m", "hub.supervisor"], "plain": ["-m", "jupyterhub", f"--config={config}"]}[self.kind]
        environment = {
            "KUBECONFIG": str(self.kubeconfig),
            "JUPYTERHUB_SETTINGS": str(self.directory / "settings.json"),
            "JUPYTERHUB_SECRETS": str(self.directory),
            "JUPYTERHUB_STATE": str(self.directory / "state"),
            "PLAIN_TRAITS": str(self.directory / "plain.json"),
            "PYTHONPATH": str(REPOSITORY),
        }
        self._start("hub", [sys.executable, *command], environment)

    def kill(self) -> None:
        """SIGKILL: the hub has no chance to say good-bye."""
        self._end("hub", signal.SIGKILL)

    def kill_child(self) -> None:
        """SIGKILL to the hub below the supervisor."""
        parent = self._processes["hub"].pid
        (child,) = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        os.kill(int(child), signal.SIGKILL)

    def stop(self) -> None:
        self._end("hub", signal.SIGTERM)

    def end(self) -> None:
        for name in ("hub", "proxy"):
            self._end(name, signal.SIGKILL)

    def log(self) -> str:
        return (self.directory / "hub.log").read_text()

    # --- what it says ---

    async def get(self, path: str) -> Any:
        return await self.ask("GET", path)

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """What the hub's API, or a user's server, answers through the proxy."""
        headers = {"Authorization": f"token {self.token}"}
        async with (
            aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(15)) as session,
            session.request(method, f"http://127.0.0.1:{self.proxy_port}{path}", json=body) as response,
        ):
            text = await response.text()
            if response.status >= 400:
                raise RuntimeError(f"{method} {path}: {response.status} {text[:300]}")
            return json.loads(text) if text else None

    async def serves(self) -> bool:
        try:
            await self.get("/hub/api/users")
        except (OSError, RuntimeError, aiohttp.ClientError):
            return False
        return True

    async def wait(self, seconds: float = 60) -> None:
        await until(f"the {self.kind} hub serves", self.serves, seconds)

    async def server(self) -> dict[str, Any]:
        """What the hub says about the user's server; empty when it says there is none."""
        return (await self.get(f"/hub/api/users/{USER}"))["servers"].get("", {})

    async def is_ready(self) -> bool:
        return bool((await self.server()).get("ready"))

    async def start_server(self) -> None:
        await self.ask("POST", f"/hub/api/users/{USER}/server")
        await until(f"the server of the {self.kind} hub", self.is_ready, 120)

    async def stop_server(self) -> None:
        await self.ask("DELETE", f"/hub/api/users/{USER}/server")

        async def gone() -> bool:
            return not await self.server()

        await until(f"the server of the {self.kind} hub is stopped", gone, 60)

    # --- its memory ---

    def database(self) -> Path:
        return self.directory / "state" / "jupyterhub.sqlite"

    def rewrite_state(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Change what the (stopped) hub remembers of the user's server."""
        with sqlite3.connect(self.database()) as database:
            ((number, state),) = database.execute("SELECT id, state FROM spawners").fetchall()
            database.execute(
                "UPDATE spawners SET state = ? WHERE id = ?", (json.dumps(change(json.loads(state))), number)
            )
        database.close()

    def forget_everything(self) -> None:
        self.database().unlink()

    # --- inside ---

    def _keep(self, name: str, text: str) -> None:
        if not (self.directory / name).exists():
            (self.directory / name).write_text(text)

    def _start(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        log = (self.directory / f"{name}.log").open("ab")
        self._processes[name] = subprocess.Popen(
            command, cwd=self.directory / "state", env=os.environ | environment, stdout=log, stderr=log
        )
        log.close()

    def _end(self, name: str, number: signal.Signals) -> None:
        process = self._processes.pop(name, None)
        if process is not None:
            process.send_signal(number)
            process.wait(30)


def proxy_command(cache: Path, *, plain_paths: bool = True) -> list[str]:
    """The proxy of the image, installed from the same lock file, and started as there; or as released."""
    source = REPOSITORY / "images" / "proxy"
    target = cache / "traps-proxy"
    program = target / "node_modules" / ".bin" / "configurable-http-proxy"
    target.mkdir(parents=True, exist_ok=True)
    kept = target / "package-lock.json"
    wanted = (source / "package-lock.json").read_text()
    if not program.exists() or not kept.exists() or kept.read_text() != wanted:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(source / name, target / name)
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=target, check=True, capture_output=True)
    shutil.copy(source / PLAIN_PATHS, target)
    return ["node", *([f"--import={target / PLAIN_PATHS}"] if plain_paths else []), str(program)]
