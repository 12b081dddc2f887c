"""What Meta allows a portfolio: learned from listings and webhooks, and heard by waiting runs."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from ats.tenancy import all_companies
from whatsapp import jobs
from whatsapp.models import BulkRun, PortfolioLimit, RunState, Waba
from whatsapp.policy import tiers

# More is no cap of anybody's.
MOST_NUMBERS = 1_000_000

logger = logging.getLogger(__name__)


def portfolio_of(waba: Waba) -> str:
    """What its limit is counted under. Where Meta did not tell the portfolio, the account stands
    for itself: strangers must not share a limit for want of a name."""
    return waba.portfolio_id or f"waba:{waba.waba_id}"[:32]


def learn(portfolio_id: str, tier: object, *, at: datetime, now: datetime) -> bool:
    """Notes the limit that Meta named at a moment; whether there is more room than before.

    Runs that wait for places are looked at again then. Older news never overwrites newer, and an
    answer that names no limit (`TIER_NOT_SET`, nothing) changes nothing.
    """
    if not tiers.is_known(tier):
        if tier:
            logger.warning("messaging_limit_not_understood portfolio=%s", portfolio_id)
        return False
    with transaction.atomic():
        limit = PortfolioLimit.objects.locked(portfolio_id)
        if limit.learned_at is not None and limit.learned_at > at:
            return False
        before, limit.most = limit.most_at(now), tiers.most_of(tier, now)
        limit.tier, limit.learned_at = str(tier)[:32], at
        limit.save(update_fields=["tier", "most", "learned_at"])
        raised = before is not None and (limit.most is None or limit.most > before)
        if raised:
            # Afterwards, because runs are locked before the portfolio elsewhere.
            transaction.on_commit(lambda: wake_waiting(portfolio_id, now=now))
    return raised


def learn_numbers(portfolio_id: str, most: object, *, at: datetime) -> None:
    """Notes how many numbers Meta said at a moment that the portfolio may have. Older news never
    overwrites newer, and what is no number changes nothing."""
    if isinstance(most, bool) or not isinstance(most, int) or not 0 < most < MOST_NUMBERS:
        return
    with transaction.atomic():
        limit = PortfolioLimit.objects.locked(portfolio_id)
        if limit.numbers_learned_at is None or limit.numbers_learned_at <= at:
            limit.most_numbers, limit.numbers_learned_at = most, at
            limit.save(update_fields=["most_numbers", "numbers_learned_at"])


def wake_waiting(portfolio_id: str, *, now: datetime) -> None:
    """Has the portfolio's waiting runs, of every company, looked at now."""
    with all_companies():
        wabas = Waba.objects.filter(portfolio_id=portfolio_id)
        if portfolio_id.startswith("waba:"):
            wabas = Waba.objects.filter(portfolio_id="", waba_id=portfolio_id.partition(":")[2])
        waiting = BulkRun.objects.filter(sender__waba__in=wabas, state=RunState.WAITING)
        if waiting.update(look_at=now):
            jobs.wake(jobs.SEND_MESSAGES)
