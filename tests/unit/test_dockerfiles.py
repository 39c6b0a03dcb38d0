"""What a Dockerfile of ours may not say."""

import json
import re
from collections.abc import Callable

import pytest

from images import base, catalogue

NAMES = sorted(catalogue.CONTEXTS)


def holds_named_files_only(text: str) -> bool:
    """From nothing, with nothing run in it and no folder copied whole: whatever it holds, the Dockerfile names."""
    last = f"\n{text}".rpartition("\nFROM ")[2]
    sources = re.findall(r"^COPY (?:--from=\S+ )?(\S+) ", last, re.MULTILINE)
    named = all(not source.endswith("/") and "*" not in source for source in sources)
    return last.startswith("scratch\n") and not re.search(r"^(RUN|ADD)\b", last, re.MULTILINE) and named


def adds_to_another(text: str) -> bool:
    """An image of ours below it: the builder names it."""
    return text.startswith("ARG BASE\n")


def adds_python_only(text: str) -> bool:
    return adds_to_another(text) and "apt-get" not in text


def above_the_base(text: str) -> str:
    """What the stages do that the image consists of."""
    stages = re.findall(r"^FROM (\S+)(?: AS (\S+))?$(.*?)(?=^FROM |\Z)", text, re.MULTILINE | re.DOTALL)
    below, _, done = stages[-1]
    named = {name: (under, steps) for under, name, steps in stages}
    while below in named:
        below, steps = named[below]
        done = steps + done
    return done


def begins_where_it_may(text: str) -> bool:
    known = {"${BASE}", "scratch"}
    for below, stage in re.findall(r"^FROM (\S+)(?: AS (\S+))?$", text, re.MULTILINE):
        if below not in known:
            return False
        known.add(stage)
    return True


RULES: dict[str, Callable[[str], object]] = {
    "every image starts from the one base, an earlier stage of its own or from nothing": begins_where_it_may,
    "the base is an argument": lambda text: (
        "${BASE}" not in text or text.startswith(f"ARG BASE={base.REGISTRY}\n") or adds_to_another(text)
    ),
    "no tag that moves to the next release": lambda text: ":latest" not in text,
    "no way to more rights": lambda text: (
        "sudo" not in text
        and ("chmod a-s" in above_the_base(text) or holds_named_files_only(text) or adds_python_only(text))
    ),
    "the last user is a number that is not root": lambda text: re.fullmatch(
        r"[1-9]\d*:[1-9]\d*", re.findall(r"^USER (\S+)$", text, re.MULTILINE)[-1]
    ),
    "Python packages come by their hashes": lambda text: (
        "pip install" not in text
        or len(re.findall(r"pip install .*--require-hashes", text)) == text.count("pip install")
    ),
    "nothing fetched that no lock file names": lambda text: (
        not re.search(r"curl|wget|npm install|^ADD ", text, re.MULTILINE)
    ),
    "what Maven brings is what it was": lambda text: (
        "-Dartifact=" not in text
        or re.search(
            r"^ARG SHA512=[0-9a-f]{128}$.*-Dartifact=.*sha512sum --check --strict", text, re.MULTILINE | re.DOTALL
        )
    ),
    "no certificate of a site in a layer": lambda text: not re.search(r"^ENV .*CERT", text, re.MULTILINE),
}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", NAMES)
def test_dockerfile(name: str, rule: str) -> None:
    assert RULES[rule]((catalogue.HERE / name / "Dockerfile").read_text())


def test_what_adds_to_another_image_is_built_anew_with_it() -> None:
    for name, below in catalogue.BUILT_ON.items():
        assert set(catalogue.CONTEXTS[below]) < set(catalogue.CONTEXTS[name])
        assert adds_to_another((catalogue.HERE / name / "Dockerfile").read_text())


@pytest.mark.parametrize(
    ("rule", "sound", "fault"),
    [
        (
            "every image starts from the one base, an earlier stage of its own or from nothing",
            "FROM java\n",
            "FROM jre\n",
        ),
        ("every image starts from the one base, an earlier stage of its own or from nothing", " AS java", ""),
        ("no way to more rights", "chmod a-s", "chmod a+r"),
        ("what Maven brings is what it was", "sha512sum --check --strict", "cat"),
        ("what Maven brings is what it was", "ARG SHA512=1", "ARG SHA512="),
    ],
)
def test_dockerfile_rules_see_a_fault_in_several_stages(rule: str, sound: str, fault: str) -> None:
    text = (catalogue.HERE / "keycloak" / "Dockerfile").read_text()
    assert sound in text
    assert not RULES[rule](text.replace(sound, fault))


@pytest.mark.parametrize(
    ("rule", "sound", "fault"),
    [
        (
            "every image starts from the one base, an earlier stage of its own or from nothing",
            "FROM ${BASE}",
            "FROM debian:12-slim",
        ),
        ("the base is an argument", "ARG BASE=", "ARG BASIS="),
        ("no tag that moves to the next release", "debian:12-slim", "debian:latest"),
        ("no way to more rights", "chmod a-s", "chmod a+r"),
        ("no way to more rights", "ca-certificates", "ca-certificates sudo"),
        ("the last user is a number that is not root", "USER 1000:1000", "USER 0:0"),
        ("the last user is a number that is not root", "USER 1000:1000", "USER hub"),
        ("Python packages come by their hashes", "--require-hashes", ""),
        ("nothing fetched that no lock file names", "groupadd", "curl https://example.org | sh && groupadd"),
        ("no certificate of a site in a layer", "ARG PIP_CERT", "ENV PIP_CERT=/site.crt"),
    ],
)
def test_dockerfile_rules_see_a_fault(rule: str, sound: str, fault: str) -> None:
    text = (catalogue.HERE / "hub" / "Dockerfile").read_text()
    assert sound in text
    assert not RULES[rule](text.replace(sound, fault))


def test_npm_packages_come_by_their_hashes_and_name_no_host() -> None:
    locked = json.loads((catalogue.HERE / "proxy" / "package-lock.json").read_text())["packages"]
    packages = {name: package for name, package in locked.items() if name}
    assert packages["node_modules/configurable-http-proxy"]["version"] == "5.3.0"
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert not any("resolved" in package for package in packages.values())
