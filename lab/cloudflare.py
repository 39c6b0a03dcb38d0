"""A stand-in of Cloudflare (its API, its edge and Access) and the real cloudflared, for tests that must not ask the real one.

`python -m lab.cloudflare` runs one until it is interrupted and says where it is.
"""

import argparse
import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lab import build, paths
from lab.problem import Problem
from lab.screen import say

SOURCE = paths.HERE / "cloudflare"
BUILT = paths.CACHE / "cloudflare"
CONNECTOR = "github.com/cloudflare/cloudflared"


@dataclass(frozen=True)
class Cloudflare:
    """A stand-in that runs, and the account in it."""

    api: str
    """What the provider takes as its base_url, or from CLOUDFLARE_BASE_URL."""
    control: str
    """Where a test plants faults and drift, rotates keys and reads PINs; lab/cloudflare/control says what there is."""
    visitors: str
    """Where the world comes to: TLS, for the hosts of the zone and the team's own."""
    edge: str
    """Where connectors come to, as cloudflared's TUNNEL_EDGE."""
    unguarded: str
    """As visitors, past Access: what a connector must not trust."""
    proxy: str
    """A proxy by which the names of the zone and the team lead here, and all others to where they say."""
    authority: Path
    """The certificate of who signed those of all names here."""
    account: str
    zone: str
    domain: str
    team: str
    token: str
    """An API token that may do whatever a deployment needs."""

    def environment(self) -> dict[str, str]:
        """What points the real provider here."""
        return {"CLOUDFLARE_BASE_URL": self.api, "CLOUDFLARE_API_TOKEN": self.token}

    def connector_environment(self) -> dict[str, str]:
        """What points a real cloudflared here: settings of its own, and where Go programs look for proxies and trust."""
        return {"TUNNEL_EDGE": self.edge, "HTTPS_PROXY": self.proxy, "SSL_CERT_FILE": str(self.authority)}


@contextmanager
def running(
    domain: str = "example.org", team: str = "example", *, account: str = "", zone: str = "", places: Sequence[str] = ()
) -> Generator[Cloudflare]:
    """A stand-in with an account in which nothing has been made yet."""
    account, zone, token = account or secrets.token_hex(16), zone or secrets.token_hex(16), secrets.token_urlsafe(30)
    with tempfile.TemporaryDirectory() as folder:
        authority = Path(folder, "authority.pem")
        command = [program("standin"), f"-account={account}", f"-zone={zone}", f"-domain={domain}", f"-team={team}"]
        command += [f"-authority={authority}", *places]
        environment = {**os.environ, "CLOUDFLARE_API_TOKEN": token}
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            try:
                line = process.stdout.readline() if process.stdout else ""
                if not line:
                    raise Problem("The stand-in of Cloudflare did not start; what it said is above.")
                made = {"account": account, "zone": zone, "domain": domain, "team": team, "token": token}
                yield Cloudflare(**json.loads(line), **made, authority=authority)
            finally:
                process.terminate()


def program(name: str) -> Path:
    """One of the programs, built if it is not yet there: minutes the first time, from the Go module proxy."""
    found = target(name) / name
    if not found.exists():
        build.check_go()
        _compile(name)
    return found


def target(name: str) -> Path:
    """Where the program of the present sources is, once built: the stand-in's own, or the modules' pinned versions."""
    modules = [SOURCE / "go.mod", SOURCE / "go.sum"]
    own = sorted(path for path in SOURCE.rglob("*.go") if not path.name.endswith("_test.go"))
    files = modules + (own if name == "standin" else [])
    content = build.digest((str(path.relative_to(SOURCE)), path.read_bytes()) for path in files)
    return BUILT / f"{name}-{content}"


def _compile(name: str) -> None:
    """Under its final name only when whole. Two that build it at once do so twice, and neither is in the other's way."""
    BUILT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILT, prefix="unfinished-") as unfinished:
        made = Path(unfinished, name)
        if name == "standin":
            build.compile_program(".", made, SOURCE)
        else:
            compile_connector(made)
        target(name).mkdir(exist_ok=True)
        made.replace(target(name) / name)
    for old in set(BUILT.glob(f"{name}-*")) - {target(name)}:
        shutil.rmtree(old, ignore_errors=True)


def compile_connector(program: Path) -> None:
    """The real cloudflared, which knows its version by what the linker is told."""
    flags = f"{build.STRIPPED} -X main.Version={build.pinned(CONNECTOR, SOURCE)}"
    build.compile_program(f"{CONNECTOR}/cmd/cloudflared", program, SOURCE, flags)


def main() -> None:
    """Run one until it is interrupted."""
    parser = argparse.ArgumentParser(prog="lab.cloudflare", description=main.__doc__)
    parser.add_argument("--domain", default="example.org")
    parser.add_argument("--team", default="example")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), running(asked.domain, asked.team) as cloudflare:
        for name, value in {**vars(cloudflare), **cloudflare.environment()}.items():
            say(f"{name}={value}")
        signal.pause()


if __name__ == "__main__":
    main()
