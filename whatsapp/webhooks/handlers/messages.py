"""A message from a candidate: who it is from, the thread it belongs to, what it says or changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ats.tenancy import company_scope
from whatsapp import events
from whatsapp.contacts.identity import WhatsAppIdentity, changed, contact_for
from whatsapp.contacts.wishes import heed
from whatsapp.inbox.inbound import Inbound, receive_change, receive_message
from whatsapp.media.attach import attach, forget
from whatsapp.models import ChangeKind, Contact, FactKind, MessageKind, Sender, WebhookItem
from whatsapp.sending.pace import count_inbound
from whatsapp.webhooks.content import moment, read_change, read_message, text_of
from whatsapp.webhooks.outcomes import Unappliable, Unhandled
from whatsapp.webhooks.owners import sender_of

# What a candidate may ask to stop with.
SPOKEN = (MessageKind.TEXT, MessageKind.BUTTON, MessageKind.INTERACTIVE)


def handle(item: WebhookItem, *, now: datetime) -> None:
    message = item.payload["item"]
    if message.get("group_id"):
        raise Unhandled("It was written in a group; groups are not read here.")
    sender = sender_of(item)
    count_inbound(sender.pk, at=moment(message, now=now), now=now)
    with company_scope(sender.company_id):
        if system_note(sender, message, now=now):
            return
        who = identity_of(message, item.payload["contact"])
        contact = contact_for(sender, who, at=moment(message, now=now), now=now)
        if not _change(sender, contact, message, who.user_id, now=now):
            _store(sender, contact, read_message(message, user_id=who.user_id, now=now), now=now)


def identity_of(message: dict[str, Any], about: dict[str, Any]) -> WhatsAppIdentity:
    """The message's writer, with the entry of `contacts[]` that describes them."""
    wa_id = text_of(message, "from")
    user_id = text_of(message, "from_user_id") or text_of(about, "user_id")
    if not wa_id and not user_id:
        raise Unappliable("The message names neither a number nor a user id.")
    profile = about.get("profile")
    return WhatsAppIdentity(
        wa_id=wa_id[:20],
        user_id=user_id[:140],
        profile_name=text_of(profile, "name")[:200],
        username=text_of(profile, "username").removeprefix("@")[:64],
    )


def system_note(sender: Sender, message: dict[str, Any], *, now: datetime) -> bool:
    """Takes in that somebody has another number or user id now; whether this is such a note."""
    system = message.get("system")
    old_id, new_id = text_of(system, "previous_user_id"), text_of(system, "user_id")
    old, new = text_of(message, "from"), text_of(system, "wa_id")
    kind = text_of(system, "type")
    if message.get("type") != "system":
        return False
    # Of somebody who hides their number the note names the user id alone.
    person = text_of(message, "from_user_id")[:140]
    if kind == "user_changed_number" and (old or person) and new:
        change, ids = FactKind.NUMBER_CHANGED, (old[:20], new[:20])
        named = {"wa_id": new[:20]}
    elif kind == "user_changed_user_id" and old_id and new_id:
        person = ""
        change, ids = FactKind.USER_ID_CHANGED, (old_id[:140], new_id[:140])
        named = {"user_id": new_id[:140]}
    else:
        return False
    at = moment(message, now=now)
    contact = changed(
        sender.waba.portfolio_id, change, old=ids[0], new=ids[1], at=at, user_id=person
    )
    inbound = read_message(message, user_id="", now=now)
    note = Inbound(
        wamid=inbound.wamid,
        kind=inbound.kind,
        text=inbound.text,
        content=inbound.content,
        at=at,
        wa_id=named.get("wa_id", ""),
        user_id=named.get("user_id", ""),
        is_note=True,
    )
    _store(sender, contact, note, now=now)
    return True


def _store(sender: Sender, contact: Contact, inbound: Inbound, *, now: datetime) -> None:
    stored = receive_message(sender, contact, inbound, now=now)
    if stored is None:
        return
    if stored.deleted_at is None:
        attach(stored, now=now)
    if inbound.kind in SPOKEN:
        heed(contact, inbound.text, at=inbound.at, wa_id=inbound.wa_id, user_id=inbound.user_id)
    events.message_changed(sender.company_id, stored.conversation_id, stored.pk, now)


def _change(
    sender: Sender, contact: Contact, message: dict[str, Any], user_id: str, *, now: datetime
) -> bool:
    """Whether it is a reaction, an edit or a deletion; takes it in."""
    change = read_change(message, user_id=user_id, now=now)
    if change is None:
        return False
    taken = receive_change(sender, contact, change, now=now)
    if taken is None:
        return True
    conversation, target = taken
    if change.kind == ChangeKind.EDIT:
        heed(contact, change.text, at=change.at, wa_id=change.wa_id, user_id=change.user_id)
    if target is None:
        events.publish(sender.company_id, "conversation", now=now, conversation=conversation.pk)
        return True
    if change.kind == ChangeKind.REVOKE:
        forget(target, now=now)
    events.message_changed(sender.company_id, target.conversation_id, target.pk, now)
    return True
