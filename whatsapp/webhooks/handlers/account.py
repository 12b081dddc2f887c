"""Changes of numbers, templates and the account: the company's connection is read again."""

from __future__ import annotations

from datetime import datetime

from whatsapp.connection.sync import request_sync
from whatsapp.models import Waba, WebhookItem
from whatsapp.webhooks.outcomes import Unappliable


def handle(item: WebhookItem, *, now: datetime) -> None:
    value = item.payload["item"]
    # For PARTNER_ADDED and its like the entry names our own business; the customer's WABA
    # stands inside (Meta, account_update reference).
    info = value.get("waba_info")
    waba_id = str(info.get("waba_id") or "") if isinstance(info, dict) else ""
    rows = Waba.objects.select_related("connection")
    waba = rows.filter(waba_id=waba_id or item.waba_id).first()
    if waba is None:
        raise Unappliable("No company here has this WhatsApp Business Account.")
    # One that the last login does not reach cannot be read; its webhooks may go on for a while.
    if not waba.is_gone:
        request_sync(waba.connection, now=now)
