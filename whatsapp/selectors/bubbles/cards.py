"""Contact cards: names, numbers, addresses, each to be copied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from whatsapp.meta.reading import as_mapping, as_mappings, as_text
from whatsapp.models import Message
from whatsapp.selectors.bubbles.drawn import Drawn, Facts, Kind

# More cards, or lines on one, are counted instead of drawn.
MOST = 20


@dataclass(frozen=True, slots=True)
class Detail:
    what: str
    value: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    name: str
    work: str
    details: list[Detail]


@dataclass(frozen=True, slots=True)
class Cards:
    cards: list[Card]
    more: int
    is_asked_for: bool


def draw(message: Message, facts: Facts) -> Drawn:
    given = as_mappings(message.content.get("contacts"))
    body = Cards(
        cards=[_card(one) for one in given[:MOST]],
        more=max(0, len(given) - MOST),
        is_asked_for=message.content.get("origin") == "contact_request",
    )
    return Drawn(partial="_message_contacts.html", body=body)


def _card(card: Mapping[str, Any]) -> Card:
    name = as_mapping(card.get("name"))
    org = as_mapping(card.get("org"))
    parts = (as_text(name.get(part)) for part in ("first_name", "last_name"))
    return Card(
        name=as_text(name.get("formatted_name")) or " ".join(filter(None, parts)) or "No name",
        work=" · ".join(filter(None, (as_text(org.get(k)) for k in ("title", "company")))),
        details=list(_details(card))[:MOST],
    )


def _details(card: Mapping[str, Any]) -> Iterable[Detail]:
    for one in as_mappings(card.get("phones")):
        number = as_text(one.get("phone")) or as_text(one.get("wa_id"))
        if number:
            yield Detail(_kind(one, "Phone"), number, is_number=True)
    for name, field, what in (("emails", "email", "E-mail"), ("urls", "url", "Website")):
        for one in as_mappings(card.get(name)):
            if value := as_text(one.get(field)):
                yield Detail(_kind(one, what), value)


def _kind(detail: Mapping[str, Any], what: str) -> str:
    given = as_text(detail.get("type")).lower()[:20]
    return f"{what}, {given}" if given else what


def excerpt(message: Message) -> str:
    return f"Contact card: {message.text}" if message.text else "Contact card"


CONTACTS = Kind(draw, excerpt)
