"""`make bench [NAME=sandbox_sends]`: runs the figures in bench/, one line each."""

from __future__ import annotations

import subprocess
import sys

from dev.problems import Problem
from dev.servers import ROOT


def main(arguments: list[str]) -> int:
    known = sorted(file.stem for file in (ROOT / "bench").glob("[a-z]*.py"))
    for name in arguments:
        if name not in known:
            raise Problem(f"There is no figure {name!r}. There are: {', '.join(known)}.")
    codes = [
        subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=ROOT).returncode
        for name in arguments or known
    ]
    return max(codes)
