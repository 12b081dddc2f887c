"""What the ledger's words mean: who a person is, what a holder is, how long a use lives, and how
much room there is."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings

from whatsapp import figures
from whatsapp.models import BulkRun, Message, PortfolioLimit, TierReservation, TierUse
from whatsapp.policy import tiers
from whatsapp.policy.spellings import canonical

# A delivery that comes later after its use than this dates the use; the rest of the margin is for
# clocks that are apart.
PROMPT = timedelta(seconds=45)
MARGIN = timedelta(seconds=60)


def holder_of_message(message_id: int) -> str:
    """What a single message's use is for."""
    return f"m{message_id}"


def holder_of_row(row_id: int) -> str:
    """What the use of a run's row is for; its message comes later."""
    return f"r{row_id}"


def holder_of(message: Message) -> str:
    """What a message's use is for."""
    if message.run_id is None:
        return holder_of_message(message.pk)
    return holder_of_row(message.run_recipient.pk)


def person_of(portfolio_id: str, number: str, user_id: str) -> uuid.UUID:
    """Who takes the place: by number where there is one, since that is what we dial."""
    digits = number.removeprefix("+")
    who = f"n:{canonical(digits)}" if digits else f"u:{user_id}"
    if not digits and not user_id:
        raise ValueError("a place is for a number or a user id, and neither was given")
    return uuid.UUID(bytes=hashlib.sha256(f"{portfolio_id}:{who}".encode()).digest()[:16])


def life(now: datetime) -> timedelta:
    """How long a use holds its place."""
    return figures.at(now).messaging.messaging_limit_window + MARGIN


@dataclass(frozen=True, slots=True)
class Room:
    """In places, `free` below zero where more are used than allowed. `own` and `others` are what is
    reserved for the run that asks, and for others.

    Single messages may have taken places that were reserved: then no reservation is kept free for
    one run from another's, or nobody could take what is left.
    """

    free: int
    own: int = 0
    others: int = 0

    @property
    def places(self) -> int:
        return min(self.free, max(self.own, self.free - self.others))

    def with_more(self, places: int) -> Room:
        return replace(self, free=self.free + places)

    def missing(self, taken: int) -> int:
        """How many places have to come free for one more, once `taken` of these are taken."""
        others = self.others if taken >= self.own else 0
        return 1 - (self.free - taken - others)


def room_for(limit: PortfolioLimit, run: BulkRun | None, used: int, now: datetime) -> Room | None:
    """For this asker; None without a limit."""
    most = limit.most_at(now)
    if most is None:
        return None
    if run is None:
        return Room(most - used)
    reserved = TierReservation.objects.counting(limit.portfolio_id, until=now + life(now))
    own = reserved.pop(run.pk, 0)
    return Room(most - kept(most) - used, own, sum(reserved.values()))


def kept(most: int) -> int:
    return tiers.kept_for_singles(most, settings.WHATSAPP["SINGLE_SHARE"])


def limit_of(portfolio_id: str) -> PortfolioLimit:
    row = PortfolioLimit.objects.filter(portfolio_id=portfolio_id).first()
    return row or PortfolioLimit(portfolio_id=portfolio_id)


def used_now(limit: PortfolioLimit, now: datetime) -> int:
    past = TierUse.objects.lapsed_people(limit.portfolio_id, now - life(now))
    return max(0, limit.used - past)
