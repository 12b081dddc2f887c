"""Whose an item is: the number or the WhatsApp Business Account that it names."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from whatsapp.connection import round_trip
from whatsapp.connection.sync import request_sync
from whatsapp.models import Sender, Waba, WebhookItem
from whatsapp.remembering import remembered
from whatsapp.webhooks.outcomes import Unclaimed

UNKNOWN_NUMBER = "No company here has this phone number."
UNKNOWN_WABA = "No company here has this WhatsApp Business Account."


def sender_of(item: WebhookItem) -> Sender:
    return remembered(("sender", item.phone_number_id), lambda: _sender(item.phone_number_id))


def _sender(phone_number_id: str) -> Sender:
    rows = Sender.objects.filter(phone_number_id=phone_number_id).select_related("waba")
    sender = rows.first()
    if sender is None:
        raise Unclaimed(UNKNOWN_NUMBER)
    return sender


def waba_of(item: WebhookItem) -> Waba:
    waba = _waba(item.waba_id)
    if waba is None:
        raise Unclaimed(UNKNOWN_WABA)
    return waba


def look_for_owner(item: WebhookItem, *, now: datetime) -> None:
    """A number added at Meta a moment ago, to an account that is known here, is read from there."""
    waba = _waba(item.waba_id)
    if waba is not None and not waba.is_gone:
        request_sync(waba.connection, now=now)


def note_heard(item: WebhookItem) -> None:
    """That Meta's webhooks of this WABA reach us, to the minute. After the item's own transaction,
    so that no handler waits for another's."""
    if item.waba_id and item.kind != round_trip.FIELD:
        minute = item.created_at.replace(second=0, microsecond=0)
        remembered(("heard", item.waba_id, minute), lambda: _hear(item.waba_id, item.created_at))


def _hear(waba_id: str, at: datetime) -> int:
    older = Q(heard_at=None) | Q(heard_at__lt=at - timedelta(minutes=1))
    heard = Waba.objects.filter(older, waba_id=waba_id).update(heard_at=at)
    round_trip.take_real_event(waba_id=waba_id, at=at)
    return heard


def _waba(waba_id: str) -> Waba | None:
    rows = Waba.objects.filter(waba_id=waba_id).select_related("connection")
    return rows.first() if waba_id else None
