"""`python3 -m images build|load|push`; needs nothing but the system's Python."""

import argparse
import sys
import time

from images import base, buildah, delivery
from images.build import build
from images.catalogue import CONTEXTS
from lab.problem import Problem
from lab.screen import say


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(
        prog="python3 -m images", description="Build our images and bring them where they run."
    )
    actions = whole.add_subparsers(dest="action", required=True)
    making = actions.add_parser("build", help="make what the sources say is missing")
    loading = actions.add_parser("load", help="bring the images into the lab, building what is missing")
    pushing = actions.add_parser("push", help="push the images and record their digests for a stack")
    for action in (making, loading, pushing):
        action.add_argument(
            "names", nargs="*", type=image, metavar="name", help=f"{', '.join(CONTEXTS)}; all when absent"
        )
    for action in (making, pushing):
        action.add_argument(
            "--fresh", action="store_true", help="forget earlier builds: make all anew, with today's packages"
        )
    pushing.add_argument("--registry", required=True, help="where to push: a host, and a path on it")
    pushing.add_argument("--stack", required=True, help="whose lock file records the digests")
    for action, usual in ((making, base.LAB), (pushing, base.REGISTRY)):
        action.add_argument(
            "--base", default=usual, help=f"an image, or `{base.LAB}` for one made here (usual: {usual})"
        )
    return whole


def image(name: str) -> str:
    if name not in CONTEXTS:
        raise argparse.ArgumentTypeError(f"no image is called {name}; there are {', '.join(CONTEXTS)}")
    return name


def act(given: argparse.Namespace) -> None:
    names: list[str] = given.names or list(CONTEXTS)
    if given.action == "load":
        delivery.load(names)
        return
    with buildah.session():
        if given.fresh:
            buildah.run("rmi", "--all", "--force")
        if given.action == "push":
            delivery.push(names, given.registry, given.stack, given.base)
        else:
            for name in names:
                build(name, given.base)


def main() -> int:
    given, begun = parser().parse_args(), time.monotonic()
    try:
        act(given)
    except Problem as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    say(f"  images: {given.action} took {time.monotonic() - begun:.1f} s")
    return 0


sys.exit(main())
