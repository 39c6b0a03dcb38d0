"""The images' sources, what they are called by, and how they are built and delivered."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from images import base, catalogue, delivery
from images.build import certificate_options, outdated, tag
from lab.problem import Problem

NAMES = sorted(catalogue.CONTEXTS)
DIGEST = f"sha256:{'a' * 64}"


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A repository with two files for each folder that an image is built from."""
    roots = {root for roots in catalogue.CONTEXTS.values() for root in roots}
    for file in (root for root in roots if (catalogue.REPOSITORY / root).is_file()):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(file)
    for folder in (root for root in roots if (catalogue.REPOSITORY / root).is_dir()):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "one").write_text("1")
        (tmp_path / folder / "two").write_text("2")
    return tmp_path


def rewrite(file: Path) -> None:
    file.write_text("another")


def rename(file: Path) -> None:
    file.rename(file.with_name("renamed"))


def make_executable(file: Path) -> None:
    file.chmod(0o755)


def move_a_byte_to_the_next_file(file: Path) -> None:
    file.write_text("")
    file.with_name("two").write_text("12")


@pytest.mark.parametrize("change", [rewrite, rename, make_executable, Path.unlink, move_a_byte_to_the_next_file])
@pytest.mark.parametrize("name", NAMES)
def test_a_change_of_the_sources_changes_the_hash(sources: Path, name: str, change: Callable[[Path], None]) -> None:
    before = catalogue.content_hash(name, sources)
    change(sources / catalogue.CONTEXTS[name][0] / "one")
    assert catalogue.content_hash(name, sources) != before


def test_a_change_of_a_single_file_changes_the_hash(sources: Path) -> None:
    before = catalogue.content_hash("scheduler", sources)
    (sources / "lab" / "node" / "go.sum").write_text("another")
    assert catalogue.content_hash("scheduler", sources) != before


@pytest.mark.parametrize("name", NAMES)
def test_what_does_not_get_into_the_image_does_not_change_the_hash(sources: Path, name: str) -> None:
    before = catalogue.content_hash(name, sources)
    compiled = sources / catalogue.CONTEXTS[name][0] / "__pycache__"
    compiled.mkdir()
    (compiled / "one.pyc").write_bytes(b"compiled")
    (sources / "README.md").write_text("elsewhere")
    (sources / catalogue.CONTEXTS[name][0] / "one").touch()
    (sources / catalogue.CONTEXTS[name][0] / "one").chmod(0o600)
    assert catalogue.content_hash(name, sources) == before


def test_the_catalogue_imports_nothing_that_takes_time() -> None:
    heavy = "import sys; from images import catalogue; print([name for name in ('pulumi', 'pydantic', 'lab') if name in sys.modules])"
    shown = subprocess.run(
        [sys.executable, "-c", heavy], check=True, capture_output=True, text=True, cwd=catalogue.REPOSITORY
    )
    assert shown.stdout.strip() == "[]"


def pins(**changes: object) -> dict[str, object]:
    sound = {
        name: {"reference": f"registry.example/{name}@{DIGEST}", "content": catalogue.content_hash(name)}
        for name in NAMES
    }
    return {**sound, **changes}


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Writes the lock file of stack `prod`."""
    monkeypatch.setattr(catalogue, "HERE", tmp_path)

    def write(text: str) -> None:
        (tmp_path / "prod.lock.json").write_text(text)

    return write


@pytest.mark.parametrize("preview", [False, True])
def test_a_pinned_stack_runs_what_was_pushed(locked: Callable[[str], None], preview: bool) -> None:
    locked(json.dumps(pins()))
    assert catalogue.references("prod", NAMES, lab=False, preview=preview) == {
        name: f"registry.example/{name}@{DIGEST}" for name in NAMES
    }
    assert catalogue.stale("prod", NAMES) == []


def test_a_stack_needs_no_pin_of_an_image_it_does_not_run(locked: Callable[[str], None]) -> None:
    locked(json.dumps({"hub": pins()["hub"]}))
    assert list(catalogue.references("prod", ["hub"], lab=False, preview=False)) == ["hub"]
    assert catalogue.stale("prod", ["hub"]) == []


def test_a_pin_older_than_the_sources_is_told(locked: Callable[[str], None]) -> None:
    locked(json.dumps(pins(hub={"reference": f"registry.example/hub@{DIGEST}", "content": "0" * 16})))
    assert catalogue.stale("prod", NAMES) == ["hub"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "missing"),
        ("{", "no JSON object"),
        ("[1]", "no JSON object"),
        (json.dumps(pins(proxy=None)), "`proxy`"),
        (json.dumps(pins(hub={"reference": "registry.example/hub:1", "content": "0" * 16})), "`hub`"),
        (json.dumps(pins(hub={"reference": "registry.example/hub@sha256:", "content": "0" * 16})), "`hub`"),
        (json.dumps(pins(notebook={"reference": f"registry.example/notebook@{DIGEST}"})), "`notebook`"),
    ],
)
def test_an_image_without_a_digest_is_refused(locked: Callable[[str], None], text: str | None, reason: str) -> None:
    if text is not None:
        locked(text)
    with pytest.raises(catalogue.UnpinnedImages) as refused:
        catalogue.references("prod", NAMES, lab=False, preview=False)
    for said in ("prod.lock.json", reason, "make images REGISTRY=<registry> STACK=prod"):
        assert said in str(refused.value)


@pytest.mark.usefixtures("locked")
def test_a_preview_shows_a_stack_nobody_has_pushed_for() -> None:
    assert catalogue.references("prod", NAMES, lab=False, preview=True)["hub"] == "hub:unpinned"


def test_the_lab_runs_the_present_sources() -> None:
    for name, reference in catalogue.references("dev", NAMES, lab=True, preview=False).items():
        assert reference == f"lab.local/{name}:{catalogue.content_hash(name)}"


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("lab", "lab.local/hub:abc"),
        ("docker.io/library/debian:12-slim", "localhost/docker.io/library/debian/12-slim/hub:abc"),
        ("mirror.example:5000/Debian@sha256:1", "localhost/mirror.example/5000/debian/sha256/1/hub:abc"),
    ],
)
def test_builds_on_different_bases_have_different_names(on: str, expected: str) -> None:
    assert tag("hub", "abc", on) == expected


def test_the_store_keeps_the_present_build_and_the_one_before() -> None:
    newest_first = ["lab.local/hub:4", "lab.local/proxy:9", "lab.local/hub:3", "lab.local/hub:2", "lab.local/hub:1"]
    assert outdated(newest_first, "lab.local/hub:4") == ["lab.local/hub:2", "lab.local/hub:1"]
    assert outdated(newest_first, "lab.local/hub:1") == ["lab.local/hub:3", "lab.local/hub:2"]


def test_the_lab_forgets_what_nothing_needs() -> None:
    listing = """REF TYPE DIGEST SIZE PLATFORMS LABELS
lab.local/hub:old kind sha256:1 1 MiB linux/amd64 -
sha256:aaa kind sha256:1 1 MiB linux/amd64 -
lab.local/hub:running kind sha256:2 1 MiB linux/amd64 -
lab.local/hub:new kind sha256:3 1 MiB linux/amd64 -
lab.local/hub:same-as-new kind sha256:3 1 MiB linux/amd64 -
lab.local/node:old kind sha256:4 1 MiB linux/amd64 -
registry.example/hub:old kind sha256:5 1 MiB linux/amd64 -
"""
    kept = {"lab.local/hub:running", "lab.local/hub:new"}
    assert delivery.outdated(listing, kept) == ["lab.local/hub:old", "sha256:aaa"]


@pytest.mark.parametrize(
    ("registry", "loopback"),
    [
        ("127.0.0.1:5000", True),
        ("127.0.0.1:5000/team", True),
        ("localhost", True),
        ("localhost:5000/team", True),
        ("[::1]:5000/team", True),
        ("registry.example", False),
        ("registry.example:5000/team", False),
        ("10.0.0.1:5000", False),
        ("127.0.0.1.example:5000", False),
    ],
)
def test_only_a_registry_of_this_machine_may_do_without_tls(registry: str, loopback: bool) -> None:
    assert delivery.is_loopback(registry) == loopback


def test_a_machine_without_authorities_lends_none(tmp_path: Path) -> None:
    assert certificate_options(tmp_path / "missing") == []


def test_the_base_comes_from_the_machines_own_mirror() -> None:
    indexes = """http://mirror.example/debian/ bookworm main
http://mirror.example/debian/ bookworm contrib
http://mirror.example/security/ bookworm-security main
https://vendor.example/ nodistro main
"""
    assert base.sources(base.debian_mirrors(indexes)) == (
        "deb http://mirror.example/debian/ bookworm main\ndeb http://mirror.example/security/ bookworm-security main\n"
    )
    with pytest.raises(Problem, match="bookworm main"):
        base.debian_mirrors("http://mirror.example/debian/ trixie main\n")
