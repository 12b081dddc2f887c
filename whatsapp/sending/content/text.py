"""Free-form text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from whatsapp.models import Message, MessageKind, Sender
from whatsapp.policy.facts import TextContent
from whatsapp.sending.content.draft import Draft, FreeKind


@dataclass(frozen=True, slots=True)
class TextDraft(Draft):
    body: str
    context_wamid: str = ""

    kind = MessageKind.TEXT

    def facts(self, sender: Sender | None, *, now: datetime) -> TextContent:
        return TextContent(length=len(self.body.strip()))

    def text(self) -> str:
        return self.body.strip()

    def content(self) -> dict[str, Any]:
        return {}


class TextKind(FreeKind):
    def draft_of(self, message: Message) -> TextDraft:
        return TextDraft(message.text, message.context_wamid)

    def inner(self, message: Message) -> dict[str, Any]:
        return {"body": message.text, "preview_url": "://" in message.text}
