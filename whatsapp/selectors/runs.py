"""Bulk runs as pages and programs show them: the list, one run now, and its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from ats.public import mobile_display
from whatsapp.models import (
    BulkRun,
    Message,
    MessageStatus,
    RowState,
    RunRecipient,
    RunState,
    SendHold,
)
from whatsapp.policy.sentences import Said
from whatsapp.sending.causes import say_stored
from whatsapp.sending.explain import failure_of

PAGE = 50

# Icon and variant of the pill, for each state of a run.
PILLS: dict[str, tuple[str, str]] = {
    RunState.PLANNING: ("list", "is-info"),
    RunState.SCHEDULED: ("clock", "is-info"),
    RunState.RUNNING: ("go", "is-info"),
    RunState.WAITING: ("clock", "is-warn"),
    RunState.PAUSED: ("pause", "is-warn"),
    RunState.STOPPED: ("stop", ""),
    RunState.FINISHED: ("done", "is-ok"),
}


@dataclass(frozen=True, slots=True)
class Fate:
    """What has become of a row. Each row has exactly one; `rows` finds those of it."""

    key: str
    label: str
    tone: str
    rows: Q
    # Shown also while it is nobody's.
    is_usual: bool = False


def _of(*statuses: str) -> Q:
    return Q(message__status__in=statuses)


S = MessageStatus
# Written, but then the rules or a colleague forbade it: nothing of it has reached Meta.
_NOT_SENT = Q(message__status=S.FAILED, message__attempts=0)
FATES: dict[str, Fate] = {
    one.key: one
    for one in (
        Fate("read", "Read", "is-accent", _of(S.READ, S.PLAYED), is_usual=True),
        Fate("delivered", "Delivered", "is-accent", _of(S.DELIVERED), is_usual=True),
        Fate("sent", "Sent", "is-accent", _of(S.SENT), is_usual=True),
        Fate("accepted", "Accepted", "is-accent", _of(S.ACCEPTED)),
        Fate("held", "Held by Meta", "is-warn", _of(S.HELD)),
        Fate("handed_over", "Handed over", "is-accent", _of(S.SENDING)),
        Fate("unconfirmed", "Waiting for a person", "is-warn", _of(S.UNCONFIRMED)),
        Fate("failed", "Failed", "is-bad", _of(S.FAILED) & ~_NOT_SENT, is_usual=True),
        Fate(
            "preparing",
            "Being prepared",
            "",
            Q(state=RowState.PLANNED, claimed_at__isnull=False),
        ),
        Fate("again", "Goes again", "", Q(message__status=S.QUEUED, message__attempts__gt=0)),
        Fate(
            "waiting",
            "Waiting",
            "",
            Q(state=RowState.PLANNED, claimed_at=None)
            | Q(message__status=S.QUEUED, message__attempts=0),
            is_usual=True,
        ),
        Fate("skipped", "Left out", "", Q(state=RowState.SKIPPED) | _NOT_SENT, is_usual=True),
    )
}
FATE_OF_STATUS: dict[str, str] = {
    S.QUEUED: "again",
    S.SENDING: "handed_over",
    S.UNCONFIRMED: "unconfirmed",
    S.ACCEPTED: "accepted",
    S.HELD: "held",
    S.SENT: "sent",
    S.DELIVERED: "delivered",
    S.READ: "read",
    S.PLAYED: "read",
    S.FAILED: "failed",
}
# How the bar is coloured: its parts from the left, each with the fates in it.
_BAR = (
    ("", ("read", "delivered")),
    ("is-mid", ("sent", "accepted", "held", "handed_over")),
    ("is-warn", ("unconfirmed",)),
    ("is-bad", ("failed",)),
)
_NOT_HANDED_OVER = ("waiting", "preparing", "again", "skipped")


@dataclass(frozen=True, slots=True)
class Line:
    """One run in the list."""

    run: BulkRun
    icon: str
    tone: str
    moment: str


@dataclass(frozen=True, slots=True)
class RunList:
    rows: list[Line]
    older: int


@dataclass(frozen=True, slots=True)
class Tally:
    fate: Fate
    count: int


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the bar, in people."""

    tone: str
    begin: int
    width: int


@dataclass(frozen=True, slots=True)
class Now:
    """A run at this moment. `to_write` are all but those left out."""

    run: BulkRun
    icon: str
    tone: str
    causes: list[Said]
    slowed: list[Said]
    next_words: str
    to_write: int
    handed_over: int
    waiting: int
    tallies: list[Tally]
    bar: list[Part]
    bar_words: str
    failed: int
    can: frozenset[str]
    # Something changes by itself without an event for each change.
    is_busy: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One candidate of a run. `why` is a title with its sentence, empty where nothing is wrong."""

    row: RunRecipient
    fate: Fate
    name: str
    number: str
    why: str
    why_more: str
    moment: datetime | None


@dataclass(frozen=True, slots=True)
class RowPage:
    rows: list[Row]
    later: int


def run_list(*, before: int | None, now: datetime) -> RunList:
    rows = BulkRun.objects.select_related("author", "sender", "template").order_by("-pk")
    if before:
        rows = rows.filter(pk__lt=before)
    page = list(rows[: PAGE + 1])
    return RunList(
        rows=[_line(run) for run in page[:PAGE]],
        older=page[PAGE - 1].pk if len(page) > PAGE else 0,
    )


def _line(run: BulkRun) -> Line:
    icon, tone = PILLS[run.state]
    return Line(run, icon, tone, in_words(run.starts_at, timezone.get_current_timezone()))


def counts(run: BulkRun) -> dict[str, int]:
    """How many rows have each fate; their sum is the number of rows."""
    found = dict.fromkeys(FATES, 0)
    groups = (
        RunRecipient.objects.filter(run=run)
        .order_by()
        .values("state", "message__status", tried=Q(message__attempts__gt=0))
        .annotate(rows=Count("pk"), claimed=Count("claimed_at"))
    )
    for group in groups:
        if group["state"] == RowState.PLANNED:
            found["preparing"] += group["claimed"]
            found["waiting"] += group["rows"] - group["claimed"]
        else:
            fate = _fate(group["state"], group["message__status"], bool(group["tried"]))
            found[fate] += group["rows"]
    return found


def _fate(state: str, status: str | None, tried: bool) -> str:
    """Of a row that is not planned any more."""
    if state == RowState.SKIPPED or status is None or (status == S.FAILED and not tried):
        return "skipped"
    if status == S.QUEUED and not tried:
        return "waiting"
    return FATE_OF_STATUS[status]


def run_now(run: BulkRun, *, now: datetime) -> Now:
    tz = timezone.get_current_timezone()
    found = counts(run)
    icon, tone = PILLS[run.state]
    to_write = sum(found.values()) - found["skipped"]
    bar = _bar(found)
    shown = [Tally(fate, found[key]) for key, fate in FATES.items() if found[key] or fate.is_usual]
    return Now(
        run=run,
        icon=icon,
        tone=tone,
        causes=say_stored(run.cause, tz=tz),
        slowed=say_stored(run.speed_cause, tz=tz) if run.speed < 100 else [],
        next_words=_next_words(run, found, tz),
        to_write=to_write,
        handed_over=to_write - sum(found[key] for key in _NOT_HANDED_OVER[:3]),
        waiting=found["waiting"],
        tallies=shown,
        bar=bar,
        bar_words=", ".join(f"{one.count:,} {one.fate.label.lower()}" for one in shown),
        failed=found["failed"],
        can=_can(run),
        is_busy=run.state in (RunState.PLANNING, RunState.RUNNING)
        or any(found[key] for key in ("preparing", "handed_over")),
    )


def _bar(found: Mapping[str, int]) -> list[Part]:
    parts, begin = [], 0
    for tone, keys in _BAR:
        width = sum(found[key] for key in keys)
        if width:
            parts.append(Part(tone, begin, width))
        begin += width
    return parts


def _can(run: BulkRun) -> frozenset[str]:
    """What a person may do with it now."""
    state = RunState(run.state)
    may: dict[str, tuple[RunState, ...]] = {
        "pause": (RunState.SCHEDULED, RunState.RUNNING, RunState.WAITING),
        "resume": (RunState.PAUSED,),
        "start": (RunState.SCHEDULED,),
        "stop": (
            RunState.PLANNING,
            RunState.SCHEDULED,
            RunState.RUNNING,
            RunState.WAITING,
            RunState.PAUSED,
        ),
    }
    can = {action for action, states in may.items() if state in states}
    if state in (RunState.WAITING, RunState.PAUSED) and _is_held(run):
        can.add("let_go_on")
    return frozenset(can)


def _is_held(run: BulkRun) -> bool:
    """Meta refused a message for a reason that stands until somebody says that it is mended."""
    of_run = Q(template=run.template_id) | Q(sender=run.sender_id) | Q(waba=run.sender.waba_id)
    return bool(SendHold.objects.filter(of_run, lifted_at=None).exists())


def _next_words(run: BulkRun, found: Mapping[str, int], tz: tzinfo) -> str:
    """What happens next, and when."""
    if run.state == RunState.PLANNING:
        begins = "once that is done" if run.starts_at <= run.created_at else _on(run.starts_at, tz)
        return f"The list is being written, {run.total:,} so far. Sending begins {begins}."
    if run.state == RunState.SCHEDULED:
        return f"Sending begins {_on(run.starts_at, tz)}."
    if run.state == RunState.RUNNING:
        return _running_words(run)
    if run.state == RunState.WAITING:
        if run.waits_until is not None:
            return (
                f"It goes on by itself {_on(run.waits_until, tz)}, or earlier if the cause is gone."
            )
        return "It goes on by itself once the cause is gone."
    if run.state == RunState.PAUSED:
        return "It stays as it is until somebody resumes or stops it."
    if run.state == RunState.STOPPED:
        return "Nothing more of it leaves. What Meta had been handed before is still told here."
    if found["unconfirmed"]:
        return "Everything has left but what waits for a person: decide about those below."
    return "Everything has left. What becomes of it is told here as Meta reports it."


def _running_words(run: BulkRun) -> str:
    if run.first_batch and run.first_batch_good_at is None:
        return (
            f"The first {run.first_batch:,} go ahead; the others follow once it shows that these "
            "arrive and nobody minds."
        )
    if run.speed < 100:
        return f"Messages leave at {run.speed} % of the number’s speed."
    return "Messages leave as fast as the number may send."


def _on(moment: datetime, tz: tzinfo) -> str:
    return f"on {in_words(moment, tz)}"


def in_words(moment: datetime, tz: tzinfo) -> str:
    """“Monday, 23 November, 08:10 (Rome)”."""
    local = moment.astimezone(tz)
    zone = str(getattr(tz, "key", "") or local.tzname() or "UTC")
    place = zone.rpartition("/")[2].replace("_", " ")
    year = "" if local.year == timezone.now().astimezone(tz).year else f" {local.year}"
    return f"{local:%A}, {local.day} {local:%B}{year}, {local:%H:%M} ({place})"


def rows_of(run: BulkRun, *, fate: str = "", after: int | None = None) -> QuerySet[RunRecipient]:
    """In the order in which they were planned."""
    rows = RunRecipient.objects.filter(run=run).order_by("pk")
    if fate in FATES:
        rows = rows.filter(FATES[fate].rows)
    return rows.filter(pk__gt=after) if after else rows


def row_page(run: BulkRun, *, fate: str, after: int | None) -> RowPage:
    rows = rows_of(run, fate=fate, after=after)
    page = list(rows.select_related("candidate", "message", "twin_of__candidate")[: PAGE + 1])
    tz = timezone.get_current_timezone()
    return RowPage(
        rows=[_row(one, tz) for one in page[:PAGE]],
        later=page[PAGE - 1].pk if len(page) > PAGE else 0,
    )


def fate_of(row: RunRecipient) -> Fate:
    """Of a row whose message is loaded."""
    if row.state == RowState.PLANNED:
        return FATES["preparing" if row.claimed_at else "waiting"]
    message = row.message
    status = message.status if message else None
    return FATES[_fate(row.state, status, message is not None and message.attempts > 0)]


def why_of(row: RunRecipient, tz: tzinfo) -> tuple[str, str]:
    """Why a row was left out or has failed: a title, and the rest of it in words."""
    if row.twin_of is not None:
        other = row.twin_of.candidate.name if row.twin_of.candidate else "somebody who is gone"
        return "Same number as another", f"The message goes to {other}."
    if row.causes:
        said = say_stored(row.causes, tz=tz)
        titles = [one.title for one in said]
        return ", ".join(titles), " ".join(f"{one.sentence} {one.remedy}" for one in said)
    failure = failure_of(row.message, tz=tz) if row.message else None
    return (failure.title, f"{failure.sentence} {failure.remedy}") if failure else ("", "")


def _row(row: RunRecipient, tz: tzinfo) -> Row:
    why, more = why_of(row, tz)
    return Row(
        row=row,
        fate=fate_of(row),
        name=row.candidate.name if row.candidate else "Deleted candidate",
        number=mobile_display(row.phone) if row.phone else "",
        why=why,
        why_more=more,
        moment=moment_of(row.message),
    )


def moment_of(message: Message | None) -> datetime | None:
    """When a message came to its state."""
    if message is None:
        return None
    moments: Sequence[datetime | None] = {
        S.QUEUED: (message.next_try_at,),
        S.SENDING: (message.claimed_at,),
        S.FAILED: (message.failed_at,),
    }.get(
        MessageStatus(message.status),
        (
            message.read_at,
            message.delivered_at,
            message.sent_at,
            message.accepted_at,
        ),
    )
    return next((one for one in moments if one), message.at)
