"""The list of conversations, and the candidate beside the open one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ats.public import CandidateSummary, candidate_summary, mobile_display
from whatsapp.ids import whole_number
from whatsapp.models import (
    Contact,
    Conversation,
    Message,
    MessageKind,
    MessageStatus,
)
from whatsapp.selectors.bubbles import excerpt
from whatsapp.selectors.thread import TICKS
from whatsapp.selectors.window import WindowView, short_moment, window_view

PAGE = 40


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation in the list."""

    id: int
    name: str
    about: str
    moment: str
    window: WindowView
    unread: int
    last_text: str
    tick: str
    tick_class: str
    tick_word: str
    sender_name: str


@dataclass(frozen=True, slots=True)
class ListPage:
    rows: list[Row]
    next_cursor: str
    waiting: int
    summaries: Mapping[int, CandidateSummary]


def inbox_page(
    *, only_waiting: bool, cursor: tuple[datetime, int] | None, now: datetime
) -> ListPage:
    """One page of the inbox, newest first."""
    conversations = (
        Conversation.objects.listed()
        .newest_first()
        .select_related("sender", "contact__candidate", "last_message__call")
    )
    if only_waiting:
        conversations = conversations.waiting()
    if cursor is not None:
        conversations = conversations.after(*cursor)
    page = list(conversations[: PAGE + 1])
    more = len(page) > PAGE
    page = page[:PAGE]
    summaries = _summaries(page, now=now)
    last = page[-1] if page else None
    return ListPage(
        rows=[_row(one, summaries, now=now) for one in page],
        next_cursor=f"{last.last_message_at.isoformat()}~{last.pk}" if more and last else "",
        waiting=Conversation.objects.listed().waiting().count(),
        summaries=summaries,
    )


def read_cursor(text: str) -> tuple[datetime, int] | None:
    """The cursor of `ListPage.next_cursor`; None for none or a broken one."""
    moment, _, given = text.partition("~")
    pk = whole_number(given)
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (at, pk) if pk is not None and at.tzinfo is not None else None


def name_of(contact: Contact, summary: CandidateSummary | None) -> str:
    if summary is not None:
        return summary.name
    return contact.profile_name or (
        mobile_display(contact.phone) if contact.phone else contact.name
    )


def about(summary: CandidateSummary | None) -> str:
    """“Screening · Guest Relations Agent”, or why there is no such line."""
    if summary is None:
        return "Not matched to a candidate yet"
    return " · ".join(filter(None, [summary.stage_label, summary.job_title])) or "No application"


def _summaries(
    conversations: Sequence[Conversation], *, now: datetime
) -> Mapping[int, CandidateSummary]:
    ids = {one.contact.candidate_id for one in conversations if one.contact.candidate_id}
    return candidate_summary(ids, now=now) if ids else {}


def _row(
    conversation: Conversation, summaries: Mapping[int, CandidateSummary], *, now: datetime
) -> Row:
    contact, last = conversation.contact, conversation.last_message
    summary = summaries.get(contact.candidate_id) if contact.candidate_id else None
    tick, tone, word = TICKS.get(last.status, ("", "", "")) if last else ("", "", "")
    return Row(
        id=conversation.pk,
        name=name_of(contact, summary),
        about=about(summary),
        moment=short_moment(conversation.last_message_at, now),
        window=window_view(conversation.last_inbound_at, now=now),
        unread=conversation.unread_count,
        last_text=last_text(last),
        tick=tick,
        tick_class=f"tick {tone}".strip(),
        tick_word=word,
        sender_name=conversation.sender.name,
    )


def last_text(message: Message | None) -> str:
    if message is None:
        return "No message yet"
    words = " ".join(excerpt(message).split())
    if message.status == MessageStatus.FAILED:
        return f"Not delivered: {words}"
    is_plain = message.is_ours and message.kind != MessageKind.TEMPLATE
    return f"You: {words}" if is_plain else words
