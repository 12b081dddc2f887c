"""A page of a thread: its messages in order, each with what stands around it."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from whatsapp.models import Conversation, Direction, Message, MessageKind, MessageStatus
from whatsapp.selectors.bubbles import draw, frame
from whatsapp.selectors.bubbles.changes import ChangeLine, lines_of_the_lost
from whatsapp.selectors.bubbles.drawn import Drawn, Facts, clock_of, they_are_called
from whatsapp.selectors.window import day_label
from whatsapp.sending.explain import Failure, failure_of

PAGE = 50

# Icon, its variant and the word, for each state of a message of ours.
TICKS: dict[str, tuple[str, str, str]] = {
    MessageStatus.QUEUED: ("clock", "", "Waiting to be sent"),
    MessageStatus.SENDING: ("clock", "", "Sending"),
    MessageStatus.UNCONFIRMED: ("alert", "is-warn", "Not confirmed by Meta yet"),
    MessageStatus.ACCEPTED: ("clock", "", "Accepted by Meta"),
    MessageStatus.HELD: ("clock", "is-warn", "Held by Meta for a quality check"),
    MessageStatus.SENT: ("check", "", "Sent"),
    MessageStatus.DELIVERED: ("tick2", "", "Delivered"),
    MessageStatus.READ: ("tick2", "is-read", "Read"),
    MessageStatus.PLAYED: ("tick2", "is-read", "Played"),
    MessageStatus.FAILED: ("stopsign", "is-bad", "Not delivered"),
}


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message, ready to be shown. `day` is set on the first of a day; `version` changes with
    anything that shows but the tick and its neighbours."""

    id: int
    is_ours: bool
    is_theirs: bool
    they: str
    by: str
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
    drawn: Drawn
    partial: str
    quote: frame.Quote | None
    forwarding: str
    product: str
    referral: frame.Referral | None
    before: frame.Before | None
    reaction: str
    our_reaction: frame.OurReaction | None
    failure: Failure | None
    is_unconfirmed: bool
    template: str = "whatsapp/_message.html"
    version: str = ""


@dataclass(frozen=True, slots=True)
class ThreadPage:
    bubbles: list[Bubble | ChangeLine]
    has_earlier: bool
    earliest_id: int | None


def thread_page(
    conversation: Conversation, *, before_id: int | None = None, now: datetime
) -> ThreadPage:
    """The newest page, or the one that ends before a message."""
    rows = _rows(conversation)
    edge = conversation.messages.filter(pk=before_id).first() if before_id is not None else None
    if edge is not None:
        rows = rows.filter(Q(at__lt=edge.at) | Q(at=edge.at, pk__lt=edge.pk))
    newest = list(rows.order_by("-at", "-pk")[: PAGE + 1])
    has_earlier = len(newest) > PAGE
    messages = newest[:PAGE][::-1]
    lines = lines_of_the_lost(
        conversation,
        they=they_are_called(conversation),
        since=messages[0].at if has_earlier else None,
        before=edge.at if edge is not None else None,
    )
    return ThreadPage(
        bubbles=_bubbles(conversation, messages, lines, now=now),
        has_earlier=has_earlier,
        earliest_id=messages[0].pk if messages else None,
    )


def bubbles_of(
    conversation: Conversation, ids: Iterable[int], *, now: datetime
) -> list[Bubble | ChangeLine]:
    """Some messages of the thread, oldest first; unknown ids are left out. For a reaction of ours
    stands the message that it is about."""
    named = list(ids)
    reactions = conversation.messages.filter(pk__in=named, kind=MessageKind.REACTION)
    about = Q(
        wamid__in=[wamid for wamid in reactions.values_list("context_wamid", flat=True) if wamid]
    )
    rows = _rows(conversation).filter(Q(pk__in=named) | about).order_by("at", "pk")
    return _bubbles(conversation, list(rows), [], now=now)


def change_lines_since(
    conversation: Conversation, message_id: int | None, *, now: datetime
) -> list[ChangeLine]:
    """The lines of changes to messages that are not here, from a message of the thread on."""
    edge = conversation.messages.filter(pk=message_id).first() if message_id is not None else None
    lines = lines_of_the_lost(
        conversation,
        they=they_are_called(conversation),
        since=edge.at if edge is not None else None,
        before=None,
    )
    return [replace(line, day=day_label(line.at, now)) for line in lines]


def _rows(conversation: Conversation) -> QuerySet[Message]:
    return conversation.messages.shown().select_related("author", "template", "call", "media")


def _bubbles(
    conversation: Conversation, messages: list[Message], lines: list[ChangeLine], *, now: datetime
) -> list[Bubble | ChangeLine]:
    around = _Around(conversation, messages, now)
    entries: list[Message | ChangeLine] = sorted([*messages, *lines], key=lambda one: one.at)
    drawn: list[Bubble | ChangeLine] = []
    before: Message | ChangeLine | None = None
    for entry in entries:
        same_day = before is not None and _day(before.at) == _day(entry.at)
        day = "" if same_day else day_label(entry.at, now)
        if isinstance(entry, ChangeLine):
            drawn.append(replace(entry, day=day))
        else:
            follows = same_day and isinstance(before, Message) and _go_together(before, entry)
            drawn.append(around.bubble(entry, day=day, follows=follows))
        before = entry
    return drawn


def _day(moment: datetime) -> Any:
    return timezone.localtime(moment).date()


def _go_together(before: Message, message: Message) -> bool:
    return before.direction == message.direction and before.author_id == message.author_id


class _Around:
    """What was read once for all messages of a page."""

    def __init__(self, conversation: Conversation, messages: list[Message], now: datetime) -> None:
        self.newest_ours = (
            conversation.messages.shown()
            .filter(direction=Direction.OUT)
            .order_by("-at", "-pk")
            .values_list("pk", flat=True)
            .first()
        )
        self.quoted = frame.quoted(conversation, messages)
        self.reactions = frame.reactions(conversation, messages)
        self.our_reactions = frame.our_reactions(conversation, messages)
        self.facts = Facts(they_are_called(conversation), now)

    def bubble(self, message: Message, *, day: str, follows: bool) -> Bubble:
        tick, tone, word = TICKS.get(message.status, ("", "", ""))
        rendered = message.content.get("rendered", {}) if message.is_ours else {}
        drawn = draw(message, self.facts)
        bubble = Bubble(
            id=message.pk,
            is_ours=message.is_ours,
            is_theirs=message.direction == Direction.IN,
            they=self.facts.they,
            by=_author(message),
            at=message.at,
            moment=clock_of(message.at),
            day=day,
            tick=tick,
            tick_class=f"tick {tone}".strip(),
            word=_word(message, word),
            is_newest=message.pk == self.newest_ours,
            is_next=follows,
            tag=_tag(message),
            head=rendered.get("header") or "",
            foot=rendered.get("footer") or drawn.foot,
            buttons=[button["text"] for button in rendered.get("buttons", [])],
            drawn=drawn,
            partial=f"whatsapp/{drawn.partial}" if drawn.partial else "",
            quote=frame.quote_of(message, self.quoted, self.facts.they),
            forwarding=frame.forwarding(message),
            product=frame.product(message),
            referral=frame.referral(message),
            before=frame.before(message),
            reaction="" if message.deleted_at else self.reactions.get(message.wamid, ""),
            our_reaction=None if message.deleted_at else self.our_reactions.get(message.wamid),
            failure=failure_of(message, tz=timezone.get_current_timezone()),
            is_unconfirmed=message.status == MessageStatus.UNCONFIRMED,
        )
        return replace(bubble, version=_version(bubble))


def _version(bubble: Bubble) -> str:
    """Of all that shows. The tick moves without a new version, so that a message that is being
    listened to, or unfolded, stays as it is."""
    is_newest = bubble.is_newest and bubble.failure is not None
    shown = replace(
        bubble, day="", is_next=False, tick="", tick_class="", word="", is_newest=is_newest
    )
    return f"{zlib.crc32(repr(shown).encode()):08x}"


def _author(message: Message) -> str:
    if not message.is_ours:
        return ""
    return message.author.full_name if message.author else "Automatic"


def _word(message: Message, word: str) -> str:
    if message.status == MessageStatus.READ and message.read_at:
        return f"{word} {clock_of(message.read_at)}"
    return word


def _tag(message: Message) -> str:
    if message.kind != MessageKind.TEMPLATE:
        return ""
    category = str(message.content.get("category", "")).capitalize()
    return f"{message.content.get('name', '')} · {category}"
