"""A bulk run from its rows to Meta, against the running sandbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from ats.tenancy import company_scope
from tests.sandboxed import Sandboxed
from tests.whatsapp.sending.crowd import run_to, states
from whatsapp.models import BulkRun, RunState
from whatsapp.sending import engine


def drain(clock: Callable[[], datetime] = timezone.now) -> None:
    assert engine.drain(clock)


def judged(run: BulkRun) -> None:
    """Its first batch was good."""
    with company_scope(run.company_id):
        BulkRun.objects.filter(pk=run.pk).update(first_batch_good_at=timezone.now())


def state_of(run: BulkRun) -> str:
    run.refresh_from_db()
    return run.state


def test_a_run_writes_to_everybody_once(meta: Sandboxed) -> None:
    run = run_to(meta, 30)
    judged(run)
    drain()
    assert states(run) == {"accepted": 30}
    assert state_of(run) == RunState.FINISHED
    arrived = meta.stack.ask("messages")["messages"]
    numbers = [one["number"] for one in arrived if one["direction"] == "out"]
    assert sorted(numbers) == [f"+2547225{number:05d}" for number in range(30)]
