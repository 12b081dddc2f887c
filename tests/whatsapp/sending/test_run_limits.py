"""Bulk runs inside the messaging limit of the portfolio, against the sandbox's own count."""

from __future__ import annotations

from functools import partial

import pytest
from django.utils import timezone

from ats.tenancy import all_companies
from tests.factories.runs import people
from tests.sandboxed import Sandboxed, connect_sister
from tests.whatsapp.sending.crowd import run_to, states, switch_on
from tests.whatsapp.sending.play import (
    Time,
    causes,
    drain,
    errors,
    fast,
    field_told,
    judged,
    outgoing,
    page,
    reached,
    together,
    write_to,
)
from whatsapp.models import BulkRun, MessageStatus, RunState
from whatsapp.sending import engine, ledger

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("sending")]

# Meta: the limit was reached, or the number is restricted.
RESTRICTED = 131048


def tier(meta: Sandboxed, name: str, time: Time) -> dict[str, object]:
    """What Meta allows, there and here."""
    waba = meta.world.sender.waba
    said = meta.stack.control("businesses/limit", waba_id=waba.waba_id, tier=name)
    ledger.learn(ledger.portfolio_of(waba), name, at=time(), now=time())
    return dict(said)


def test_a_run_beyond_the_limit_says_how_many_wait_until_when_and_goes_on_then(
    meta: Sandboxed,
) -> None:
    time, portfolio = Time(), ledger.portfolio_of(meta.world.sender.waba)
    meta.stack.control("sends", on=True)
    tier(meta, "TIER_250", time)
    fast(meta)
    began = time()
    run = judged(run_to(meta, 300))
    drain(time)
    assert states(run) == {"accepted": 225, "planned": 75}
    now = page(run, time())
    assert (now.run.state, now.waiting) == (RunState.WAITING, 75)
    assert [one.title for one in now.causes] == ["WhatsApp's limit is reached"]
    assert now.run.waits_until is not None
    life = ledger.life(began)
    assert began + life <= now.run.waits_until <= time() + life
    assert now.next_words.startswith("It goes on by itself on ")

    # What is kept for single messages is there for them, and for nothing else.
    switch_on(meta, range(500, 525))
    by_hand = [write_to(meta, one) for one in people(meta.world, 25, begin=500, agreed=True)]
    drain(time)
    for message in by_hand:
        message.refresh_from_db()
    assert {message.status for message in by_hand} == {MessageStatus.ACCEPTED}
    assert ledger.state(portfolio, now=time()).free_for_single == 0
    assert states(run) == {"accepted": 225, "planned": 75}

    time.passes(life, meta)
    drain(time)
    assert states(run) == {"accepted": 300}
    assert page(run, time()).run.state == RunState.FINISHED
    assert set(reached(meta).values()) == {1}
    assert RESTRICTED not in errors(meta)


def test_a_limit_that_is_raised_by_webhook_lets_the_run_go_on_at_once(meta: Sandboxed) -> None:
    time = Time()
    meta.stack.control("sends", on=True)
    tier(meta, "TIER_50", time)
    run = judged(run_to(meta, 60))
    drain(time)
    assert states(run) == {"accepted": 45, "planned": 15}
    assert causes(run) == ["run_no_places"]

    waba_id = meta.world.sender.waba.waba_id
    said = meta.stack.control("businesses/limit", waba_id=waba_id, tier="TIER_1K")
    field_told(meta, said, time)
    run.refresh_from_db()
    assert run.look_at is not None
    assert run.look_at <= time()
    drain(time)
    assert states(run) == {"accepted": 60}
    assert RESTRICTED not in errors(meta)


def test_two_companies_and_many_workers_stay_within_the_limit_of_their_portfolio(
    meta: Sandboxed,
) -> None:
    time = Time()
    meta.stack.control("sends", on=True)
    sister = connect_sister(meta.stack, meta, now=timezone.now())
    tier(meta, "TIER_50", time)
    runs = [judged(run_to(meta, 40)), judged(run_to(sister, 40, begin=100))]
    together(*[partial(engine.drain, time)] * 4)
    drain(time)
    assert len([one for one in outgoing(meta) if not one["error"]]) == 45
    assert set(reached(meta).values()) == {1}
    assert RESTRICTED not in errors(meta)
    with all_companies():
        found = BulkRun.objects.filter(pk__in=[run.pk for run in runs])
        assert {run.state for run in found} <= {RunState.WAITING, RunState.FINISHED}

    time.passes(ledger.life(time()), meta)
    drain(time)
    assert [states(run) for run in runs] == [{"accepted": 40}] * 2
    assert RESTRICTED not in errors(meta)
