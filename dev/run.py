"""`make run`: servers, database, demo data, then every process under one log, until Ctrl-C."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import requests
from honcho.environ import parse_procfile
from honcho.manager import Manager
from honcho.printer import Message, Printer

from dev import demo, environment, servers
from dev.problems import Problem

PORTS = {"WEB_PORT": 8000, "LIVE_PORT": 8001, "SANDBOX_PORT": 8002, "REDIS_PORT": 8003}


def chosen_ports() -> dict[str, int]:
    """The four ports. Raises `Problem` with one line where one is taken or no number."""
    ports = {}
    for variable, usual in PORTS.items():
        try:
            ports[variable] = int(os.environ.get(variable, usual))
        except ValueError:
            raise Problem(f"{variable}={os.environ[variable]!r} is not a port number.") from None
    for variable, port in ports.items():
        if variable == "REDIS_PORT" and os.environ.get("REDIS_URL"):
            continue
        if servers.is_taken(port):
            raise Problem(
                f"Port {port} is taken. Stop what uses it, "
                f"or choose another: {variable}={port + 100} make run"
            )
    return ports


def main(arguments: list[str]) -> int:
    environment.read_dotenv()
    ports = chosen_ports()
    with_sandbox = "GRAPH_URL" not in os.environ
    print("Starting PostgreSQL and Redis …", flush=True)
    with servers.both("run", ports["REDIS_PORT"]) as addresses:
        env = environment.of_ports(
            ports["WEB_PORT"],
            ports["LIVE_PORT"],
            ports["SANDBOX_PORT"],
            settings=os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings.dev"),
        )
        env |= addresses
        env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
        print("Bringing the database up to date …", flush=True)
        for command in (["migrate", "--verbosity", "0"], ["ats_demo"], ["whatsapp_demo"]):
            result = subprocess.run([sys.executable, "manage.py", *command], env=env)
            if result.returncode:
                raise Problem(f"manage.py {command[0]} failed; its message stands above.")
        return run_processes(env, with_sandbox=with_sandbox)


class Log(Printer):
    """One log for all processes, which also notices the worker's own "ready"."""

    def __init__(self) -> None:
        super().__init__(sys.stdout)
        self.worker_is_ready = threading.Event()

    def write(self, message: Message) -> None:
        super().write(message)
        if message.name == "worker" and b" ready." in message.data:
            self.worker_is_ready.set()


def run_processes(env: dict[str, str], *, with_sandbox: bool) -> int:
    log = Log()
    manager = Manager(log)
    procfile = parse_procfile((servers.ROOT / "Procfile").read_text())
    if with_sandbox:
        manager.add_process("sandbox", "exec python -m sandbox", env=env, cwd=str(servers.ROOT))
    for name, command in procfile.processes.items():
        manager.add_process(name, f"exec {command}", env=env, cwd=str(servers.ROOT))
    threading.Thread(
        target=announce, args=(env, log), kwargs={"with_sandbox": with_sandbox}, daemon=True
    ).start()
    manager.loop()
    # Ctrl-C is how one stops it: not a failure.
    return 0 if manager.returncode in (None, 0, 130, -2, -15) else int(manager.returncode)


def announce(env: dict[str, str], log: Log, *, with_sandbox: bool) -> None:
    """Waits until everything is up, then prints where to go and who to be."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if requests.get(f"{env['PUBLIC_URL']}/healthz", timeout=2).ok:
                break
        except requests.RequestException:
            pass
        time.sleep(0.2)
    log.worker_is_ready.wait(timeout=deadline - time.monotonic())
    if with_sandbox:
        demo.fill_sandbox(env["GRAPH_URL"], deadline)
    print(demo.greeting(env, with_sandbox=with_sandbox), flush=True)
