"""Sizes that take turns: each has a database and a process of its own, which waits for its turn, so
that a noisy machine is noisy for all of them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack

from dev.bench import empty_database


def start(figure: str, size: int, running: ExitStack) -> subprocess.Popen[str]:
    """Runs `bench/<figure>.py <size>` until `running` ends; returns once it is ready."""
    url = empty_database(os.environ["DATABASE_URL"], f"bench_{size}")
    started = subprocess.Popen(
        [sys.executable, "-m", f"bench.{figure}", str(size)],
        env=os.environ | {"DATABASE_URL": url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    running.callback(started.wait, 30)
    running.callback(started.terminate)
    _answer(started)
    return started


def turn(process: subprocess.Popen[str]) -> list[float]:
    """What the process measured in one turn."""
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    return [float(one) for one in _answer(process).split()]


def answer_turns(measure: Callable[[int], list[float]]) -> None:
    """In the process of a size: measures once for every turn, numbered from 0, until it is
    stopped."""
    print("ready", flush=True)
    for number, _ in enumerate(sys.stdin):
        print(*measure(number), flush=True)


def _answer(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = process.stdout.readline()
    if not said:
        raise SystemExit("A process of the figure has ended; its words are above.")
    return said
