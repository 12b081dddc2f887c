"""What one template message costs: the list price of Meta's card, or nothing.

Sources: Meta, "Pricing on the WhatsApp Business Platform". Charged per delivered message since
1 July 2025, by category and the recipient's calling code, in the currency of the account.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum

from whatsapp.figures.prices import Card, entry_point_hours, free_in_window


class Free(StrEnum):
    """Why a message costs nothing."""

    WINDOW = "window"
    ENTRY_POINT = "entry_point"


@dataclass(frozen=True, slots=True)
class Price:
    """Of one message. `since` is the first day of the card; a free message needs none."""

    amount: Decimal
    currency: str
    category: str
    region: str
    since: date | None
    free: Free | None = None


def price_of(
    cards: Iterable[Card],
    *,
    category: str,
    region: str,
    currency: str,
    now: datetime,
    tz: tzinfo,
    in_open_window: bool = False,
    in_free_entry_point: bool = False,
) -> Price | None:
    """None where no card says it: a price that is not known is no price. Of cards of one day the
    last one counts; `tz` is the account's, in which Meta begins the day."""
    day = now.astimezone(tz).date()
    free = None
    if in_free_entry_point:
        free = Free.ENTRY_POINT
    elif in_open_window and category in free_in_window(day):
        free = Free.WINDOW
    if free:
        return Price(Decimal(0), currency, category, region, since=None, free=free)
    card = _in_force(cards, currency, day)
    amount = card.rate(region, category) if card else None
    if card is None or amount is None:
        return None
    return Price(amount, currency, category, region, since=card.first_day)


def in_free_entry_point(free_at: Iterable[datetime], *, now: datetime) -> bool:
    """Whether a free entry point window is open, by the moments of messages that Meta did not
    charge for its sake: the first of them opened it, one after its end opened the next."""
    lasts = timedelta(hours=entry_point_hours())
    begins: datetime | None = None
    for at in sorted(free_at):
        if begins is None or at >= begins + lasts:
            begins = at
    return begins is not None and now < begins + lasts


def _in_force(cards: Iterable[Card], currency: str, day: date) -> Card | None:
    found: Card | None = None
    for card in cards:
        holds = card.currency == currency and card.first_day <= day
        if holds and (found is None or card.first_day >= found.first_day):
            found = card
    return found
