"""WhatsApp's own switch: somebody wants no marketing from this business, or wants it again."""

from __future__ import annotations

from datetime import datetime

from ats.tenancy import company_scope
from whatsapp.contacts.identity import WhatsAppIdentity, contact_for
from whatsapp.contacts.wishes import take
from whatsapp.models import FactKind, WebhookItem
from whatsapp.webhooks.content import moment, text_of
from whatsapp.webhooks.outcomes import Unappliable, Unhandled
from whatsapp.webhooks.owners import sender_of

CATEGORY = "marketing_messages"
VALUES = ("stop", "resume", "signup")


def handle(item: WebhookItem, *, now: datetime) -> None:
    preference = item.payload["item"]
    value = text_of(preference, "value")
    if text_of(preference, "category") != CATEGORY or value not in VALUES:
        raise Unhandled("A preference of a kind that this version does not know.")
    sender = sender_of(item)
    wa_id, user_id = text_of(preference, "wa_id")[:20], text_of(preference, "user_id")[:140]
    if not wa_id and not user_id:
        raise Unappliable("The preference names neither a number nor a user id.")
    at = moment(preference, now=now)
    with company_scope(sender.company_id):
        contact = contact_for(sender, WhatsAppIdentity(wa_id, user_id), at=at, now=now)
        take(contact, FactKind.MARKETING, value, at=at, wa_id=wa_id, user_id=user_id)
