"""A connected company, and tests that drain by hand what a worker would."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
import responses
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse

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


@pytest.fixture
def own_address(sandbox_alone: Stack) -> Iterator[list[bytes]]:
    """Our public address, reached from here: what is posted to it goes the way of Meta's events.
    The bodies that came."""
    came: list[bytes] = []

    def deliver(request: Any) -> tuple[int, dict[str, str], bytes]:
        came.append(request.body)
        answer = Client().post(
            reverse("whatsapp:webhook"),
            data=request.body,
            content_type="application/json",
            headers={"X-Hub-Signature-256": request.headers["X-Hub-Signature-256"]},
        )
        return answer.status_code, {}, answer.content

    with responses.RequestsMock(assert_all_requests_are_fired=False) as outside:
        outside.add_passthru(sandbox_alone.sandbox)
        address = f"{settings.PUBLIC_URL}{reverse('whatsapp:webhook')}"
        outside.add_callback(responses.POST, address, callback=deliver)
        yield came


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
