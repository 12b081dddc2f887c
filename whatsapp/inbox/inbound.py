"""Writes what comes from a candidate into its conversation: messages, and what they did to one.

Everything may come twice and in any order. A message and a change are rows under Meta's own id;
what shows follows from the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F

from whatsapp.inbox.conversations import conversation_between, count_in
from whatsapp.models import (
    ChangeKind,
    Contact,
    Conversation,
    Direction,
    Message,
    MessageChange,
    MessageKind,
    MessageStatus,
    Sender,
)


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message as it came; `content` is Meta's own JSON, `text` what a person reads of it."""

    wamid: str
    kind: MessageKind
    text: str
    content: dict[str, Any]
    at: datetime
    wa_id: str = ""
    user_id: str = ""
    context_wamid: str = ""
    # Meta's notes and calls of ours are none of the candidate's words: no window, no answer due.
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A reaction, an edit or a deletion of the message `target_wamid`."""

    kind: ChangeKind
    wamid: str
    target_wamid: str
    at: datetime
    wa_id: str = ""
    user_id: str = ""
    emoji: str = ""
    text: str = ""
    content: dict[str, Any] | None = None


def receive_message(
    sender: Sender, contact: Contact, inbound: Inbound, *, now: datetime
) -> Message | None:
    """Stores it, once for a wamid; None where it is stored already. The contact is locked."""
    conversation = conversation_between(sender, contact, now=now)
    message = Message(
        conversation=conversation,
        sender=sender,
        direction=Direction.NOTE if inbound.is_note else Direction.IN,
        kind=inbound.kind,
        status=MessageStatus.RECEIVED,
        text=inbound.text,
        content=inbound.content,
        wamid=inbound.wamid,
        wa_id=inbound.wa_id,
        user_id=inbound.user_id,
        context_wamid=inbound.context_wamid,
        at=inbound.at,
        created_at=now,
    )
    is_here, is_changed = Message.objects.known(sender, inbound.wamid)
    if is_here:
        return None
    message.save(force_insert=True)
    if not inbound.is_note:
        _reached(contact, inbound.at)
    Conversation.objects.take_in(
        conversation.pk,
        company_id=sender.company_id,
        message_id=message.pk,
        at=inbound.at,
        counts=not inbound.is_note,
    )
    if is_changed:
        show_changes(message)
    return message


def receive_change(
    sender: Sender, contact: Contact, change: Change, *, now: datetime
) -> tuple[Conversation, Message | None] | None:
    """Keeps it, once for a wamid, and shows it on its message, if that is here: answers with both.
    None where it was kept before."""
    conversation = conversation_between(sender, contact, now=now)
    row = MessageChange(
        conversation=conversation,
        sender=sender,
        kind=change.kind,
        wamid=change.wamid,
        target_wamid=change.target_wamid,
        wa_id=change.wa_id,
        user_id=change.user_id,
        at=change.at,
        created_at=now,
        emoji=change.emoji,
        text=change.text,
        content=change.content or {},
    )
    if MessageChange.objects.filter(sender=sender, wamid=change.wamid).exists():
        return None
    row.save(force_insert=True)
    if change.kind == ChangeKind.REACTION and change.emoji:
        _reached(contact, change.at)
        count_in(conversation.pk, at=change.at)
    elif change.kind == ChangeKind.EDIT:
        rows = Conversation.objects.filter(pk=conversation.pk)
        rows.update(unread_count=F("unread_count") + 1)
    message = Message.objects.filter(sender=sender, wamid=change.target_wamid).first()
    if message is not None:
        show_changes(message)
    return conversation, message


def show_changes(message: Message) -> None:
    """Gives a message the words of its newest edit, or takes all of them where it was deleted."""
    changes = list(
        MessageChange.objects.filter(
            sender_id=message.sender_id,
            target_wamid=message.wamid,
            kind__in=(ChangeKind.EDIT, ChangeKind.REVOKE),
        )
    )
    if not changes or message.direction != Direction.IN:
        return
    deleted = [change.at for change in changes if change.kind == ChangeKind.REVOKE]
    if deleted:
        _forget(message, changes, at=min(deleted))
    else:
        newest = max(changes, key=lambda change: (change.at, change.wamid))
        original = message.content.get("before", message.content)
        message.text, message.edited_at = newest.text, newest.at
        message.content = {**newest.content, "before": original}
    message.save(update_fields=["text", "content", "edited_at", "deleted_at"])


def _forget(message: Message, changes: list[MessageChange], *, at: datetime) -> None:
    """They took it back: that it was there is kept, what it said is not."""
    message.text, message.content, message.deleted_at = "", {}, at
    message.edited_at = None
    MessageChange.objects.filter(pk__in=[change.pk for change in changes]).update(
        text="", content={}
    )


def _reached(contact: Contact, at: datetime) -> None:
    """Who writes has WhatsApp."""
    if contact.undeliverable_since is not None and contact.undeliverable_since < at:
        contact.undeliverable_since = None
        contact.save(update_fields=["undeliverable_since"])
