"""Which webhooks somebody means: by state, field, account, time, item, delivery or common cause."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet

from whatsapp.models import EventState, ItemState, WebhookEvent, WebhookItem


@dataclass(frozen=True, slots=True)
class Selection:
    """`account` is the id of a WABA or of a phone number; `like` an item whose field and cause are
    meant. Times are those of the delivery's arrival; `until` itself is no longer meant."""

    states: tuple[str, ...]
    field: str = ""
    account: str = ""
    since: datetime | None = None
    until: datetime | None = None
    like: int | None = None
    item: int | None = None
    event: int | None = None

    def items(self) -> QuerySet[WebhookItem]:
        rows = WebhookItem.objects.filter(state__in=self.states)
        if self.field:
            rows = rows.filter(kind=self.field)
        if self.account:
            rows = rows.filter(Q(phone_number_id=self.account) | Q(waba_id=self.account))
        if self.since:
            rows = rows.filter(event__received_at__gte=self.since)
        if self.until:
            rows = rows.filter(event__received_at__lt=self.until)
        if self.like:
            kind, cause = cause_of(self.like)
            rows = rows.filter(kind=kind, cause=cause)
        if self.item:
            rows = rows.filter(pk=self.item)
        return rows.filter(event=self.event) if self.event else rows

    def deliveries(self) -> QuerySet[WebhookEvent]:
        """Parked deliveries among it: without items they have neither field nor account."""
        rows = WebhookEvent.objects.filter(state=EventState.PARKED)
        of_items = self.field or self.account or self.like or self.item
        if of_items or ItemState.PARKED not in self.states:
            return rows.none()
        if self.since:
            rows = rows.filter(received_at__gte=self.since)
        if self.until:
            rows = rows.filter(received_at__lt=self.until)
        return rows.filter(pk=self.event) if self.event else rows


def cause_of(item: int) -> tuple[str, str]:
    """The field and the cause of an item; of one that is gone, a pair that nothing has."""
    found = WebhookItem.objects.filter(pk=item).values_list("kind", "cause").first()
    return found or ("", "")


def moment(text: str, *, is_end: bool = False) -> datetime:
    """A time in ISO 8601 or a day, UTC unless it says otherwise; a day as an end includes that day.

    Raises `ValueError` with a sentence that names what was given.
    """
    is_day = len(text) == len("2026-11-20")
    try:
        at = datetime.fromisoformat(text)
        # PostgreSQL refuses a far offset at either end of the calendar.
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        return at + timedelta(days=1) if is_day and is_end else at
    except (ValueError, OverflowError):
        raise ValueError(
            f"“{text}” is neither a day such as 2026-11-20 nor a time such as 2026-11-20T14:30."
        ) from None
