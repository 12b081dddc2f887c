"""The conversation between a sender and a contact, and what people do with it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ats.public import User
from whatsapp import events
from whatsapp.models import Contact, Conversation, Message, Sender


def conversation_between(sender: Sender, contact: Contact, *, now: datetime) -> Conversation:
    """The one thread of the two, made where there is none."""
    conversation, _ = Conversation.objects.get_or_create(
        sender=sender,
        contact=contact,
        defaults={"created_at": now, "last_message_at": now},
    )
    return conversation


def show_as_last(conversation_id: int, message: Message) -> None:
    """Lists show it, unless a newer one stands there already."""
    rows = Conversation.objects.filter(pk=conversation_id)
    changes = {"last_message": message, "last_message_at": message.at}
    if not rows.filter(last_message__isnull=True).update(**changes):
        rows.filter(last_message_at__lte=message.at).update(**changes)


def read_conversation(*, conversation: Conversation, by: User, now: datetime) -> bool:
    """Somebody has the thread open: nothing in it is new any more. Whether anything was."""
    with transaction.atomic():
        unread = Conversation.objects.filter(pk=conversation.pk, unread_count__gt=0)
        if not unread.update(unread_count=0):
            return False
        events.publish(
            conversation.company_id, "conversation", now=now, conversation=conversation.pk
        )
    return True
