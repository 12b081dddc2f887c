"""Free-form text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from whatsapp.meta.payloads import text_message
from whatsapp.models import Message, MessageKind, MessageTemplate, Sender
from whatsapp.policy.facts import TextContent


@dataclass(frozen=True, slots=True)
class TextDraft:
    body: str

    kind = MessageKind.TEXT
    template: MessageTemplate | None = None

    def facts(self, sender: Sender | None, *, now: datetime) -> TextContent:
        return TextContent(length=len(self.body.strip()))

    def text(self) -> str:
        return self.body.strip()

    def content(self) -> dict[str, Any]:
        return {}


class TextKind:
    def draft_of(self, message: Message) -> TextDraft:
        return TextDraft(message.text)

    def payload(self, message: Message, *, to: str) -> dict[str, Any]:
        return text_message(
            to,
            message.text,
            preview_url="://" in message.text,
            context_wamid=message.context_wamid or None,
            callback_data=str(message.callback_id),
        )
