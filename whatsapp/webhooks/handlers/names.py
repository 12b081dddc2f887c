"""Meta's decision about the display name of a number."""

from __future__ import annotations

from datetime import datetime

from ats.tenancy import company_scope
from whatsapp import events
from whatsapp.connection.notices import tell_admins
from whatsapp.models import Sender, Waba, WebhookItem
from whatsapp.policy.notice_sentences import NAME_REASONS
from whatsapp.policy.notices import NoticeKind
from whatsapp.webhooks.content import text_of
from whatsapp.webhooks.handlers import account
from whatsapp.webhooks.owners import waba_of

# From the webhook's word to the one that a listing has for it (Meta, phone number `name_status`).
STATUSES = {
    "APPROVED": "APPROVED",
    "REJECTED": "DECLINED",
    "PENDING": "PENDING_REVIEW",
    "DEFERRED": "PENDING_REVIEW",
}


def handle(item: WebhookItem, *, now: datetime) -> None:
    """Shown at once; the account is read again as well, and what that says stays."""
    account.handle(item, now=now)
    value, waba = item.payload["item"], waba_of(item)
    decision = text_of(value, "decision").upper()
    name = text_of(value, "requested_verified_name")[:200]
    with company_scope(waba.company_id):
        sender = sender_by_number(waba, text_of(value, "display_phone_number"))
        if sender is None or decision not in STATUSES:
            return
        given = text_of(value, "rejection_reason").upper()[:64]
        _apply(sender, decision, name, given if decision == "REJECTED" else "")
        if decision == "APPROVED" and sender.new_name_status == "APPROVED":
            tell_admins(
                waba.company_id,
                NoticeKind.NAME_APPROVED,
                now=now,
                sender=sender.name,
                name=sender.new_display_name,
            )
        if decision == "REJECTED":
            reason = NAME_REASONS.get(given, "")
            tell_admins(
                waba.company_id,
                NoticeKind.NAME_REFUSED,
                now=now,
                sender=sender.name,
                name=name,
                reason=reason,
            )
        events.publish(waba.company_id, "connection", now=now)


def _apply(sender: Sender, decision: str, name: str, rejection: str) -> None:
    """A name that was asked for later is in force only once the number is registered again."""
    if name and name == sender.new_display_name:
        sender.new_name_status = STATUSES[decision]
    else:
        sender.name_status = STATUSES[decision]
        if decision == "APPROVED" and name:
            sender.verified_name = name
    sender.name_rejection = rejection
    fields = ["name_status", "new_name_status", "verified_name", "name_rejection"]
    sender.save(update_fields=fields)


def sender_by_number(waba: Waba, number: str) -> Sender | None:
    """These fields name a number as it is written, and not by its id."""
    wanted = _digits(number)
    senders = Sender.objects.filter(waba=waba, is_gone=False)
    return next((one for one in senders if _digits(one.display_phone_number) == wanted), None)


def _digits(number: str) -> str:
    return "".join(sign for sign in number if sign.isascii() and sign.isdigit())
