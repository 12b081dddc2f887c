"""The portfolio's limit and a number's throughput, as Meta tells them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from ats.tenancy import all_companies, company_scope
from tests.factories.whatsapp import NOW, World
from tests.whatsapp import payloads
from tests.whatsapp.sending.places import make_run
from whatsapp.connection.listings import store_numbers
from whatsapp.meta.types import PhoneNumber
from whatsapp.models import BulkRun, Connection, PortfolioLimit, RunState, Sender
from whatsapp.sending import ledger

ApplyAll = Callable[..., bool]


def limit_of(world: World) -> int | None:
    return ledger.state(world.sender.waba.portfolio_id, now=NOW).most


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("business_capability_update", {"max_daily_conversations_per_business": "TIER_2K"}),
        ("business_capability_update", {"max_daily_conversations_per_business": 2000}),
        (
            "phone_number_quality_update",
            {"event": "ONBOARDING", "max_daily_conversations_per_business": "TIER_2K"},
        ),
    ],
)
def test_a_raise_told_by_webhook_lets_waiting_runs_go_on_and_reads_the_account(
    world: World,
    client: Client,
    apply_all: ApplyAll,
    django_capture_on_commit_callbacks: Any,
    field: str,
    value: dict[str, Any],
) -> None:
    waiting = make_run(world, state=RunState.WAITING)
    change = {"field": field, "value": value}
    entry = {"id": world.sender.waba.waba_id, "time": 1795184280, "changes": [change]}
    payloads.post(client, {"object": "whatsapp_business_account", "entry": [entry]})
    with django_capture_on_commit_callbacks(execute=True):
        apply_all()
    assert limit_of(world) == 2000
    with all_companies():
        assert BulkRun.objects.get(pk=waiting.pk).look_at == NOW
        assert Connection.objects.get().sync_wanted_at == NOW


@pytest.mark.parametrize("value", [{}, {"max_daily_conversations_per_business": ["TIER_2K"]}])
def test_a_webhook_without_a_limit_changes_none(
    world: World, client: Client, apply_all: ApplyAll, value: dict[str, Any]
) -> None:
    change = {"field": "business_capability_update", "value": value}
    entry = {"id": world.sender.waba.waba_id, "time": 1795184280, "changes": [change]}
    payloads.post(client, {"object": "whatsapp_business_account", "entry": [entry]})
    apply_all()
    assert limit_of(world) == 250
    assert not PortfolioLimit.objects.exists()


def number(world: World, **values: Any) -> PhoneNumber:
    return PhoneNumber(world.sender.phone_number_id, "+254 700 555 001", "Caravella", **values)


def test_the_limit_is_read_with_the_numbers_and_older_answers_do_not_undo_it(world: World) -> None:
    waba, minute = world.sender.waba, timedelta(minutes=1)
    with company_scope(world.company):
        store_numbers(waba, [number(world, messaging_limit="TIER_10K")], at=NOW)
        assert limit_of(world) == 10_000
        store_numbers(waba, [number(world, messaging_limit="TIER_2K")], at=NOW - minute)
        assert limit_of(world) == 10_000
        store_numbers(waba, [number(world)], at=NOW + minute)
        assert limit_of(world) == 10_000


@pytest.mark.parametrize(
    ("values", "level"),
    [
        ({"throughput_level": "HIGH"}, "HIGH"),
        ({"throughput_level": "STANDARD", "is_on_biz_app": True}, "COEXISTENCE"),
        ({}, ""),
    ],
)
def test_a_number_that_is_on_a_phone_as_well_is_known_to_be_slow(
    world: World, values: dict[str, Any], level: str
) -> None:
    with company_scope(world.company):
        store_numbers(world.sender.waba, [number(world, **values)], at=NOW)
        assert Sender.objects.get().throughput_level == level
