"""Applies what was received: splits deliveries, then applies items one by one.

Each item has a transaction of its own, in which it is locked, applied and marked. A worker that is
killed leaves it as it was. An item that cannot be applied now is tried again with growing pauses;
one that never can be is parked with its cause, and holds back nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection, transaction

from ats.tenancy import all_companies
from whatsapp.models import EventState, ItemState, WebhookEvent, WebhookItem
from whatsapp.remembering import remembering
from whatsapp.webhooks.handlers import handler_for
from whatsapp.webhooks.outcomes import NotYet, Unappliable, Unclaimed, Unhandled
from whatsapp.webhooks.owners import look_for_owner, note_heard
from whatsapp.webhooks.split import BROKEN, split

logger = logging.getLogger(__name__)

SPLIT_BATCH = 50
# What not being applied changes of an item.
MARKS = ("state", "cause", "awaits", "attempts", "next_try_at")
# Pauses between tries; after the last one the item is parked.
PAUSES = tuple(timedelta(seconds=s) for s in (1, 2, 5, 15, 60, 300, 900, 3600))


def drain(clock: Callable[[], datetime], go_on: Callable[[], bool] = lambda: True) -> bool:
    """Splits and applies what is due, for as long as `go_on` says; whether nothing is left."""
    while True:
        with remembering():
            new = split_new(now=clock())
            while go_on() and apply_next(now=clock()):
                pass
        if not go_on():
            return False
        if not new:
            return True


def split_new(*, now: datetime) -> int:
    """Splits the oldest new deliveries; returns how many."""
    with transaction.atomic():
        events = WebhookEvent.objects.claim_new(now=now, limit=SPLIT_BATCH)
        for event in events:
            _split_one(event, now=now)
    return len(events)


def _split_one(event: WebhookEvent, *, now: datetime) -> None:
    try:
        with transaction.atomic():
            split(event, now=now)
    except Exception as error:
        logger.exception("webhook_split_failed event=%s", event.pk)
        event.refresh_from_db()
        if event.attempts >= len(PAUSES):
            event.state = EventState.PARKED
        else:
            event.next_try_at = now + PAUSES[event.attempts]
        event.attempts += 1
        event.cause = f"{type(error).__name__}: could not be split."
        event.save(update_fields=["state", "attempts", "next_try_at", "cause"])


def apply_next(*, now: datetime) -> bool:
    """Applies the oldest item that is due; whether there was one."""
    item = None
    with all_companies():
        try:
            with transaction.atomic():
                item = WebhookItem.objects.claim_due(now=now)
                if item is not None:
                    _apply(item, now=now)
                    WebhookItem.objects.mark_applied(item.pk, now=now)
            if item is not None:
                note_heard(item)
        except Exception as error:
            if item is None or not connection.is_usable():
                # Nothing to write it down with: the item is as it was, and so is the next.
                raise
            _not_applied(item, error, now=now)
    return item is not None


def _not_applied(item: WebhookItem, error: Exception, *, now: datetime) -> None:
    """Writes down why; whatever was applied of it is undone. Another worker may have taken it
    meanwhile: then that one says."""
    with transaction.atomic():
        rows = WebhookItem.objects.select_for_update(skip_locked=True)
        still = rows.filter(pk=item.pk, state=ItemState.WAITING, attempts=item.attempts).first()
        if still is None:
            return
        _judge(still, error, now=now)
        still.attempts += 1
        still.save(update_fields=[*MARKS])


def _judge(item: WebhookItem, error: Exception, *, now: datetime) -> None:
    match error:
        case Unappliable():
            _park(item, str(error))
        case Unclaimed():
            item.state, item.cause = ItemState.UNCLAIMED, str(error)[:500]
            look_for_owner(item, now=now)
        case Unhandled():
            item.state, item.cause = ItemState.UNHANDLED, str(error)[:500]
        case NotYet():
            item.awaits = error.wamid
            _try_later(item, str(error), now=now)
        case _:
            logger.error("webhook_item_failed item=%s kind=%s", item.pk, item.kind, exc_info=error)
            _try_later(item, f"{type(error).__name__} while applying.", now=now)


def _apply(item: WebhookItem, *, now: datetime) -> None:
    if item.key.startswith(BROKEN):
        # Ops asked for it once more; it holds what no handler expects.
        raise Unappliable(item.cause)
    handler_for(item.kind)(item, now=now)


def _park(item: WebhookItem, cause: str) -> None:
    item.state, item.cause = ItemState.PARKED, cause[:500]
    logger.warning("webhook_item_parked item=%s kind=%s", item.pk, item.kind)


def _try_later(item: WebhookItem, cause: str, *, now: datetime) -> None:
    if item.attempts >= len(PAUSES):
        _park(item, cause)
        return
    item.cause = cause[:500]
    item.next_try_at = now + PAUSES[item.attempts]
