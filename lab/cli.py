import sys

from lab.problem import Problem
from lab.up import up


def main() -> int:
    try:
        up()
    except Problem as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    return 0
