"""What every test stands on: loopback only, a Redis database of its own, the usual cast."""

from __future__ import annotations

import gc
import os
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache

import pytest
import pytest_socket
import redis
from django.core.management.base import CommandError
from django.db import connection
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker

from tests.migrated import template
from tests.processes import alone

# Playwright runs its loop in the thread of the test, which Django takes for a coroutine.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


_empty_tables = TransactionTestCase._fixture_teardown


def _empty_tables_patiently(self: TransactionTestCase) -> None:
    """Workers that run beside a test may hold a row that emptying the tables wants: PostgreSQL then
    ends one of the two, and it is not always theirs."""
    for _ in range(4):
        with suppress(CommandError):
            return _empty_tables(self)
    return _empty_tables(self)


TransactionTestCase._fixture_teardown = _empty_tables_patiently  # type: ignore[method-assign]


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Modules and collected tests stay to the end: the garbage collector need not walk through them
    again and again, which takes a twentieth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def pytest_runtest_setup() -> None:
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """The database of each worker is a copy of one that was migrated."""
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = template(os.environ["DATABASE_URL"])


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 20, 14, 18, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nobody_else_works(request: pytest.FixtureRequest) -> None:
    """What a test commits is seen by the workers of a stack that an earlier test left running."""
    if "shared_stack" in request.fixturenames:
        return
    marker = request.node.get_closest_marker("django_db")
    if "transactional_db" in request.fixturenames or (marker and marker.kwargs.get("transaction")):
        alone()


@pytest.fixture(autouse=True)
def _empty_redis() -> None:
    """Wake-up marks and caches of one test are nothing to the next."""
    _redis(os.environ["REDIS_URL"]).flushdb()


@cache
def _redis(url: str) -> redis.Redis:
    """One connection for all tests of a worker."""
    return redis.Redis.from_url(url)
