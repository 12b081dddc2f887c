"""Places for messages that are about to leave, and for runs that are planned."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from whatsapp.connection.limits import portfolio_of
from whatsapp.models import BulkRun, PortfolioLimit, TierReservation, TierUse
from whatsapp.models.tier import NewUse
from whatsapp.sending.ledger.reads import frees_at
from whatsapp.sending.ledger.terms import Room, kept, life, person_of, room_for, used_now

# Uses that are marked as lapsed in one statement: at least, and at most.
LAPSE_FEW, LAPSE_BATCH = 100, 2_000


@dataclass(frozen=True, slots=True)
class Ask:
    """A place for one message. `number` in E.164 or as bare digits, however it is spelled; of a
    person without one, the business-scoped `user_id`."""

    holder: str
    company_id: int
    sender_id: int
    number: str = ""
    user_id: str = ""
    author_id: int | None = None


@dataclass(frozen=True, slots=True)
class Admission:
    """Which holders may be sent, and where some may not: when the next place comes free for them,
    None where there is no such place: what lapses is reserved for other runs."""

    granted: frozenset[str]
    refused: tuple[str, ...] = ()
    frees_at: datetime | None = None


def admit(
    portfolio_id: str, asks: Sequence[Ask], *, run: BulkRun | None, now: datetime
) -> Admission:
    """Takes a place for each, in their order, as long as there is room.

    A single message (`run` None) may use the whole limit; a run what is left beside the share kept
    for single messages and other runs' reservations, its own reservation first. Asking again for a
    holder that has its use takes nothing.
    """
    if not asks:
        return Admission(frozenset())
    with transaction.atomic():
        limit = PortfolioLimit.objects.locked(portfolio_id)
        admission, missing = _admit(limit, asks, run, now)
    if missing is None:
        return admission
    return Admission(admission.granted, admission.refused, frees_at(portfolio_id, missing, now=now))


def _admit(
    limit: PortfolioLimit, asks: Sequence[Ask], run: BulkRun | None, now: datetime
) -> tuple[Admission, int | None]:
    """Beside it: where somebody was refused, how many places have to come free for the first."""
    portfolio_id, lapsed_by = limit.portfolio_id, now - life(now)
    people = {ask.holder: person_of(portfolio_id, ask.number, ask.user_id) for ask in asks}
    standing = TierUse.objects.standing(portfolio_id, people.items(), lapsed_by)
    used = limit.used
    if standing.moved:
        used -= TierUse.objects.end(portfolio_id, standing.moved)
        # The use that ended may have been what gave a person of this batch their place.
        standing = TierUse.objects.standing(portfolio_id, people.items(), lapsed_by)
    if standing.lapsed:
        used -= TierUse.objects.lapse_people(portfolio_id, standing.lapsed, lapsed_by)
    new = set(people.values()) - standing.placed
    # As many as come in go out, so that what has lapsed never piles up.
    used -= TierUse.objects.lapse(portfolio_id, lapsed_by, most=len(asks))[1]
    room = room_for(limit, run, used, now)
    while room is not None and (short := len(new) - room.places) > 0:
        most = min(max(2 * short, LAPSE_FEW), LAPSE_BATCH)
        uses, freed = TierUse.objects.lapse(portfolio_id, lapsed_by, most=most)
        if not uses:
            break
        used, room = used - freed, room.with_more(freed)
    granted, refused, taken = _share_out(asks, people, new, room)
    TierUse.objects.take(
        limit,
        [_use(ask, people[ask.holder]) for ask in granted.values()],
        run_id=run.pk if run else None,
        used=max(used, 0) + taken,
        now=now,
    )
    if room is None:
        return Admission(frozenset(granted)), None
    if run is not None and room.own and taken:
        TierReservation.objects.use_up(run.pk, taken)
    return Admission(frozenset(granted), tuple(refused)), room.missing(taken) if refused else None


def _share_out(
    asks: Iterable[Ask],
    people: dict[str, uuid.UUID],
    new: Collection[uuid.UUID],
    room: Room | None,
) -> tuple[dict[str, Ask], list[str], int]:
    """Who is granted by holder, who is refused, and how many places that takes."""
    granted: dict[str, Ask] = {}
    refused: list[str] = []
    seated: set[uuid.UUID] = set()
    for ask in asks:
        person = people[ask.holder]
        if person in new and person not in seated:
            if room is not None and len(seated) >= room.places:
                refused.append(ask.holder)
                continue
            seated.add(person)
        granted[ask.holder] = ask
    return granted, refused, len(seated)


def _use(ask: Ask, person: uuid.UUID) -> NewUse:
    return NewUse(ask.holder, person, ask.company_id, ask.sender_id, ask.author_id)


def reserve(run: BulkRun, wanted: int, *, now: datetime) -> int:
    """Keeps up to `wanted` places for a planned run from other runs; returns how many. Calling it
    again replaces what was kept. Of a run that begins once all present uses have lapsed, those do
    not count."""
    portfolio_id = portfolio_of(run.sender.waba)
    with transaction.atomic():
        limit = PortfolioLimit.objects.locked(portfolio_id)
        most = limit.most_at(now)
        if most is None:
            TierReservation.objects.filter(run=run).delete()
            return wanted
        used = 0 if run.starts_at >= now + life(now) else used_now(limit, now)
        begin = max(run.starts_at, now)
        reserved = TierReservation.objects.counting(portfolio_id, until=begin + life(now))
        reserved.pop(run.pk, None)
        places = max(0, min(wanted, most - kept(most) - used - sum(reserved.values())))
        TierReservation.objects.update_or_create(
            run=run, defaults={"portfolio_id": portfolio_id, "places": places}
        )
    return places


def release(run: BulkRun) -> None:
    """Nothing is kept for the run any more: it was paused, stopped or is done."""
    TierReservation.objects.filter(run=run).delete()
