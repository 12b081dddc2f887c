"""`make bench [NAME=ingest]`: runs the figures in bench/, one line each.

PostgreSQL runs with its own defaults, so a commit reaches the disk as in production. Each figure
has an empty database.
"""

from __future__ import annotations

import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from dev import environment, servers
from dev.problems import Problem
from dev.servers import ROOT


def main(arguments: list[str]) -> int:
    known = sorted(file.stem for file in (ROOT / "bench").glob("[a-z]*.py"))
    for name in arguments:
        if name not in known:
            raise Problem(f"There is no figure {name!r}. There are: {', '.join(known)}.")
    with servers.both("bench", servers.free_port()) as addresses:
        codes = [_run(name, addresses) for name in arguments or known]
    return max(codes)


def _run(name: str, addresses: dict[str, str]) -> int:
    ports = servers.free_port(), servers.free_port(), servers.free_port()
    local = servers.LOCAL / "bench"
    env = environment.of_ports(*ports, settings="config.settings.test", local=local)
    env |= environment.addresses(*ports) | addresses
    env |= {"LOG_LEVEL": "WARNING", "MEDIA_ROOT": str(local / "media")}
    env["DATABASE_URL"] = empty_database(addresses["DATABASE_URL"], "bench")
    return subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=ROOT, env=env).returncode


def empty_database(address: str, name: str) -> str:
    """The address of a new database on that server, in place of any of that name."""
    connection = psycopg2.connect(address)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {name}")
    connection.close()
    return urlunsplit(urlsplit(address)._replace(path=f"/{name}"))
