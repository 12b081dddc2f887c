"""A connected company, and tests that drain by hand what a worker would."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import time_machine

from tests.factories.whatsapp import NOW, World, make_world
from tests.stack import Stack
from whatsapp.webhooks import apply


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def apply_all() -> Callable[..., bool]:
    """Splits and applies everything that is due at a moment."""

    def run(now: datetime = NOW) -> bool:
        return apply.drain(lambda: now)

    return run


@pytest.fixture(autouse=True)
def _at_now(request: pytest.FixtureRequest) -> Iterator[None]:
    """The clock stands at NOW; real processes have a clock of their own."""
    if request.node.get_closest_marker("processes"):
        yield
        return
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(scope="session")
def sandbox_alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(
        tmp_path_factory.mktemp("sandbox"), os.environ["DATABASE_URL"], os.environ["REDIS_URL"]
    )
    try:
        stack.start("sandbox")
        yield stack
    finally:
        stack.stop()
