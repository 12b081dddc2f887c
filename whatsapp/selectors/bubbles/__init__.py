"""How each kind of message is drawn: one file a kind, and the one table that names them."""

from __future__ import annotations

from whatsapp.models import Message, MessageKind
from whatsapp.selectors.bubbles import (
    answers,
    calls,
    cards,
    files,
    notes,
    orders,
    places,
    unsupported,
    words,
)
from whatsapp.selectors.bubbles.drawn import Drawn, Facts, Kind

KINDS: dict[str, Kind] = {
    MessageKind.TEXT: words.TEXT,
    MessageKind.TEMPLATE: words.TEMPLATE,
    MessageKind.BUTTON: words.BUTTON,
    MessageKind.IMAGE: files.FILE,
    MessageKind.VIDEO: files.FILE,
    MessageKind.AUDIO: files.FILE,
    MessageKind.DOCUMENT: files.FILE,
    MessageKind.STICKER: files.FILE,
    MessageKind.LOCATION: places.LOCATION,
    MessageKind.CONTACTS: cards.CONTACTS,
    MessageKind.INTERACTIVE: answers.INTERACTIVE,
    MessageKind.REACTION: words.REACTION,
    MessageKind.ORDER: orders.ORDER,
    MessageKind.SYSTEM: notes.SYSTEM,
    MessageKind.CALL: calls.CALL,
    MessageKind.UNSUPPORTED: unsupported.UNSUPPORTED,
}


def draw(message: Message, facts: Facts) -> Drawn:
    if message.deleted_at is not None:
        return Drawn(partial="_message_deleted.html", body=facts.they)
    return KINDS[message.kind].draw(message, facts)


def excerpt(message: Message) -> str:
    """A few words for it in the list of conversations and in a quote."""
    if message.deleted_at is not None:
        return "Message deleted"
    return KINDS[message.kind].excerpt(message)
