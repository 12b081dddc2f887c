"""Whatever a signed delivery holds: an answer that is no error, no item that makes us stumble, and
nothing in the way of what comes after it."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ats.tenancy import company_scope
from tests.factories.ats import UserFactory
from tests.factories.whatsapp import NOW, MessageFactory, World
from tests.fuzz.mutations import spoiled
from tests.fuzz.samples import Json, deliveries
from tests.whatsapp import payloads
from whatsapp.models import (
    Conversation,
    EventState,
    ItemState,
    Message,
    MessageStatus,
    WebhookEvent,
    WebhookItem,
)
from whatsapp.webhooks import apply, replay

ANSWERS = {200, 403, 411, 413}
BATCH = 20
PAYLOADS = int(os.environ.get("FUZZ_PAYLOADS", "160"))
# Hypothesis keeps books, and Python keeps what it has once asked for.
MOST_GROWTH = 64 * 1024
Stage = tuple[World, list[Json], Client, Client]


@pytest.fixture
def stage(world: World) -> Stage:
    """A company far from UTC with a message of ours, its recruiter and ops, and the samples."""
    world.company.timezone = "America/New_York"
    world.company.save()
    with company_scope(world.company):
        MessageFactory(
            conversation=world.conversation, status=MessageStatus.ACCEPTED, wamid="wamid.ours"
        )
    samples = list(
        deliveries(
            waba_id=world.sender.waba.waba_id,
            phone_number_id=world.sender.phone_number_id,
            ours="wamid.ours",
        )
    )
    alice, ops = Client(), Client()
    alice.force_login(world.alice)
    ops.force_login(UserFactory(company=None, is_staff=True))
    return world, samples, alice, ops


@pytest.fixture
def _few_log_lines() -> Iterator[None]:
    """pytest keeps them all, and then what is measured is pytest."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


def drain_to_the_end() -> None:
    for wait in (timedelta(0), *apply.PAUSES):
        assert apply.drain(lambda wait=wait: NOW + wait)


def nothing_stumbled() -> None:
    stumbles = WebhookItem.objects.filter(cause__contains="while applying")
    assert not [(one.kind, one.cause, str(one.payload)[:2_000]) for one in stumbles]
    assert not WebhookEvent.objects.filter(cause__contains="could not be split").exists()
    assert not WebhookEvent.objects.filter(state=EventState.NEW).exists()
    assert not WebhookItem.objects.filter(state=ItemState.WAITING, awaits="").exists()


def pages_answer(world: World, alice: Client, ops: Client) -> None:
    with company_scope(world.company):
        threads = list(Conversation.objects.values_list("pk", flat=True))
    items = list(WebhookItem.objects.order_by("?").values_list("pk", flat=True)[:3])
    events = list(WebhookEvent.objects.order_by("?").values_list("pk", flat=True)[:2])
    for name, ids, who in (
        ("whatsapp:inbox", [None], alice),
        ("whatsapp:conversation", threads, alice),
        ("whatsapp_api:conversations", [None], alice),
        ("whatsapp_api:messages", threads, alice),
        ("whatsapp:chat", [world.amina.pk], alice),
        ("whatsapp:operations", [None], ops),
        ("whatsapp:webhook_item", items, ops),
        ("whatsapp:webhook_delivery", events, ops),
    ):
        for pk in ids:
            address = reverse(name, args=[] if pk is None else [pk])
            assert who.get(address, follow=True).status_code == 200, address


def resident() -> int:
    """KiB of memory that this process holds."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def play(stage: Stage, bodies: list[bytes]) -> None:
    world, _, alice, ops = stage
    client = Client()
    with transaction.atomic():
        for raw in bodies:
            assert payloads.post(client, raw).status_code in ANSWERS
        drain_to_the_end()
        nothing_stumbled()
        # Ops press “Apply again” on everything that stopped.
        replay.split_again(WebhookEvent.objects.all(), now=NOW)
        replay.again(WebhookItem.objects.all(), now=NOW)
        drain_to_the_end()
        nothing_stumbled()
        good = payloads.delivery(world.sender, messages=[payloads.message("wamid.good")])
        payloads.post(client, good)
        drain_to_the_end()
        with company_scope(world.company):
            assert Message.objects.get(wamid="wamid.good").text == "Hello"
        pages_answer(world, alice, ops)
        transaction.set_rollback(True)


def test_every_sample_is_applied_or_kept_as_it_is(stage: Stage, client: Client) -> None:
    world, samples, alice, ops = stage
    for body in samples:
        assert payloads.post(client, body).status_code == 200
    drain_to_the_end()
    nothing_stumbled()
    assert not WebhookEvent.objects.exclude(state=EventState.SPLIT).exists()
    left = WebhookItem.objects.exclude(state=ItemState.APPLIED).values_list("kind", "cause")
    assert {kind for kind, _ in left} == {"errors", "flows", "messages"}, list(left)
    assert WebhookItem.objects.filter(cause__contains="group").count() == 1
    pages_answer(world, alice, ops)


@pytest.mark.usefixtures("_few_log_lines")
@pytest.mark.skipif(not PAYLOADS, reason="FUZZ_PAYLOADS is 0")
def test_no_mutated_payload_makes_anything_stumble(stage: Stage) -> None:
    seen: list[int] = []

    @settings(
        max_examples=max(1, PAYLOADS // BATCH),
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(seed=st.integers(0, 2**64))
    def run(seed: int) -> None:
        rng = random.Random(seed)
        play(stage, [spoiled(stage[1], rng) for _ in range(BATCH)])
        seen.append(resident())

    run()
    settled, end = max(seen[: len(seen) // 4 + 1]), seen[-1]
    print(f"payloads {len(seen) * BATCH}, resident {settled} KiB → {end} KiB")  # noqa: T201
    assert end - settled < MOST_GROWTH
