"""`make test`: the whole suite against the embedded servers or those in the environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from dev import environment, servers

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    """The browser to test with: CHROMIUM, or the first one on the PATH."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in BROWSERS if (path := shutil.which(name))), None)


def workers() -> int:
    """One more than processors: a worker whose test waits for a browser or a killed process leaves
    its own to the others. Redis has databases for no more than six (`tests/redis_of_worker.py`)."""
    return min(6, (os.cpu_count() or 1) + 1)


def test_environment() -> dict[str, str]:
    env = environment.of_ports(
        servers.free_port(),
        servers.free_port(),
        servers.free_port(),
        settings="config.settings.test",
        local=servers.LOCAL / "test",
    )
    # The suite starts the product's processes dozens of times, and without bytecode each of them
    # compiles the whole project first.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    browser = chromium()
    if browser:
        env["CHROMIUM"] = browser
    return env


def main(arguments: list[str]) -> int:
    with servers.both("test", servers.free_port(), for_tests=True) as addresses:
        env = test_environment() | addresses
        if "CHROMIUM" not in env and env.get("REQUIRE_BROWSER") != "1":
            print(
                "Browser tests are SKIPPED: no Chromium found. Install it "
                "(Debian: apt-get install chromium) or set CHROMIUM=/path/to/chromium."
            )
        command = [sys.executable, "-m", "pytest", *(arguments or ["-n", str(workers())])]
        return subprocess.run(command, env=env).returncode


def manage(arguments: list[str]) -> int:
    """manage.py with the test settings and servers: for checks that need a database."""
    with servers.both("test", servers.free_port(), for_tests=True) as addresses:
        env = test_environment() | addresses
        return subprocess.run([sys.executable, "manage.py", *arguments], env=env).returncode
