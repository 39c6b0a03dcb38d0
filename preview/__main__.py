"""`python -m preview show | render`: what a stack declares, what a change does, and the same as manifests.

Exit codes: 0 done (or no changes), 1 an error, 2 changes where `--exit-code` asks for that.
"""

import argparse
import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import pulumi

from components.hub import check as hub_check
from components.identity.realm_document import document_of
from deploy import kept
from hub.settings import CLIENT_SECRET, LOGIN_PASSWORD
from preview.delivery import application
from preview.diff import compare
from preview.inventory import Inventory, dump
from preview.manifests import RenderError
from preview.program import ROOT
from preview.recorder import inventory
from preview.render import APPLICATION, REALM, ForeignDirectoryError, render
from preview.revision import RevisionError, evaluating
from preview.show import report, report_markdown, tree, tree_markdown
from settings.load import read, stack_file

_CHANGES = 2
_OWN_WORDS = (ForeignDirectoryError, RenderError, RevisionError, pulumi.RunError)
"""Errors whose message says all there is to say."""


def main() -> int:
    options = _options().parse_args()
    started = time.perf_counter()
    try:
        code, evaluated = options.run(options)
    except Exception as error:
        print(_complaint(error, options.root), file=sys.stderr)
        return 1
    spent = time.perf_counter() - started
    print(f"{evaluated.seconds:.2f} s to evaluate the program, {spent:.2f} s in all", file=sys.stderr)
    return code


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="preview", description=__doc__)
    commands = parser.add_subparsers(required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--stack", required=True, help="the stack file, Pulumi.<stack>.yaml")
    common.add_argument("--root", type=Path, default=ROOT, help="the program's directory (this checkout)")

    show = commands.add_parser("show", parents=[common], help="the tree, or what changed since a revision")
    show.add_argument("--base", metavar="REV", help="compare with this git revision")
    show.add_argument("--format", choices=("text", "markdown"), default="text")
    show.add_argument("--exit-code", action="store_true", help="exit with 2 when there are changes")
    show.set_defaults(run=_show)

    rendering = commands.add_parser("render", parents=[common], help="the manifests, in the order to apply them")
    rendering.add_argument("--out", type=Path, required=True, help="a new directory, or one of an earlier render")
    rendering.set_defaults(run=_render)

    dumping = commands.add_parser("dump", parents=[common], help="the inventory as JSON")
    dumping.add_argument("--out", type=Path, required=True)
    dumping.set_defaults(run=_dump)
    return parser


def _show(options: argparse.Namespace) -> tuple[int, Inventory]:
    _require_traits(options)
    if options.base is None:
        found = _preview(options)
        print(tree_markdown(found) if options.format == "markdown" else tree(found))
        _require_kept(options, None)
        return 0, found
    with evaluating(options.stack, options.base, options.root) as base:
        found = _preview(options)
        before = base.inventory()
    diff = compare(before, found)
    if options.format == "markdown":
        print(report_markdown(diff, options.base))
    else:
        print(report(diff, colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ))
    _require_kept(options, before)
    return _CHANGES if diff and options.exit_code else 0, found


def _render(options: argparse.Namespace) -> tuple[int, Inventory]:
    _require_traits(options)
    found = inventory(options.stack, root=options.root)
    delivered, realm = _application(options), _realm(options)
    count = render(found, options.out, delivered, realm)
    print(f"{count} manifests of stack {options.stack} are in {options.out}")
    if realm:
        print(f"{options.out / REALM} is for Keycloak's own import, once its secrets are filled in")
    if delivered:
        print(f"{options.out / APPLICATION} is for Argo CD, once the rest of the directory is committed")
    return 0, found


def _dump(options: argparse.Namespace) -> tuple[int, Inventory]:
    found = _preview(options)
    options.out.write_text(json.dumps(dump(found)))
    return 0, found


def _application(options: argparse.Namespace) -> dict[str, Any] | None:
    """Where the stack file of this checkout asks for one."""
    if options.root.resolve() != ROOT:
        return None
    settings = read(stack_file(options.stack))
    return application(options.stack, settings, settings.delivery) if settings.delivery else None


def _realm(options: argparse.Namespace) -> dict[str, Any] | None:
    """Where a Keycloak says who somebody is; its secrets by the names of those that hold them."""
    if options.root.resolve() != ROOT:
        return None
    held = {name: f"<<{name}>>" for name in (CLIENT_SECRET, LOGIN_PASSWORD)}
    return document_of(read(stack_file(options.stack)), held)


def _require_traits(options: argparse.Namespace) -> None:
    """The hub of this checkout would start with these settings; another checkout has another hub."""
    if options.root.resolve() != ROOT:
        return
    started = time.perf_counter()
    source = stack_file(options.stack)
    if hub_check.check(read(source), source.name):
        spent = time.perf_counter() - started
        print(f"{spent:.2f} s to ask the pinned JupyterHub whether it accepts the settings", file=sys.stderr)


def _require_kept(options: argparse.Namespace, before: Inventory | None) -> None:
    """After all there is to see: what the change would do to homes, as the cluster knows them, else as they were declared."""
    if options.root.resolve() != ROOT:
        return
    source = stack_file(options.stack)
    declared = (resource.inputs for resource in before.resources if resource.is_kubernetes) if before else None
    if unknown := kept.judge(read(source), options.stack, source.name, declared):
        print(f"not compared with the homes there are: {unknown}", file=sys.stderr)


def _preview(options: argparse.Namespace) -> Inventory:
    """As a preview of a running stack: nothing is to be changed, and what was generated is known."""
    return inventory(options.stack, root=options.root, preview=True, known=True)


def _complaint(error: Exception, root: Path) -> str:
    # The settings of another revision refuse with a class of their own.
    if isinstance(error, _OWN_WORDS) or type(error).__name__ == "SettingsError":
        return f"error: {error}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(root)]
    place = f" ({Path(frames[-1].filename).relative_to(root)}:{frames[-1].lineno})" if frames else ""
    return f"error: {type(error).__name__}: {error}{place}"


if __name__ == "__main__":
    sys.exit(main())
