"""A call: its beginning, its states, its end; shown as a line in the thread."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ats.tenancy import company_scope
from whatsapp import events, jobs
from whatsapp.contacts.identity import WhatsAppIdentity, contact_for
from whatsapp.inbox.calls import CallReport, take_call
from whatsapp.models import CallState, Message, MessageKind, WebhookItem
from whatsapp.webhooks.content import code_of, moment, text_of
from whatsapp.webhooks.outcomes import NotYet, Unappliable, Unhandled
from whatsapp.webhooks.owners import sender_of

STATUSES = {
    "RINGING": CallState.RINGING,
    "ACCEPTED": CallState.ACCEPTED,
    "REJECTED": CallState.RINGING,
}
# What the column holds: 68 years.
MOST_SECONDS = 2**31
EVENTS = {"connect": CallState.BEGUN, "terminate": CallState.ENDED}


def handle(item: WebhookItem, *, now: datetime) -> None:
    report = read(item.payload, now=now)
    sender = sender_of(item)
    with company_scope(sender.company_id):
        taken = Message.objects.filter(sender=sender, wamid=report.wacid)
        if taken.exclude(kind=MessageKind.CALL).exists():
            raise Unappliable("A message has this id.")
        contact = None
        if report.wa_id or report.user_id:
            who = WhatsAppIdentity(report.wa_id, report.user_id)
            contact = contact_for(sender, who, at=report.at, now=now)
        call = take_call(sender, contact, report, now=now)
        if call is None:
            cause = "Nothing known here says who this call is with."
            raise NotYet(cause, wamid=report.wacid)
        if WebhookItem.objects.answer(report.wacid, now=now):
            jobs.wake(jobs.APPLY_WEBHOOKS)
        message = call.message
        events.message_changed(sender.company_id, message.conversation_id, message.pk, now)


def read(payload: dict[str, Any], *, now: datetime) -> CallReport:
    """One entry of `calls[]` or `statuses[]`. Meta's samples swap `from` and `to`: the person is
    whom `contacts[]` names, else who is not the business."""
    call = payload["item"]
    word = text_of(call, "event").lower()
    status = text_of(call, "status").upper()
    state = EVENTS.get(word) if word else STATUSES.get(status)
    if state is None:
        raise Unhandled("A call event of a kind that this version does not know.")
    wa_id, user_id = _person(call, payload)
    direction = text_of(call, "direction").upper()
    return CallReport(
        wacid=str(call["id"])[:256],
        state=state,
        at=moment(call, now=now),
        by_candidate=direction == "USER_INITIATED" if direction else None,
        wa_id=wa_id[:20],
        user_id=user_id[:140],
        is_rejected=status == "REJECTED",
        is_failed=status == "FAILED",
        started_at=_moment(call, "start_time"),
        ended_at=_moment(call, "end_time"),
        duration=_duration(call),
        error_code=_error(call, payload),
        session=call["session"] if isinstance(call.get("session"), dict) else None,
    )


def _person(call: dict[str, Any], payload: dict[str, Any]) -> tuple[str, str]:
    about = payload.get("contact")
    if text_of(about, "wa_id") or text_of(about, "user_id"):
        return text_of(about, "wa_id"), text_of(about, "user_id")
    if text_of(call, "recipient_id") or text_of(call, "recipient_user_id"):
        return text_of(call, "recipient_id"), text_of(call, "recipient_user_id")
    ours = text_of(payload, "display_phone_number")
    theirs = [one for one in (text_of(call, "from"), text_of(call, "to")) if one and one != ours]
    return (theirs[0] if theirs and ours else ""), text_of(call, "from_user_id")


def _moment(call: dict[str, Any], name: str) -> datetime | None:
    seconds = _whole(call, name)
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, tz=UTC)
    except (ValueError, OverflowError, OSError):
        raise Unappliable(f"{name} is not Unix seconds.") from None


def _whole(call: dict[str, Any], name: str) -> int | None:
    text = text_of(call, name)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 11 else None


def _duration(call: dict[str, Any]) -> int | None:
    seconds = _whole(call, "duration")
    return seconds if seconds is None or seconds < MOST_SECONDS else None


def _error(call: dict[str, Any], payload: dict[str, Any]) -> int | None:
    errors = payload.get("errors") or call.get("errors")
    return code_of(errors[0]) if isinstance(errors, list) and errors else None
