"""The product's real processes, for tests that play it from outside or kill parts of it."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import requests
from honcho.environ import parse_procfile

from dev import environment, servers

T = TypeVar("T")


def eventually(
    look: Callable[[], T], *, seconds: float = 20, message: str | Callable[[], str] = ""
) -> T:
    """The first true answer of `look`; fails with `message` when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        answer = look()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(message() if callable(message) else message or f"never: {look}")
        time.sleep(0.05)


class Stack:
    """Starts processes of the Procfile and the sandbox on free ports, and stops its own by pid."""

    def __init__(self, directory: Path, database_url: str, redis_url: str, **extra: str) -> None:
        self.directory = directory
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        # How long the log was when the process that runs now began.
        self._begun: dict[str, int] = {}
        ports = servers.free_port(), servers.free_port(), servers.free_port()
        self.env = environment.of_ports(*ports, settings="config.settings.test", local=directory)
        # The addresses of the run that started the tests are not those of this stack.
        self.env |= environment.addresses(*ports)
        self.env |= {"DATABASE_URL": database_url, "REDIS_URL": redis_url} | extra
        self.env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{self.env['PATH']}"
        self.web = self.env["PUBLIC_URL"]
        self.sandbox = self.env["GRAPH_URL"]

    def start(self, *names: str) -> None:
        commands = parse_procfile((servers.ROOT / "Procfile").read_text()).processes
        commands["sandbox"] = "python -m sandbox"
        for name in names:
            self._begun[name] = len(self.log(name))
            with (self.directory / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    shlex.split(commands[name.partition(":")[0]]),
                    env=self.env,
                    cwd=servers.ROOT,
                    stdout=log,
                    stderr=log,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                )
        for name in names:
            self.wait_for(name)

    def wait_for(self, name: str) -> None:
        probes: dict[str, Callable[[], bool]] = {
            "web": lambda: self.answers(f"{self.web}/healthz"),
            "live": lambda: self.answers(f"{self.env['LIVE_URL']}/healthz"),
            "sandbox": lambda: self.answers(f"{self.sandbox}/_control/state"),
            "worker": lambda: self._is_ready(name),
            "sender": lambda: self._is_ready(name),
            "media": lambda: self._is_ready(name),
        }
        probe = probes.get(name.partition(":")[0])
        if probe is not None:
            eventually(probe, seconds=40, message=lambda: f"{name}: {self.log(name)[-3000:]}")

    def _is_ready(self, name: str) -> bool:
        return " ready." in self.log(name)[self._begun[name] :]

    def answers(self, url: str) -> bool:
        try:
            return requests.get(url, timeout=2).ok
        except requests.RequestException:
            return False

    def log(self, name: str) -> str:
        file = self.directory / f"{name}.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def kill(self, name: str) -> None:
        """SIGKILL to the process and its children: the group that this class started."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + 8
        for process in self.processes.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.processes.clear()

    def control(self, path: str, **body: Any) -> Any:
        """Posts to the sandbox's control API and returns its answer."""
        response = requests.post(f"{self.sandbox}/_control/{path}", json=body, timeout=10)
        assert response.ok, f"{path}: {response.status_code} {response.text}"
        return response.json()

    def ask(self, path: str) -> Any:
        response = requests.get(f"{self.sandbox}/_control/{path}", timeout=10)
        assert response.ok, f"{path}: {response.status_code} {response.text}"
        return response.json()
