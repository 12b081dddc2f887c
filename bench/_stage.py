"""The product's processes, by pid, on the database of the figure."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import requests
from django.core.management import call_command

from dev import servers


def migrated() -> dict[str, str]:
    """Makes the tables; answers with the environment of the product's processes."""
    call_command("migrate", verbosity=0)
    return dict(os.environ)


@contextmanager
def process(*command: str, env: dict[str, str], ready_at: str = "") -> Iterator[int]:
    """Runs it until the block ends; yields its pid, once `ready_at` answers."""
    with tempfile.TemporaryFile() as log:
        started = subprocess.Popen(
            [str(Path(sys.executable).with_name(command[0])), *command[1:]],
            env=env,
            cwd=servers.ROOT,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
        try:
            if ready_at:
                _wait_for(ready_at, started, log)
            yield started.pid
        finally:
            started.terminate()
            started.wait(20)


def _wait_for(url: str, started: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline and started.poll() is None:
        try:
            requests.get(url, timeout=1)
            return
        except requests.RequestException:
            time.sleep(0.05)
    log.seek(0)
    raise SystemExit(f"{url} did not answer: {log.read()[-3000:].decode()}")
