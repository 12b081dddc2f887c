"""Changes of numbers, templates and the account: the company's connection is read again."""

from __future__ import annotations

from datetime import datetime

from whatsapp.connection.sync import request_sync
from whatsapp.models import WebhookItem
from whatsapp.webhooks.owners import waba_of


def handle(item: WebhookItem, *, now: datetime) -> None:
    waba = waba_of(item)
    # One that the last login does not reach cannot be read; its webhooks may go on for a while.
    if not waba.is_gone:
        request_sync(waba.connection, now=now)
