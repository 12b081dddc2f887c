"""Many candidates who may be written to, each with a phone in the sandbox."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from ats.tenancy import company_scope
from tests.factories.runs import make_run, people
from tests.sandboxed import Sandboxed
from whatsapp.models import BulkRun, Consent, ConsentBasis, ConsentPurpose, RunRecipient


def run_to(
    meta: Sandboxed, count: int, *, begin: int = 0, not_on_whatsapp: int = 0, **given: Any
) -> BulkRun:
    """A run that is planned, to so many people whom nobody has written to; the first of them may
    have no WhatsApp."""
    # How even the pace is, is measured elsewhere: on a busy machine messages may leave in bursts.
    meta.stack.control("limits", mps=1000)
    crowd = people(meta.world, count, begin=begin)
    now = given.pop("now", None) or timezone.now()
    with company_scope(meta.world.company):
        Consent.objects.bulk_create(
            Consent(
                candidate=one,
                purpose=ConsentPurpose.APPLICATION,
                granted=True,
                basis=ConsentBasis.CONSENT,
                source="careers page",
                at=now - timedelta(days=3),
            )
            for one in crowd
        )
    switch_on(meta, range(begin + not_on_whatsapp, begin + count))
    return make_run(meta.world, crowd, now=now, **given)


def switch_on(meta: Sandboxed, numbers: Iterable[int]) -> None:
    """Phones for the people of `tests.factories.runs.people`."""
    for number in numbers:
        meta.stack.control("phones", number=f"+2547225{number:05d}", name=f"Person {number}")


def states(run: BulkRun) -> dict[str, int]:
    """How many rows are in each state; of those begun, their message's."""
    counts: dict[str, int] = {}
    with company_scope(run.company_id):
        rows = RunRecipient.objects.filter(run=run).select_related("message")
        for row in rows:
            state = row.message.status if row.message else row.state
            counts[state] = counts.get(state, 0) + 1
    return counts
