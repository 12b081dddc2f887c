"""The messages of a thread as bubbles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from whatsapp.models import Conversation, Direction, Message, MessageKind, MessageStatus
from whatsapp.selectors.window import day_label
from whatsapp.sending.explain import Failure, failure_of

PAGE = 50

# Icon, its variant and the word, for each state of a message of ours.
TICKS: dict[str, tuple[str, str, str]] = {
    MessageStatus.QUEUED: ("clock", "", "Waiting to be sent"),
    MessageStatus.SENDING: ("clock", "", "Sending"),
    MessageStatus.UNCONFIRMED: ("alert", "is-warn", "Not confirmed by Meta yet"),
    MessageStatus.ACCEPTED: ("clock", "", "Accepted by Meta"),
    MessageStatus.SENT: ("check", "", "Sent"),
    MessageStatus.DELIVERED: ("tick2", "", "Delivered"),
    MessageStatus.READ: ("tick2", "is-read", "Read"),
    MessageStatus.FAILED: ("stopsign", "is-bad", "Not delivered"),
}

# What a candidate sent that is not drawn, by Meta's type.
NOT_DRAWN = {
    "image": "A photo",
    "video": "A video",
    "audio": "A voice message",
    "document": "A document",
    "sticker": "A sticker",
    "location": "A location",
    "contacts": "A contact card",
    "reaction": "A reaction",
    "interactive": "An answer from a list or a form",
    "order": "An order",
    "system": "A note from WhatsApp",
    "edit": "A change to an earlier message",
    "revoke": "The withdrawal of an earlier message",
}

# Of these nothing is lost that one could ask for again.
NOTES = frozenset({"reaction", "system", "edit", "revoke"})


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message, ready to be shown. `day` is set on the first of a day."""

    id: int
    is_ours: bool
    by: str
    text: str
    at: datetime
    moment: str
    day: str
    tick: str
    tick_class: str
    word: str
    is_newest: bool
    is_next: bool
    tag: str
    head: str
    foot: str
    buttons: Sequence[str]
    quote: str
    quote_by: str
    not_drawn: str
    failure: Failure | None
    is_unconfirmed: bool


@dataclass(frozen=True, slots=True)
class ThreadPage:
    bubbles: list[Bubble]
    has_earlier: bool
    earliest_id: int | None


def thread_page(
    conversation: Conversation, *, before_id: int | None = None, now: datetime
) -> ThreadPage:
    """The newest page, or the one that ends before a message."""
    rows = conversation.messages.select_related("author", "template")
    if before_id is not None:
        edge = conversation.messages.filter(pk=before_id).first()
        if edge is not None:
            rows = rows.filter(Q(at__lt=edge.at) | Q(at=edge.at, pk__lt=edge.pk))
    newest = list(rows.order_by("-at", "-pk")[: PAGE + 1])
    has_earlier = len(newest) > PAGE
    messages = newest[:PAGE][::-1]
    return ThreadPage(
        bubbles=_bubbles(conversation, messages, now=now),
        has_earlier=has_earlier,
        earliest_id=messages[0].pk if messages else None,
    )


def bubbles_of(conversation: Conversation, ids: Iterable[int], *, now: datetime) -> list[Bubble]:
    """Some messages of the thread, oldest first; unknown ids are left out."""
    rows = conversation.messages.filter(pk__in=list(ids)).select_related("author", "template")
    return _bubbles(conversation, list(rows.oldest_first()), now=now)  # type: ignore[attr-defined]


def _bubbles(conversation: Conversation, messages: list[Message], *, now: datetime) -> list[Bubble]:
    newest_ours = (
        conversation.messages.filter(direction=Direction.OUT)
        .order_by("-at", "-pk")
        .values_list("pk", flat=True)
        .first()
    )
    quoted = _quoted(conversation, messages)
    bubbles: list[Bubble] = []
    previous: Message | None = None
    for message in messages:
        same_day = previous is not None and _day(previous.at) == _day(message.at)
        bubbles.append(
            _bubble(
                message,
                quoted.get(message.context_wamid),
                day="" if same_day else day_label(message.at, now),
                is_newest=message.pk == newest_ours,
                is_next=same_day
                and previous is not None
                and previous.direction == message.direction
                and previous.author_id == message.author_id,
            )
        )
        previous = message
    return bubbles


def _day(moment: datetime) -> Any:
    return timezone.localtime(moment).date()


def _quoted(conversation: Conversation, messages: list[Message]) -> dict[str, Message]:
    wamids = {message.context_wamid for message in messages if message.context_wamid}
    if not wamids:
        return {}
    rows = conversation.messages.filter(wamid__in=wamids).select_related(
        "author", "conversation__contact__candidate"
    )
    return {row.wamid: row for row in rows}


def _bubble(
    message: Message, quoted: Message | None, *, day: str, is_newest: bool, is_next: bool
) -> Bubble:
    tick, tone, word = TICKS.get(message.status, ("", "", ""))
    rendered = message.content.get("rendered", {}) if message.is_ours else {}
    not_drawn = ""
    if message.kind == MessageKind.UNSUPPORTED:
        kind = str(message.content.get("type", ""))
        not_drawn = _not_drawn(kind)
    return Bubble(
        id=message.pk,
        is_ours=message.is_ours,
        by=_name(message),
        text=message.text,
        at=message.at,
        moment=f"{timezone.localtime(message.at):%H:%M}",
        day=day,
        tick=tick,
        tick_class=f"tick {tone}".strip(),
        word=_word(message, word),
        is_newest=is_newest,
        is_next=is_next,
        tag=_tag(message),
        head=rendered.get("header") or "",
        foot=rendered.get("footer") or "",
        buttons=[button["text"] for button in rendered.get("buttons", [])],
        quote=_excerpt(quoted),
        quote_by=_quoted_name(quoted),
        not_drawn=not_drawn,
        failure=failure_of(message, tz=timezone.get_current_timezone()),
        is_unconfirmed=message.status == MessageStatus.UNCONFIRMED,
    )


def _name(message: Message) -> str:
    if not message.is_ours:
        return ""
    return message.author.full_name if message.author else "Automatic"


def _quoted_name(quoted: Message | None) -> str:
    if quoted is None or quoted.is_ours:
        return _name(quoted) if quoted else ""
    candidate = quoted.conversation.contact.candidate
    return candidate.first_name if candidate else ""


def _not_drawn(kind: str) -> str:
    """What it was, and what to do about it."""
    what = NOT_DRAWN.get(kind)
    if what is None:
        return "A message of a kind that WhatsApp does not pass on. Ask them to send it as text."
    if kind in NOTES:
        return f"{what}, which cannot be shown here."
    return f"{what}, which cannot be opened here. Ask them for it as text or by e-mail."


def _word(message: Message, word: str) -> str:
    if message.status == MessageStatus.READ and message.read_at:
        return f"{word} {timezone.localtime(message.read_at):%H:%M}"
    return word


def _tag(message: Message) -> str:
    if message.kind != MessageKind.TEMPLATE:
        return ""
    category = str(message.content.get("category", "")).capitalize()
    return f"{message.content.get('name', '')} · {category}"


def _excerpt(message: Message | None) -> str:
    if message is None:
        return ""
    return message.text if len(message.text) <= 60 else f"{message.text[:57]} …"
