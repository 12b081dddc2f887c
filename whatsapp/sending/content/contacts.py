"""Contact cards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from whatsapp import figures
from whatsapp.models import Message, MessageKind, Sender
from whatsapp.policy.facts import FreeContent
from whatsapp.sending.content.draft import Draft, FreeKind

NAME_PARTS = ("first_name", "last_name", "middle_name", "suffix", "prefix")


@dataclass(frozen=True, slots=True)
class ContactsDraft(Draft):
    """Cards as Meta writes them: `name`, `phones`, `emails`, `org`, `addresses`, `urls`."""

    cards: Sequence[Mapping[str, Any]]
    context_wamid: str = ""

    kind = MessageKind.CONTACTS

    def facts(self, sender: Sender | None, *, now: datetime) -> FreeContent:
        return FreeContent(self.kind, tuple(self._problems(figures.at(now).content.contacts)))

    def text(self) -> str:
        return ", ".join(card["name"]["formatted_name"] for card in self.cards)

    def content(self) -> dict[str, Any]:
        return {"type": self.kind, self.kind: [dict(card) for card in self.cards]}

    def _problems(self, most: int) -> Iterator[str]:
        if not self.cards:
            yield "There is no contact card in the message. Add one."
        if len(self.cards) > most:
            yield (
                f"There are {len(self.cards)} contact cards; WhatsApp takes {most} in a message."
                " Send them in several."
            )
        for place, card in enumerate(self.cards, start=1):
            if not card["name"]["formatted_name"].strip():
                yield f"Contact card {place} has no name. Write whom it is about."


class ContactsKind(FreeKind):
    def draft_of(self, message: Message) -> ContactsDraft:
        return ContactsDraft(message.content[MessageKind.CONTACTS], message.context_wamid)

    def inner(self, message: Message) -> list[dict[str, Any]]:
        return [_for_meta(card) for card in message.content[MessageKind.CONTACTS]]


def _for_meta(card: Mapping[str, Any]) -> dict[str, Any]:
    """Meta wants a part of the name beside the whole (Meta, "Contacts messages")."""
    name = card["name"]
    if not any(name.get(part) for part in NAME_PARTS):
        name = {**name, "first_name": name["formatted_name"]}
    return {**card, "name": name}
