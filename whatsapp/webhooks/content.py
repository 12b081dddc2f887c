"""Reads Meta's messages: the kind, the words a person reads of it, the change it makes.

One line a type; what Meta may add, and what does not look as documented, is kept whole as
`unsupported`. Shapes: Meta, "messages webhook reference".
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from whatsapp.inbox.inbound import Change, Inbound
from whatsapp.models import ChangeKind, MessageKind
from whatsapp.webhooks.outcomes import Unappliable

Json = dict[str, Any]
# Types that are no message but do something to one, and where they name it.
CHANGES = {
    "reaction": (ChangeKind.REACTION, "message_id"),
    "edit": (ChangeKind.EDIT, "original_message_id"),
    "revoke": (ChangeKind.REVOKE, "original_message_id"),
}


# WhatsApp was founded; what is stamped earlier (0, or the year 1, which no time zone west of
# Greenwich can show) is no moment.
EARLIEST = datetime(2009, 2, 24, tzinfo=UTC)
# What the columns hold.
MOST_CODE = 2**31


def moment(item: Json, *, now: datetime) -> datetime:
    """`timestamp`, a string of Unix seconds. A clock that runs ahead must put no message above all
    that follow, and open no window from a time to come."""
    try:
        at = datetime.fromtimestamp(int(item["timestamp"]), tz=UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        raise Unappliable("The timestamp is missing or is not Unix seconds.") from None
    if at < EARLIEST:
        raise Unappliable("The timestamp is older than WhatsApp.")
    return min(at, now)


def code_of(error: object) -> int | None:
    """The code of one of Meta's errors, as the database holds it."""
    code = error.get("code") if isinstance(error, dict) else None
    if not isinstance(code, int) or isinstance(code, bool):
        return None
    return code if abs(code) < MOST_CODE else None


def read_message(message: Json, *, user_id: str, now: datetime) -> Inbound:
    kind, text = read_content(message)
    return Inbound(
        wamid=str(message["id"])[:256],
        kind=kind,
        text=text,
        content=message,
        at=moment(message, now=now),
        wa_id=text_of(message, "from")[:20],
        user_id=user_id,
        context_wamid=text_of(message.get("context"), "id")[:256],
        is_note=kind == MessageKind.SYSTEM,
    )


def read_content(message: Json) -> tuple[MessageKind, str]:
    """The kind to keep it as, and its words."""
    read = _WORDS.get(text_of(message, "type"))
    inner = message.get(text_of(message, "type"))
    words = read[1](inner) if read is not None else None
    return (read[0], words) if read and words is not None else (MessageKind.UNSUPPORTED, "")


def read_change(message: Json, *, user_id: str, now: datetime) -> Change | None:
    """The change that this message is; None where it is a message, or names nothing to change."""
    kind, name = CHANGES.get(text_of(message, "type"), (None, ""))
    inner = message.get(text_of(message, "type"))
    target = text_of(inner, name)
    if kind is None or not target:
        return None
    edited = inner.get("message") if isinstance(inner, dict) else None
    return Change(
        kind=kind,
        wamid=str(message["id"])[:256],
        target_wamid=target[:256],
        at=moment(message, now=now),
        wa_id=text_of(message, "from")[:20],
        user_id=user_id,
        emoji=text_of(inner, "emoji")[:64],
        text=read_content(edited)[1] if isinstance(edited, dict) else "",
        content=edited if isinstance(edited, dict) else None,
    )


def text_of(what: object, name: str) -> str:
    """A string or whole number under `name`; empty where there is none."""
    value = what.get(name) if isinstance(what, dict) else None
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _named(name: str) -> Callable[[object], str | None]:
    """Words that must be there."""

    def read(inner: object) -> str | None:
        value = inner.get(name) if isinstance(inner, dict) else None
        return value if isinstance(value, str) else None

    return read


def _caption(inner: object) -> str | None:
    return text_of(inner, "caption") if isinstance(inner, dict) else None


def _place(inner: object) -> str | None:
    if not isinstance(inner, dict):
        return None
    at = (inner.get("latitude"), inner.get("longitude"))
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in at):
        return None
    return ", ".join(filter(None, (text_of(inner, "name"), text_of(inner, "address"))))


def _cards(inner: object) -> str | None:
    if not isinstance(inner, list):
        return None
    names = (card.get("name") for card in inner if isinstance(card, dict))
    return ", ".join(filter(None, (text_of(name, "formatted_name") for name in names)))


def _answer(inner: object) -> str | None:
    """Of a button, a list, a form or a call permission request."""
    kind = text_of(inner, "type")
    answer = inner.get(kind) if isinstance(inner, dict) and kind else None
    if not isinstance(answer, dict):
        return None
    return text_of(answer, "title") or text_of(answer, "body")


_WORDS: dict[str, tuple[MessageKind, Callable[[object], str | None]]] = {
    "text": (MessageKind.TEXT, _named("body")),
    "button": (MessageKind.BUTTON, _named("text")),
    "image": (MessageKind.IMAGE, _caption),
    "video": (MessageKind.VIDEO, _caption),
    "audio": (MessageKind.AUDIO, _caption),
    "document": (MessageKind.DOCUMENT, _caption),
    "sticker": (MessageKind.STICKER, _caption),
    "location": (MessageKind.LOCATION, _place),
    "contacts": (MessageKind.CONTACTS, _cards),
    "interactive": (MessageKind.INTERACTIVE, _answer),
    "order": (MessageKind.ORDER, lambda inner: text_of(inner, "text")),
    "system": (MessageKind.SYSTEM, lambda inner: text_of(inner, "body")),
}
