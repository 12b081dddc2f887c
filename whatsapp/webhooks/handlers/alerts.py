"""What Meta tells the people who are responsible: alerts about the account, and the PIN."""

from __future__ import annotations

from datetime import datetime

from ats.tenancy import company_scope
from whatsapp.connection.notices import tell_admins
from whatsapp.models import WebhookItem
from whatsapp.policy.notice_sentences import PIN_EVENTS
from whatsapp.policy.notices import NoticeKind
from whatsapp.webhooks.content import text_of
from whatsapp.webhooks.handlers import account
from whatsapp.webhooks.handlers.names import sender_by_number
from whatsapp.webhooks.owners import waba_of

# Those that somebody has to do something about; the others change what is read.
SERIOUS = ("CRITICAL", "WARNING")


def handle(item: WebhookItem, *, now: datetime) -> None:
    account.handle(item, now=now)
    waba, info = waba_of(item), item.payload["item"].get("alert_info")
    if text_of(info, "alert_severity").upper() not in SERIOUS:
        return
    if text_of(info, "alert_status").upper() == "NONE":
        return
    kind = text_of(info, "alert_type").replace("_", " ").lower()
    what = text_of(info, "alert_description") or f"Meta sent “{kind}” and no more words."
    with company_scope(waba.company_id):
        tell_admins(waba.company_id, NoticeKind.ALERT, now=now, what=what)


def handle_security(item: WebhookItem, *, now: datetime) -> None:
    account.handle(item, now=now)
    waba, value = waba_of(item), item.payload["item"]
    event = text_of(value, "event").upper()
    with company_scope(waba.company_id):
        sender = sender_by_number(waba, text_of(value, "display_phone_number"))
        name = sender.name if sender else str(waba)
        what = PIN_EVENTS.get(event, f"Meta sent “{event}” about it")
        tell_admins(waba.company_id, NoticeKind.PIN, now=now, sender=name, what=what)
