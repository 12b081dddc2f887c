"""Applies what was received: splits deliveries, then applies items one by one.

Each item has a transaction of its own, in which it is locked, applied and marked. A worker that is
killed leaves it as it was. An item that cannot be applied now is tried again with growing pauses;
one that never can be is parked with its cause, and holds back nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from ats.tenancy import all_companies
from whatsapp.models import EventState, ItemState, WebhookEvent, WebhookItem
from whatsapp.webhooks.handlers import handler_for
from whatsapp.webhooks.outcomes import NotYet, Unappliable
from whatsapp.webhooks.split import split

logger = logging.getLogger(__name__)

SPLIT_BATCH = 50
# Pauses between tries; after the last one the item is parked.
PAUSES = tuple(timedelta(seconds=s) for s in (1, 2, 5, 15, 60, 300, 900, 3600))


def drain(clock: Callable[[], datetime], go_on: Callable[[], bool] = lambda: True) -> bool:
    """Splits and applies what is due, for as long as `go_on` says; whether nothing is left."""
    while True:
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
    with all_companies(), transaction.atomic():
        item = WebhookItem.objects.claim_due(now=now)
        if item is None:
            return False
        try:
            with transaction.atomic():
                handler_for(item.kind)(item, now=now)
        except Unappliable as problem:
            _park(item, str(problem))
        except NotYet as problem:
            _try_later(item, str(problem), now=now)
        except Exception as error:
            logger.exception("webhook_item_failed item=%s kind=%s", item.pk, item.kind)
            _try_later(item, f"{type(error).__name__} while applying.", now=now)
        else:
            item.state, item.applied_at, item.cause = ItemState.APPLIED, now, ""
        item.attempts += 1
        item.save(update_fields=["state", "applied_at", "cause", "attempts", "next_try_at"])
    return True


def _park(item: WebhookItem, cause: str) -> None:
    item.state, item.cause = ItemState.PARKED, cause[:500]
    logger.warning("webhook_item_parked item=%s kind=%s", item.pk, item.kind)


def _try_later(item: WebhookItem, cause: str, *, now: datetime) -> None:
    if item.attempts >= len(PAUSES):
        _park(item, cause)
        return
    item.cause = cause[:500]
    item.next_try_at = now + PAUSES[item.attempts]
