"""Fixtures for tests with real processes: the address of the test database, and a stack on it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

from tests.stack import Stack


def database_url() -> str:
    """The address of this test run's database, as another process needs it."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    return urlunsplit(parts._replace(path=f"/{name}"))


def redis_url_for_processes() -> str:
    """A Redis database beside the tests' own, which is emptied between tests: a broker's may not
    be."""
    address, _, number = os.environ["REDIS_URL"].rpartition("/")
    return f"{address}/{int(number) + 7}"


EVERYTHING = ("sandbox", "web", "live", "worker", "sender", "media", "beat")
_shared: list[Stack] = []


@pytest.fixture(scope="session")
def shared_stack(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None
) -> Iterator[Stack]:
    """For the tests that only use it; `ready` starts it."""
    directory: Path = tmp_path_factory.mktemp("stack")
    stack = Stack(directory, database_url(), redis_url_for_processes())
    _shared.append(stack)
    try:
        yield stack
    finally:
        _shared.remove(stack)
        stack.stop()


def ready(stack: Stack) -> Stack:
    """The stack with everything running, also after another test had the database to itself."""
    missing = [name for name in EVERYTHING if name not in stack.processes]
    stack.start(*missing)
    return stack


def alone() -> None:
    """Stops the shared stack: its workers would do the work of a test that kills its own."""
    for stack in _shared:
        stack.stop()
