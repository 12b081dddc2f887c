"""Answers to what we offered: buttons, lists, forms (Flows), and requests for a call."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from whatsapp.meta.reading import as_int, as_mapping, as_text
from whatsapp.models import Message
from whatsapp.selectors.bubbles.drawn import Drawn, Facts, Kind, line
from whatsapp.selectors.bubbles.unsupported import unknown
from whatsapp.selectors.window import clock

MOST_FIELDS = 60
# Names that Meta's form builder makes: "screen_0_Start_date_2".
BUILT = re.compile(r"^screen_\d+_|_\d+$")


@dataclass(frozen=True, slots=True)
class Form:
    """`raw` is what came, where it could not be read."""

    fields: list[tuple[str, str]]
    raw: str


def _inner(message: Message) -> tuple[str, Mapping[str, Any]]:
    about = as_mapping(message.content.get("interactive"))
    kind = as_text(about.get("type"))
    return kind, as_mapping(about.get(kind))


def draw(message: Message, facts: Facts) -> Drawn:
    kind, answer = _inner(message)
    if kind == "call_permission_reply":
        return _permission(answer, facts)
    if kind == "nfm_reply":
        return Drawn(words="", partial="_message_form.html", body=_form(answer))
    if kind in ("button_reply", "list_reply") or message.is_ours:
        return Drawn(words=message.text, foot=as_text(answer.get("description")))
    return unknown(message, kind or "interactive", facts.they)


def _form(answer: Mapping[str, Any]) -> Form:
    given = as_text(answer.get("response_json"))
    try:
        fields = json.loads(given)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        return Form([], given)
    named = [(_label(key), _value(value)) for key, value in fields.items() if key != "flow_token"]
    return Form(named[:MOST_FIELDS], "")


def _label(key: str) -> str:
    words = BUILT.sub("", BUILT.sub("", key)).replace("_", " ").strip()
    return words[:1].upper() + words[1:] if words else key


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(_value(one) for one in value) or "–"
    if value is None or value == "":
        return "–"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def _permission(answer: Mapping[str, Any], facts: Facts) -> Drawn:
    by_itself = answer.get("response_source") == "automatic"
    if answer.get("response") != "accept":
        ended = f"WhatsApp ended the permission to call {facts.they}"
        return line("phone-off", ended if by_itself else f"{facts.they} declined calls")
    allowed = f"WhatsApp allowed calls to {facts.they}, who called before"
    text = allowed if by_itself else f"{facts.they} allowed calls"
    if answer.get("is_permanent") is True:
        return line("phone", text, "for good")
    until = _moment(answer.get("expiration_timestamp"))
    return line("phone", text, f"until {clock(until, facts.now)}" if until else "")


def _moment(value: object) -> datetime | None:
    seconds = as_int(value)
    try:
        return datetime.fromtimestamp(seconds, tz=UTC) if seconds is not None else None
    except (ValueError, OverflowError, OSError):
        return None


def excerpt(message: Message) -> str:
    kind, answer = _inner(message)
    if kind == "call_permission_reply":
        return "Allowed calls" if answer.get("response") == "accept" else "Declined calls"
    if kind == "nfm_reply":
        return "Filled in a form"
    return message.text or "An answer of a kind that is not shown here"


INTERACTIVE = Kind(draw, excerpt)
