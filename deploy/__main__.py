"""`python -m deploy up | destroy | move | rotate | status | password | images`."""

import argparse
import os
import sys
from typing import get_args

from deploy import commands
from deploy.console import say
from deploy.rotate import rotate
from deploy.way import Way
from lab.problem import Problem
from settings import SettingsError


def main() -> int:
    options = _parser().parse_args()
    try:
        match options.command:
            case "up":
                commands.up(options.stack, options.way)
            case "destroy":
                commands.destroy(options.stack, data=options.data == "delete")
            case "move":
                commands.move(options.stack, options.to)
            case "rotate":
                rotate(options.stack, options.secret or None, options.way)
            case "password":
                commands.password(options.stack)
            case "images":
                commands.push_images(options.stack, options.registry, options.base, fresh=options.fresh)
            case _:
                return 0 if commands.status(options.stack) else 1
    except (Problem, SettingsError) as problem:
        print(f"\n{problem}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        say("\ninterrupted; the same command goes on from here")
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy", description=__doc__)
    commands_of = parser.add_subparsers(dest="command", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--stack", required=True, help="the stack file, Pulumi.<stack>.yaml")
    ways = get_args(Way)

    applied = argparse.ArgumentParser(add_help=False)
    applied.add_argument(
        "--way", choices=ways, default=os.environ.get("WAY") or None, help="by the engine or without it"
    )

    commands_of.add_parser("up", parents=[common, applied], help="bring the stack up, or up to date")
    rotation = commands_of.add_parser("rotate", parents=[common, applied], help="replace a generated secret")
    rotation.add_argument("--secret", help="which one; all there are are listed when absent")
    destroy = commands_of.add_parser("destroy", parents=[common], help="take it down")
    destroy.add_argument("--data", choices=("keep", "delete"), default="keep", help="what becomes of the users' data")
    move = commands_of.add_parser("move", parents=[common], help="hand it over from one way to the other")
    move.add_argument("--to", choices=ways, required=True)
    commands_of.add_parser("status", parents=[common], help="say what runs, and what does not and why")
    commands_of.add_parser("password", parents=[common], help="print the login password")
    images = commands_of.add_parser("images", parents=[common], help="push the images it runs and record their digests")
    images.add_argument("--registry", required=True, help="where to push: a host, and a path on it")
    images.add_argument("--base", help="what the images stand on")
    images.add_argument("--fresh", action="store_true", help="forget earlier builds")
    return parser


if __name__ == "__main__":
    sys.exit(main())
