"""`python -m dev run | test [pytest options] | lint | bench [figure] | soak | manage [options]`."""

from __future__ import annotations

import sys

from dev import bench, lint, run, soak, suite
from dev.problems import Problem

COMMANDS = {
    "run": run.main,
    "test": suite.main,
    "lint": lint.main,
    "bench": bench.main,
    "soak": soak.main,
    "manage": suite.manage,
}


def main(arguments: list[str]) -> int:
    name = arguments[0] if arguments else ""
    if name not in COMMANDS:
        print(f"usage: python -m dev {'|'.join(COMMANDS)}", file=sys.stderr)
        return 2
    try:
        return COMMANDS[name](arguments[1:])
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
