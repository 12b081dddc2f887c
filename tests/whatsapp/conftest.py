"""A connected company, and tests that drain by hand what a worker would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import time_machine

from tests.factories.whatsapp import NOW, World, make_world
from whatsapp.webhooks import apply


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def apply_all() -> Callable[..., int]:
    """Splits and applies everything that is due at a moment."""

    def run(now: datetime = NOW) -> int:
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
