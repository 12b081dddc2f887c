"""What a message may be made of: one file a kind, one line a kind in the registry below.

A kind answers three questions: what the policy must know of it (`facts`), what a person reads
(`text`, with what is stored beside it) and what Meta is sent (`payload`). To add one: a file here,
a line in `KINDS`, a value in `MessageKind`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from whatsapp.meta.client import GraphClient
from whatsapp.models import Message, MessageKind
from whatsapp.policy.facts import Content
from whatsapp.sending.content.contacts import ContactsDraft, ContactsKind
from whatsapp.sending.content.draft import Draft, Kind
from whatsapp.sending.content.files import FileDraft, FileKind
from whatsapp.sending.content.interactive import InteractiveDraft, InteractiveKind
from whatsapp.sending.content.location import LocationDraft, LocationKind
from whatsapp.sending.content.reaction import ReactionDraft, ReactionKind, reaction_to
from whatsapp.sending.content.template import TemplateDraft, TemplateKind
from whatsapp.sending.content.text import TextDraft, TextKind

KINDS: dict[str, Kind] = {
    MessageKind.TEXT: TextKind(),
    MessageKind.TEMPLATE: TemplateKind(),
    MessageKind.IMAGE: FileKind(),
    MessageKind.VIDEO: FileKind(),
    MessageKind.AUDIO: FileKind(),
    MessageKind.DOCUMENT: FileKind(),
    MessageKind.STICKER: FileKind(),
    MessageKind.LOCATION: LocationKind(),
    MessageKind.CONTACTS: ContactsKind(),
    MessageKind.INTERACTIVE: InteractiveKind(),
    MessageKind.REACTION: ReactionKind(),
}


def facts_of(message: Message, *, now: datetime) -> Content:
    """The policy's facts about a stored message, from what is true of it now."""
    return KINDS[message.kind].draft_of(message).facts(message.sender, now=now)


def waits_for_file(message: Message) -> bool:
    """Whether it has to be prepared before there is a payload."""
    return KINDS[message.kind].waits_for_file(message)


def forget_upload(message: Message, payload: Mapping[str, Any], *, now: datetime) -> bool:
    """Where Meta does not know a file that it was given a while ago: the message brings it anew
    when it goes again with another payload. False where there is no such file."""
    return KINDS[message.kind].forget_upload(message, payload, now=now)


def prepare(message: Message, client: GraphClient, *, now: datetime) -> None:
    """Gives Meta what it must have before the message: the file, where there is one.

    Call it outside transactions, before `payload_of`, and before the message counts as handed over:
    nothing has left after an error of it. Most messages need nothing, and then it does nothing.
    Wants `sender__waba` and `media` with the message. Raises MetaError, never AnswerLost, and
    OSError where the storage does not give the file.
    """
    KINDS[message.kind].prepare(message, client, now=now)


def payload_of(message: Message, *, to: str) -> dict[str, Any]:
    """The body for Meta."""
    return KINDS[message.kind].payload(message, to=to)


__all__ = [
    "KINDS",
    "ContactsDraft",
    "Draft",
    "FileDraft",
    "InteractiveDraft",
    "LocationDraft",
    "ReactionDraft",
    "TemplateDraft",
    "TextDraft",
    "facts_of",
    "payload_of",
    "prepare",
    "reaction_to",
    "waits_for_file",
]
