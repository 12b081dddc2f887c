"""How full a portfolio's limit is, by whom, and when places come free. Nothing here locks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from whatsapp.models import BulkRun, TierReservation, TierUse
from whatsapp.sending.ledger.terms import Room, kept, life, limit_of, person_of, used_now


@dataclass(frozen=True, slots=True)
class TierState:
    """In people. `most` and what is free are None without a limit; `tier` is Meta's word, empty
    until it is learned. `used` counts those whose use has not lapsed."""

    tier: str
    most: int | None
    used: int
    kept_for_singles: int
    # By runs; of `state(run=…)`, by other runs.
    reserved: int
    free_for_bulk: int | None
    free_for_single: int | None


@dataclass(frozen=True, slots=True)
class Share:
    """Places that messages of one sender, run and author hold; a run of None is single messages."""

    sender_id: int
    run_id: int | None
    author_id: int | None
    people: int


@dataclass(frozen=True, slots=True)
class UsedBy:
    own: tuple[Share, ...]
    # Of other companies on the same portfolio, who are named to nobody.
    others: int


def state(portfolio_id: str, *, now: datetime, run: BulkRun | None = None) -> TierState:
    """How full it is, read without a lock; with a run, what is free for that run."""
    limit = limit_of(portfolio_id)
    most, used = limit.most_at(now), used_now(limit, now)
    reserved = TierReservation.objects.counting(portfolio_id, until=now + life(now))
    own = reserved.pop(run.pk, 0) if run else 0
    others = sum(reserved.values())
    if most is None:
        return TierState(limit.tier, None, used, 0, others, None, None)
    free = most - kept(most) - used
    return TierState(
        tier=limit.tier,
        most=most,
        used=used,
        kept_for_singles=kept(most),
        reserved=others,
        free_for_bulk=max(0, Room(free, own, others).places),
        free_for_single=max(0, most - used),
    )


def full_until(
    portfolio_id: str, number: str, user_id: str, *, now: datetime
) -> tuple[int, datetime | None] | None:
    """Where no single message may begin a conversation with this person now: the limit, and when
    the next place comes free. None where it may, also because the person has a place already."""
    here = state(portfolio_id, now=now)
    if here.most is None or here.free_for_single:
        return None
    theirs = TierUse.objects.filter(
        portfolio_id=portfolio_id,
        recipient=person_of(portfolio_id, number, user_id),
        live=True,
        taken_at__gt=now - life(now),
    )
    if theirs.exists():
        return None
    return here.most, frees_at(portfolio_id, 1 + max(0, here.used - here.most), now=now)


def frees(portfolio_id: str, count: int, *, now: datetime) -> list[datetime]:
    """When the next `count` places come free, soonest first; fewer where fewer are taken."""
    uses = TierUse.objects.last_uses(portfolio_id, now - life(now), first=1, count=count)
    return [taken_at + life(now) for taken_at in uses]


def frees_at(portfolio_id: str, nth: int, *, now: datetime) -> datetime | None:
    """When the `nth` place from now comes free, counted from 1; None where fewer are taken."""
    uses = TierUse.objects.last_uses(portfolio_id, now - life(now), first=nth, count=1)
    return uses[0] + life(now) if uses else None


def used_by(portfolio_id: str, company_id: int, *, now: datetime) -> UsedBy:
    """Who holds the places that are taken: the company's own by sender, run and author."""
    rows = TierUse.objects.shares(portfolio_id, now - life(now))
    return UsedBy(
        own=tuple(Share(*row[1:]) for row in rows if row[0] == company_id),
        others=sum(row[4] for row in rows if row[0] != company_id),
    )
