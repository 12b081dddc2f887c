"""The messaging limit of a portfolio, beside a run that takes places of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.utils import timezone

from whatsapp.models import BulkRun, PortfolioLimit, TierReservation
from whatsapp.selectors.window import clock
from whatsapp.sending import ledger

# The places that are looked ahead for, and the hours that are told.
AHEAD = 1_000
HOURS = 4


@dataclass(frozen=True, slots=True)
class Coming:
    """Places that come free within one hour, the first of them at `moment`."""

    moment: str
    places: int


@dataclass(frozen=True, slots=True)
class TierBox:
    """Places are people outside the window in 24 hours; `most` is None while unlimited. `free` is
    what is free for this run, `learned_at` empty until Meta has told a limit."""

    most: int | None
    used: int
    kept_for_singles: int
    reserved: int
    reserved_here: int
    free: int | None
    coming: list[Coming]
    learned_at: datetime | None


def tier_box(run: BulkRun, *, waiting: int = 0, now: datetime) -> TierBox:
    """`waiting` is how many rows of it are still to get a place."""
    portfolio_id = ledger.portfolio_of(run.sender.waba)
    state = ledger.state(portfolio_id, now=now, run=run)
    limit = PortfolioLimit.objects.filter(portfolio_id=portfolio_id).first()
    here = (
        TierReservation.objects.filter(run=run.pk).values_list("places", flat=True).first() or 0
        if run.pk
        else 0
    )
    short = waiting - state.free_for_bulk if state.free_for_bulk is not None else 0
    return TierBox(
        most=state.most,
        used=state.used,
        kept_for_singles=state.kept_for_singles,
        reserved=state.reserved + here,
        reserved_here=here,
        free=state.free_for_bulk,
        coming=_coming(portfolio_id, min(short, AHEAD), now=now) if short > 0 else [],
        learned_at=limit.learned_at if limit else None,
    )


def _coming(portfolio_id: str, count: int, *, now: datetime) -> list[Coming]:
    moments = ledger.frees(portfolio_id, count, now=now)
    hours = groupby(moments, key=lambda at: timezone.localtime(at).strftime("%Y-%m-%d %H"))
    found = []
    for _, group in hours:
        those = list(group)
        found.append(Coming(clock(those[0], now), len(those)))
    return found[:HOURS]
