"""However badly a story is told, what stands in the end is what it says in order."""

from __future__ import annotations

import json
import os
import random
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from ats.tenancy import company_scope
from tests.factories.whatsapp import NOW, World
from tests.oracle import telling
from tests.oracle.stage import set_up, write_to
from tests.oracle.state import state_of_company
from tests.oracle.story import Json, Ours, Story
from whatsapp.models import WebhookEvent
from whatsapp.webhooks import apply
from whatsapp.webhooks.apply import PAUSES

BEGINS = NOW - timedelta(days=3)
NUMBERS = ["254722555014", "254733555190", "553187654321", "5215512345678"]
RECORDS = ["+254722555014", "+5531987654321", "+525512345678"]
LONGEST = int(os.environ.get("ORACLE_LONGEST", "50"))
EXAMPLES = int(os.environ.get("ORACLE_EXAMPLES", "8"))


@pytest.fixture
def stage(db: None) -> tuple[World, list[str], list[Ours]]:
    """Three candidates of ours, each written to by template; one answer of Meta's was lost."""
    world, senders = set_up(begins=BEGINS)
    return world, senders, write_to(world, RECORDS, begins=BEGINS)


def _state_after(world: World, deliveries: list[Json]) -> dict[str, Any]:
    """What stands after these deliveries; the database is as before."""
    with transaction.atomic():
        for body in deliveries:
            WebhookEvent.objects.create(
                body=json.dumps(body).encode(), received_at=NOW, next_try_at=NOW
            )
        for wait in (timedelta(0), *PAUSES):
            assert apply.drain(lambda wait=wait: NOW + wait)
        with company_scope(world.company):
            state = state_of_company()
        transaction.set_rollback(True)
    return state


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    # A seed does not shrink into a shorter story; the length is tried from short to long instead.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# A move of a template between categories that is heard after the announcement of the next one.
@example(seed=56, length=56)
@given(seed=st.integers(0, 2**32), length=st.integers(1, LONGEST))
def test_the_order_of_deliveries_makes_no_difference(
    stage: tuple[World, list[str], list[Ours]], seed: int, length: int
) -> None:
    world, senders, ours = stage
    rng = random.Random(seed)
    story = Story(rng, senders, ours, int(BEGINS.timestamp()), NUMBERS)
    lines = story.tell(length)
    waba_id = world.sender.waba.waba_id
    clean = _state_after(world, telling.in_order(lines, waba_id))
    mixed = _state_after(world, telling.badly(lines, waba_id, rng))
    assert mixed == clean
