"""Runs that wait go on as soon as what they wait for is there, and no sooner."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from whatsapp import jobs
from whatsapp.models import BulkRun, RunState

LOOKED_AT = (RunState.RUNNING, RunState.WAITING)


def look_again_at(runs: QuerySet[BulkRun], *, now: datetime) -> None:
    """Those of these that run or wait, at once: whoever takes rows next asks the gate first."""
    if runs.filter(state__in=LOOKED_AT).update(look_at=now):
        jobs.wake(jobs.SEND_MESSAGES)


def ask_gate_first(runs: QuerySet[BulkRun], *, now: datetime) -> None:
    """As `BulkRunQuerySet.ask_gate_first`, and somebody is called to ask it."""
    if runs.ask_gate_first(now=now):  # type: ignore[attr-defined]
        jobs.wake(jobs.SEND_MESSAGES)
