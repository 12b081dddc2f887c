"""What becomes of a use: it is given back, dated by a late delivery, lapses, and is counted."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from whatsapp.models import PortfolioLimit, TierUse
from whatsapp.sending.ledger.terms import PROMPT, life

logger = logging.getLogger(__name__)

# Uses that are marked as lapsed under one lock.
BATCH = 2_000


def give_back(holder: str, *, now: datetime) -> bool:
    """The message was not delivered: its use ends. Whether a place came free by it.

    Call it where a message *became* failed; one that Meta calls delivered and failed was delivered.
    """
    use = TierUse.objects.filter(holder=holder, live=True).only("portfolio_id").first()
    if use is None:
        return False
    with transaction.atomic():
        limit = PortfolioLimit.objects.locked(use.portfolio_id)
        people = TierUse.objects.end(use.portfolio_id, [holder])
        limit.freed(people)
    return people > 0


def delivered(holder: str, *, at: datetime, now: datetime) -> bool:
    """Meta counts from the delivery: one that came late dates the use anew, and takes the place
    again where it had lapsed or been given back. Whether that changed anything."""
    use = TierUse.objects.filter(holder=holder).only("portfolio_id", "taken_at", "live").first()
    if use is None or _dated(use, at, now) is None:
        return False
    with transaction.atomic():
        limit = PortfolioLimit.objects.locked(use.portfolio_id)
        row = TierUse.objects.select_for_update(no_key=True).get(pk=use.pk)
        dated = _dated(row, at, now)
        if dated is None:
            return False
        if not row.live:
            others = TierUse.objects.filter(
                portfolio_id=row.portfolio_id, recipient=row.recipient, live=True
            )
            if not others.exists():
                limit.used += 1
                limit.save(update_fields=["used"])
            row.live = True
        row.taken_at = dated
        row.save(update_fields=["taken_at", "live"])
    return True


def _dated(use: TierUse, at: datetime, now: datetime) -> datetime | None:
    """The date of a use that was delivered then, where that changes anything."""
    dated = at if at > use.taken_at + PROMPT else use.taken_at
    changes = dated > use.taken_at if use.live else dated > now - life(now)
    return dated if changes else None


def lapse_due(*, now: datetime, most: int = 10 * BATCH) -> int:
    """Marks what has lapsed in every portfolio, `most` in one call; how many. For the sweep: it
    keeps what `state` counts past, and what a full ledger marks at once, small."""
    done = 0
    in_use = PortfolioLimit.objects.filter(used__gt=0)
    for portfolio_id in in_use.values_list("portfolio_id", flat=True):
        while done < most and (uses := _lapse_batch(portfolio_id, now)):
            done += uses
    return done


def _lapse_batch(portfolio_id: str, now: datetime) -> int:
    lapsed_by = now - life(now)
    due = TierUse.objects.filter(portfolio_id=portfolio_id, live=True, taken_at__lte=lapsed_by)
    if not due.exists():
        return 0
    with transaction.atomic():
        limit = PortfolioLimit.objects.locked(portfolio_id)
        uses, people = TierUse.objects.lapse(portfolio_id, lapsed_by, most=BATCH)
        limit.freed(people)
    return uses


def recount(portfolio_id: str, *, now: datetime) -> tuple[int, int]:
    """The people that the portfolio's row counted, and those that there are: the same, or the
    nightly check has something to tell. The row is put right."""
    while _lapse_batch(portfolio_id, now):
        pass
    with transaction.atomic():
        limit = PortfolioLimit.objects.locked(portfolio_id)
        kept, counted = limit.used, TierUse.objects.people(portfolio_id)
        if kept != counted:
            logger.error("tier_miscounted limit=%s kept=%s counted=%s", limit.pk, kept, counted)
            limit.used = counted
            limit.save(update_fields=["used"])
    return kept, counted
