"""Changes of numbers, templates and the account: the company's connection is read again."""

from __future__ import annotations

from datetime import datetime

from whatsapp import jobs
from whatsapp.models import Waba, WebhookItem
from whatsapp.webhooks.outcomes import Unappliable


def handle(item: WebhookItem, *, now: datetime) -> None:
    value = item.payload["item"]
    # For PARTNER_ADDED and its like the entry names our own business; the customer's WABA
    # stands inside (Meta, account_update reference).
    info = value.get("waba_info")
    waba_id = str(info.get("waba_id") or "") if isinstance(info, dict) else ""
    company_id = (
        Waba.objects.filter(waba_id=waba_id or item.waba_id)
        .values_list("company_id", flat=True)
        .first()
    )
    if company_id is None:
        raise Unappliable("No company here has this WhatsApp Business Account.")
    jobs.for_company(jobs.SYNC_CONNECTION, company_id)
