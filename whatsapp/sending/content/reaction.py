"""An emoji on a message of theirs, or the last one taken back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from whatsapp import figures
from whatsapp.meta import payloads
from whatsapp.models import Direction, Message, MessageKind, Sender
from whatsapp.policy.facts import FreeContent
from whatsapp.sending.content.draft import Draft, FreeKind

# Roughly what Unicode calls one emoji (UTS 51): a key, a flag, or symbols joined into one picture,
# each with its colour and tags. Meta judges finally.
_SYMBOL = (
    "[^\\w\\s\x00-\x7f\u200d\ufe0f\u20e3\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff]"
    "\ufe0f?[\U0001f3fb-\U0001f3ff]?\ufe0f?[\U000e0020-\U000e007f]*"
)
ONE_EMOJI = re.compile(
    f"[0-9#*]\ufe0f?\u20e3|[\U0001f1e6-\U0001f1ff]{{2}}|{_SYMBOL}(?:\u200d{_SYMBOL})*"
)


@dataclass(frozen=True, slots=True)
class ReactionDraft(Draft):
    """`target` is None where the message is not here any more; an empty emoji takes back."""

    target: Message | None
    emoji: str
    context_wamid: str = field()

    kind = MessageKind.REACTION

    @property
    def is_answer(self) -> bool:
        return False

    def facts(self, sender: Sender | None, *, now: datetime) -> FreeContent:
        return FreeContent(self.kind, tuple(self._problems(now)))

    def text(self) -> str:
        return self.emoji

    def content(self) -> dict[str, Any]:
        about = {"message_id": self.context_wamid, "emoji": self.emoji}
        return {"type": self.kind, self.kind: about}

    def _problems(self, now: datetime) -> Iterator[str]:
        oldest = figures.at(now).content.reaction_target_max_age
        if self.emoji and not ONE_EMOJI.fullmatch(self.emoji):
            yield "A reaction is one emoji and nothing else. Choose one."
        if self.target is None or self.target.deleted_at is not None:
            yield "The message that this is a reaction to has been deleted. Write a message."
        elif self.target.direction != Direction.IN or not self.target.wamid:
            yield "WhatsApp takes reactions to the candidate's own messages only. Write a message."
        elif now - self.target.at > oldest:
            yield (
                f"WhatsApp takes no reaction to a message that is older than {oldest.days} days."
                " Write a message."
            )


def reaction_to(target: Message, emoji: str) -> ReactionDraft:
    return ReactionDraft(target, emoji, target.wamid)


class ReactionKind(FreeKind):
    def draft_of(self, message: Message) -> ReactionDraft:
        rows = Message.objects.filter(sender_id=message.sender_id, wamid=message.context_wamid)
        return ReactionDraft(rows.first(), message.text, message.context_wamid)

    def inner(self, message: Message) -> dict[str, Any]:
        return payloads.reaction(message.context_wamid, message.text)

    def payload(self, message: Message, *, to: str) -> dict[str, Any]:
        # It names its message inside; as an answer to it Meta would refuse it.
        payload = super().payload(message, to=to)
        payload.pop("context", None)
        return payload
