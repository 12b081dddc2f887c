"""What hangs on a number, before another one takes over from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from whatsapp import figures
from whatsapp.models import BulkRun, Conversation, Message, MessageStatus, RunState, Sender
from whatsapp.models.run import ACTIVE

NAMED = 10


@dataclass(frozen=True, slots=True)
class Hanging:
    """Counts, and the first of the runs by name. None of it moves to the new number."""

    runs: Sequence[BulkRun]
    more_runs: int
    messages: int  # of single ones and of runs: written and not handed to Meta yet
    windows: int  # conversations that can be answered freely now
    conversations: int


def hanging_on(sender: Sender, *, now: datetime) -> Hanging:
    runs = BulkRun.objects.filter(sender=sender, state__in=[*ACTIVE, RunState.PAUSED])
    count = runs.count()
    threads = Conversation.objects.filter(sender=sender, moved_to=None)
    since = now - figures.at(now).messaging.customer_service_window
    waiting = Message.objects.filter(
        conversation__sender=sender, status=MessageStatus.QUEUED, next_try_at__isnull=False
    )
    return Hanging(
        runs=list(runs.order_by("starts_at", "pk")[:NAMED]),
        more_runs=max(0, count - NAMED),
        messages=waiting.count(),
        windows=threads.filter(last_inbound_at__gt=since).count(),
        conversations=threads.count(),
    )


def successors_of(sender: Sender) -> Sequence[Sender]:
    """The numbers that can take over: of the same WABA, because templates belong to it."""
    rows = Sender.objects.filter(
        waba=sender.waba_id, is_gone=False, status="CONNECTED", replaced_by=None
    )
    return list(rows.exclude(pk=sender.pk).order_by("pk"))
