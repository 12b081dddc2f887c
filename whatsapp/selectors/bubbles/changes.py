"""Changes to messages that are not here, as lines at their time.

A message may have been written before the company was connected, or be still on its way; then the
line goes when it comes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef

from whatsapp.models import ChangeKind, Conversation, Message, MessageChange
from whatsapp.selectors.bubbles.drawn import Line, clock_of

MOST = 100


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """Drawn by `_message_change.html`; `words` are those of an edit."""

    id: int
    at: datetime
    moment: str
    body: Line
    words: str
    day: str = ""
    template: str = "whatsapp/_message_change.html"


def lines_of_the_lost(
    conversation: Conversation,
    *,
    they: str,
    since: datetime | None,
    before: datetime | None,
) -> list[ChangeLine]:
    """Oldest first, of a stretch of the thread."""
    here = Message.objects.filter(
        company=OuterRef("company"), sender=OuterRef("sender"), wamid=OuterRef("target_wamid")
    )
    rows = MessageChange.objects.filter(~Exists(here), conversation=conversation)
    if since is not None:
        rows = rows.filter(at__gte=since)
    if before is not None:
        rows = rows.filter(at__lt=before)
    newest = list(rows.order_by("-at", "-wamid")[:MOST])
    return [_line(row, they) for row in reversed(_that_count(newest))]


def _that_count(newest_first: Iterable[MessageChange]) -> list[MessageChange]:
    """Of each message the newest reaction, and its deletion or else its newest edit."""
    rows = list(newest_first)
    deleted = {row.target_wamid for row in rows if row.kind == ChangeKind.REVOKE}
    seen: set[tuple[str, str]] = set()
    kept = []
    for row in rows:
        key = (row.target_wamid, row.kind)
        is_over = row.kind != ChangeKind.REVOKE and row.target_wamid in deleted
        if key not in seen and not is_over and (row.emoji or row.kind != ChangeKind.REACTION):
            kept.append(row)
        seen.add(key)
    return kept


def _line(row: MessageChange, they: str) -> ChangeLine:
    texts = {
        ChangeKind.REACTION: ("smile", f"{they} reacted {row.emoji} to a message that is not here"),
        ChangeKind.EDIT: ("edit", f"{they} edited a message that is not here"),
        ChangeKind.REVOKE: ("trash", f"{they} deleted a message that is not here"),
    }
    icon, text = texts[ChangeKind(row.kind)]
    return ChangeLine(row.pk, row.at, clock_of(row.at), Line(icon, text), row.text)
