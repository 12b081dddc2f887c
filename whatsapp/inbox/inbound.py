"""Writes a candidate's message into its conversation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Greatest

from whatsapp.inbox.conversations import conversation_between, show_as_last
from whatsapp.models import (
    Contact,
    Conversation,
    Direction,
    Message,
    MessageKind,
    MessageStatus,
    Sender,
)
from whatsapp.policy.optout import reads_as


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message as it came; `content` is Meta's own JSON of it."""

    wamid: str
    kind: MessageKind
    text: str
    content: dict[str, Any]
    at: datetime
    context_wamid: str = ""
    opens_window: bool = True


def receive_message(
    sender: Sender, contact: Contact, inbound: Inbound, *, now: datetime
) -> Message | None:
    """Stores it, once for a wamid; None where it is stored already."""
    conversation = conversation_between(sender, contact, now=now)
    message = Message(
        conversation=conversation,
        sender=sender,
        direction=Direction.IN,
        kind=inbound.kind,
        status=MessageStatus.RECEIVED,
        text=inbound.text,
        content=inbound.content,
        wamid=inbound.wamid,
        context_wamid=inbound.context_wamid,
        at=inbound.at,
        created_at=now,
    )
    try:
        with transaction.atomic():
            message.save()
    except IntegrityError:
        if Message.objects.filter(sender=sender, wamid=inbound.wamid).exists():
            return None
        raise
    if inbound.opens_window:
        _count_in(conversation, contact, inbound, now=now)
    show_as_last(conversation.pk, message)
    return message


def _count_in(
    conversation: Conversation, contact: Contact, inbound: Inbound, *, now: datetime
) -> None:
    """Opens the window from Meta's timestamp, but never from a time to come; an older message that
    comes late shortens nothing. The contact is locked already (`contacts.identity`)."""
    opened_at = min(inbound.at, now)
    Contact.objects.filter(pk=contact.pk).update(
        last_inbound_at=Greatest(Coalesce("last_inbound_at", opened_at), opened_at)
    )
    reached = Contact.objects.filter(pk=contact.pk, undeliverable_since__lt=opened_at)
    reached.update(undeliverable_since=None)
    if inbound.kind in (MessageKind.TEXT, MessageKind.BUTTON):
        _heed(contact, inbound)
    Conversation.objects.filter(pk=conversation.pk).update(
        unread_count=F("unread_count") + 1,
        waiting_since=Coalesce("waiting_since", opened_at),
        last_inbound_at=Greatest(Coalesce("last_inbound_at", opened_at), opened_at),
    )


def _heed(contact: Contact, inbound: Inbound) -> None:
    """Takes a wish to stop or to start again, unless a newer one is known. At the same second
    stopping wins."""
    reading = reads_as(inbound.text)
    if reading is None:
        return
    stops = reading == "stop"
    older = Q(opt_changed_at__lte=inbound.at) if stops else Q(opt_changed_at__lt=inbound.at)
    Contact.objects.filter(Q(opt_changed_at=None) | older, pk=contact.pk).update(
        opted_out_at=inbound.at if stops else None, opt_changed_at=inbound.at
    )
