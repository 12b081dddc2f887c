"""Takes what Meta tells of a call into its row and its line in the thread.

Webhooks of one call come in any order and late: a state never goes back, and every value is the
same whichever came first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from whatsapp.inbox.conversations import conversation_between, forgive, hold, recount
from whatsapp.models import (
    Call,
    CallOutcome,
    CallState,
    Contact,
    Direction,
    Message,
    MessageKind,
    MessageStatus,
    Sender,
)

RANK = {state: rank for rank, state in enumerate(CallState.values)}


@dataclass(frozen=True, slots=True)
class CallReport:
    """One webhook of a call. `by_candidate` is None where Meta does not say who called."""

    wacid: str
    state: CallState
    at: datetime
    by_candidate: bool | None = None
    wa_id: str = ""
    user_id: str = ""
    is_rejected: bool = False
    is_failed: bool = False
    started_at: datetime | None = None
    ended_at: datetime | None = None
    duration: int | None = None
    error_code: int | None = None
    session: dict[str, Any] | None = None


def take_call(
    sender: Sender, contact: Contact | None, report: CallReport, *, now: datetime
) -> Call | None:
    """The call's row as it is now; None where neither the call nor the person is known."""
    line = Message.objects.filter(sender=sender, wamid=report.wacid, kind=MessageKind.CALL).first()
    if line is not None:
        # The person and the thread before the call and its line, as for every message.
        hold(line)
    rows = Call.objects.select_for_update(of=("self",)).select_related("message__conversation")
    call = rows.filter(sender=sender, wacid=report.wacid).first()
    if call is None:
        if contact is None:
            return None
        call = _begin(sender, contact, report, now=now)
    _take(call, report)
    call.save()
    _show(call)
    return call


def _begin(sender: Sender, contact: Contact, report: CallReport, *, now: datetime) -> Call:
    """The contact is locked, so nobody else begins the same call."""
    conversation = conversation_between(sender, contact, now=now)
    message = Message.objects.create(
        conversation=conversation,
        sender=sender,
        direction=Direction.NOTE,
        kind=MessageKind.CALL,
        status=MessageStatus.RECEIVED,
        wamid=report.wacid,
        wa_id=report.wa_id,
        user_id=report.user_id,
        at=report.at,
        created_at=now,
    )
    return Call.objects.create(
        message=message,
        sender=sender,
        wacid=report.wacid,
        by_candidate=False,
        begun_at=report.at,
    )


def _take(call: Call, report: CallReport) -> None:
    call.begun_at = min(call.begun_at, report.at)
    call.started_at = call.started_at or report.started_at
    call.ended_at = call.ended_at or report.ended_at
    call.duration = call.duration if call.duration is not None else report.duration
    call.error_code = call.error_code or report.error_code
    call.by_candidate = call.by_candidate or bool(report.by_candidate)
    if report.session is not None:
        call.session = report.session
    call.message.wa_id = call.message.wa_id or report.wa_id
    call.message.user_id = call.message.user_id or report.user_id
    if RANK[report.state] > RANK[CallState(call.state)]:
        call.state = report.state
    if report.is_rejected:
        call.outcome = CallOutcome.REJECTED
    elif report.state == CallState.ENDED and call.outcome != CallOutcome.REJECTED:
        call.outcome = _outcome(report)


def _outcome(report: CallReport) -> str:
    """An unanswered call is "completed" in Meta's words as well: only one that was picked up has a
    start."""
    if report.is_failed:
        return CallOutcome.FAILED
    return CallOutcome.COMPLETED if report.started_at else CallOutcome.MISSED


def _show(call: Call) -> None:
    """The line in the thread; a call by the candidate opens the window and wants an answer."""
    message = call.message
    message.direction = Direction.IN if call.by_candidate else Direction.NOTE
    message.at = call.begun_at
    message.save(update_fields=["direction", "at", "wa_id", "user_id"])
    recount(message.conversation)
    forgive([message.conversation.contact_id])
