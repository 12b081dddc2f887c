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


@pytest.fixture(scope="session")
def shared_stack(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None
) -> Iterator[Stack]:
    """Everything running, for the tests that only use it."""
    directory: Path = tmp_path_factory.mktemp("stack")
    stack = Stack(directory, database_url(), redis_url_for_processes())
    try:
        stack.start("sandbox", "web", "live", "worker", "beat")
        yield stack
    finally:
        stack.stop()
