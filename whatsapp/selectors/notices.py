"""What Meta has told of lately, for the configuration page."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from whatsapp.models import AdminNotice
from whatsapp.policy.notice_sentences import UNSENT, words_for

SHOWN_FOR = timedelta(days=30)
MOST = 20
# While one is as young as this, the list stands open.
NEWS = timedelta(days=7)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NoticeView:
    """`unsent` says why not everybody has a letter; empty where all have, or will."""

    title: str
    text: str
    at: datetime
    is_news: bool
    unsent: str


def newest_notices(*, now: datetime) -> list[NoticeView]:
    """The newest first."""
    return list(_views(now))


def _views(now: datetime) -> Iterator[NoticeView]:
    for row in AdminNotice.objects.filter(at__gt=now - SHOWN_FOR).order_by("-pk")[:MOST]:
        try:
            told = words_for(row.kind, row.data)
        except (KeyError, ValueError):
            # Of another version of this program.
            logger.warning("notice_without_words notice=%s", row.pk)
            continue
        unsent = UNSENT.get(row.problem, "")
        yield NoticeView(told.title, told.text, row.at, row.at > now - NEWS, unsent)
