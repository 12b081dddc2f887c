"""What WhatsApp does not pass on, and what this version does not know: kept, named, explained."""

from __future__ import annotations

from dataclasses import dataclass

from whatsapp.meta.reading import as_mapping, as_mappings, as_text
from whatsapp.models import Message
from whatsapp.selectors.bubbles.drawn import Drawn, Facts, Kind


@dataclass(frozen=True, slots=True)
class Unknown:
    kind: str
    remedy: str
    meta: str


def unknown(message: Message, kind: str, they: str) -> Drawn:
    body = Unknown(
        kind=kind.replace("_", " "),
        remedy=f"Ask {they} to write it as text.",
        meta=_said_by_meta(message),
    )
    return Drawn(words=message.text, partial="_message_unknown.html", body=body)


def kind_of(message: Message) -> str:
    """Meta's word for what it was: “poll”, or a type that came later than this version."""
    told = as_text(as_mapping(message.content.get("unsupported")).get("type"))
    given = as_text(message.content.get("type"))
    kind = told or (given if given not in ("unsupported", "unknown") else "")
    return kind.replace("_", " ")[:40]


def _said_by_meta(message: Message) -> str:
    for error in as_mappings(message.content.get("errors")):
        details = as_text(as_mapping(error.get("error_data")).get("details"))
        words = (as_text(error.get("code")), as_text(error.get("title")), details)
        return " ".join(filter(None, words))[:500]
    return ""


def draw(message: Message, facts: Facts) -> Drawn:
    return unknown(message, kind_of(message), facts.they)


def excerpt(message: Message) -> str:
    kind = kind_of(message)
    return f"Not shown here: {kind}" if kind else "A message that is not shown here"


UNSUPPORTED = Kind(draw, excerpt)
