"""A message from a candidate: who it is from, the thread it belongs to, what it says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ats.tenancy import company_scope
from whatsapp import events
from whatsapp.contacts.identity import WhatsAppIdentity, contact_for
from whatsapp.inbox.inbound import Inbound, receive_message
from whatsapp.models import MessageKind, Sender, WebhookItem
from whatsapp.models.webhook import UNKNOWN_NUMBER
from whatsapp.webhooks.outcomes import NotYet, Unappliable


def handle(item: WebhookItem, *, now: datetime) -> None:
    message = item.payload["item"]
    sender = sender_of(item)
    with company_scope(sender.company_id):
        contact = contact_for(sender, identity_of(message, item.payload["contact"]), now=now)
        stored = receive_message(sender, contact, read(message, now=now), now=now)
        if stored is not None:
            events.message_changed(sender.company_id, stored.conversation_id, stored.pk, now)


def sender_of(item: WebhookItem) -> Sender:
    sender = (
        Sender.objects.filter(phone_number_id=item.phone_number_id).select_related("waba").first()
    )
    if sender is None:
        # It may have been connected a moment ago, and its numbers not read yet.
        raise NotYet(UNKNOWN_NUMBER)
    return sender


def moment(item: dict[str, Any]) -> datetime:
    """`timestamp`: a string of Unix seconds."""
    try:
        return datetime.fromtimestamp(int(item["timestamp"]), tz=UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        raise Unappliable("The timestamp is missing or is not Unix seconds.") from None


def identity_of(message: dict[str, Any], about: dict[str, Any]) -> WhatsAppIdentity:
    """The message's writer, with the entry of `contacts[]` that describes them."""
    wa_id = str(message.get("from") or "")
    user_id = str(message.get("from_user_id") or about.get("user_id") or "")
    if not wa_id and not user_id:
        raise Unappliable("The message names neither a number nor a user id.")
    profile = about.get("profile")
    profile = profile if isinstance(profile, dict) else {}
    return WhatsAppIdentity(
        wa_id=wa_id[:20],
        user_id=user_id[:140],
        profile_name=str(profile.get("name") or "")[:200],
        username=str(profile.get("username") or "")[:64],
    )


def read(message: dict[str, Any], *, now: datetime) -> Inbound:
    kind = message.get("type")
    # A clock that runs ahead must not put a message above all that follow.
    at = min(moment(message), now)
    if kind == "text":
        text, stored_as = _inside(message, "text", "body"), MessageKind.TEXT
    elif kind == "button":
        text, stored_as = _inside(message, "button", "text"), MessageKind.BUTTON
    else:
        # Kept whole, and shown by its name: nothing that a candidate sent is dropped.
        text, stored_as = "", MessageKind.UNSUPPORTED
    context = message.get("context")
    return Inbound(
        wamid=str(message["id"])[:256],
        kind=stored_as,
        text=text,
        content=message,
        at=at,
        context_wamid=str(context.get("id") or "")[:256] if isinstance(context, dict) else "",
        # System notes are Meta's, not the candidate's: they open no window.
        opens_window=kind != "system",
    )


def _inside(message: dict[str, Any], kind: str, name: str) -> str:
    inner = message.get(kind)
    value = inner.get(name) if isinstance(inner, dict) else None
    if not isinstance(value, str):
        raise Unappliable(f"The message is of type {kind} but has no {kind}.{name}.")
    return value
