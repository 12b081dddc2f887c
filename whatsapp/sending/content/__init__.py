"""What a message may be made of: one file a kind, one line a kind in the registry below.

A kind answers three questions: what the policy must know of it (`facts`), what a person reads
(`text`, with what is stored beside it) and what Meta is sent (`payload`). To add one: a file here,
a line in `KINDS`, a value in `MessageKind`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from whatsapp.models import Message, MessageKind
from whatsapp.policy.facts import TemplateContent, TextContent
from whatsapp.sending.content.template import TemplateDraft, TemplateKind
from whatsapp.sending.content.text import TextDraft, TextKind

Draft = TextDraft | TemplateDraft


class Kind(Protocol):
    def draft_of(self, message: Message) -> Draft: ...
    def payload(self, message: Message, *, to: str) -> dict[str, Any]: ...


KINDS: dict[str, Kind] = {
    MessageKind.TEXT: TextKind(),
    MessageKind.TEMPLATE: TemplateKind(),
}


def facts_of(message: Message, *, now: datetime) -> TextContent | TemplateContent:
    """The policy's facts about a stored message, from what is true of it now."""
    return KINDS[message.kind].draft_of(message).facts(message.sender, now=now)


def payload_of(message: Message, *, to: str) -> dict[str, Any]:
    return KINDS[message.kind].payload(message, to=to)


__all__ = ["KINDS", "Draft", "TemplateDraft", "TextDraft", "facts_of", "payload_of"]
