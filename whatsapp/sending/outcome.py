"""What became of a message: Meta's answer, the loss of it, and the statuses that follow.

Every function is safe to call twice and in any order: states move by compare-and-set, and only
forward (`models.message.MOVES`).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from ats.tenancy import company_scope
from whatsapp import events
from whatsapp.meta.errors import GraphError
from whatsapp.meta.types import SendResult
from whatsapp.models import Contact, Conversation, Direction, Message, MessageStatus, StatusEvent
from whatsapp.policy.reasons import Reason

NOT_ON_WHATSAPP = 131026
# The moment each status is remembered in.
MOMENTS = {
    MessageStatus.SENT: "sent_at",
    MessageStatus.DELIVERED: "delivered_at",
    MessageStatus.READ: "read_at",
    MessageStatus.FAILED: "failed_at",
}


@dataclass(frozen=True, slots=True)
class StatusReport:
    """One entry of `statuses[]`."""

    wamid: str
    status: str
    at: datetime
    wa_id: str = ""
    user_id: str = ""
    error_code: int | None = None
    error_title: str = ""
    error_details: str = ""
    pricing: dict[str, Any] | None = None


def accepted(message: Message, result: SendResult, *, now: datetime) -> None:
    """Meta took it. A status may have come before this answer, and then stands."""
    with transaction.atomic():
        _learn_wamid(message, result.wamid)
        Message.objects.filter(pk=message.pk).update(accepted_at=now)
        Message.objects.move(message.pk, MessageStatus.ACCEPTED)
        _learn_ids(message, result.wa_id or "", result.user_id or "")
        _tell(message, now)


def lost(message: Message, *, now: datetime) -> None:
    """Nobody knows whether Meta took it: it waits for a status, and never goes again by itself."""
    with transaction.atomic():
        if Message.objects.move(message.pk, MessageStatus.UNCONFIRMED):
            _tell(message, now)


def put_back(message: Message, *, until: datetime, now: datetime) -> None:
    """Meta did certainly not take it: it goes again at `until`."""
    with transaction.atomic():
        ours = Message.objects.of_claim(message)
        if ours.move(message.pk, MessageStatus.QUEUED, next_try_at=until, claimed_at=None):
            _tell(message, now)


def refused_by_meta(message: Message, error: GraphError, *, now: datetime) -> None:
    with transaction.atomic():
        moved = Message.objects.move(
            message.pk,
            MessageStatus.FAILED,
            failed_at=now,
            error_code=error.code,
            error_title=(error.title or error.message)[:300],
            error_details=error.details,
        )
        if moved:
            _remember_unreachable(message, error.code, now)
            _waiting_again(message)
            _tell(message, now)


def failed_here(message: Message, *, now: datetime) -> None:
    """Something in this system went wrong before anything reached Meta, and keeps going wrong."""
    with transaction.atomic():
        if Message.objects.move(message.pk, MessageStatus.FAILED, failed_at=now):
            _waiting_again(message)
            _tell(message, now)


def refused_by_us(message: Message, reasons: tuple[Reason, ...], *, now: datetime) -> None:
    """The rules changed their answer between the press of Send and the worker."""
    refusal = [{"code": r.code.value, "params": _plain(r.params)} for r in reasons]
    with transaction.atomic():
        if Message.objects.move(message.pk, MessageStatus.FAILED, failed_at=now, refusal=refusal):
            _waiting_again(message)
            _tell(message, now)


def apply_status(message: Message, report: StatusReport) -> bool:
    """Takes one status in; whether anything that people see has changed. Runs in a transaction."""
    _learn_wamid(message, report.wamid)
    _learn_ids(message, report.wa_id, report.user_id)
    _, new = StatusEvent.objects.get_or_create(
        message=message,
        status=report.status,
        defaults={"at": report.at, "error_code": report.error_code, "pricing": report.pricing},
    )
    moment = MOMENTS.get(report.status)  # type: ignore[call-overload]
    if not new or moment is None:
        return new
    Message.objects.filter(pk=message.pk, **{f"{moment}__isnull": True}).update(
        **{moment: report.at}
    )
    if report.status == MessageStatus.FAILED:
        Message.objects.move(
            message.pk,
            MessageStatus.FAILED,
            error_code=report.error_code,
            error_title=report.error_title,
            error_details=report.error_details,
        )
        _remember_unreachable(message, report.error_code, report.at)
        _waiting_again(message)
    else:
        Message.objects.move(message.pk, report.status)
    return True


def expire_claims(*, now: datetime) -> int:
    """Messages whose worker has been gone for longer than any call takes become unconfirmed."""
    lease = timedelta(seconds=settings.WHATSAPP["SENDING_LEASE"])
    stale = list(
        Message.objects.filter(status=MessageStatus.SENDING, claimed_at__lt=now - lease)[:500]
    )
    for message in stale:
        with company_scope(message.company_id):
            lost(message, now=now)
    return len(stale)


def _learn_wamid(message: Message, wamid: str) -> None:
    if wamid:
        Message.objects.filter(pk=message.pk, wamid="").update(wamid=wamid)


def _learn_ids(message: Message, wa_id: str, user_id: str) -> None:
    """The wa_id that Meta answers may differ from the number dialled (Brazil, Mexico)."""
    contact = Contact.objects.get(conversations=message.conversation_id)
    news = {
        name: value
        for name, value in (("wa_id", wa_id), ("user_id", user_id))
        if value and not getattr(contact, name)
    }
    for name, value in news.items():
        # Somebody else of the portfolio may hold it: who that is, the next message tells.
        with suppress(IntegrityError), transaction.atomic():
            Contact.objects.filter(pk=contact.pk, **{name: ""}).update(**{name: value})


def _remember_unreachable(message: Message, code: int | None, at: datetime) -> None:
    if code == NOT_ON_WHATSAPP:
        Contact.objects.filter(conversations=message.conversation_id).update(undeliverable_since=at)


def _waiting_again(message: Message) -> None:
    """An answer that did not arrive is none: the candidate is waiting as before."""
    conversation = Conversation.objects.get(pk=message.conversation_id)
    if conversation.last_inbound_at is None:
        return
    answers = Message.objects.filter(
        conversation=conversation, direction=Direction.OUT, at__gte=conversation.last_inbound_at
    )
    if not answers.exclude(status=MessageStatus.FAILED).exists():
        Conversation.objects.filter(pk=conversation.pk, waiting_since=None).update(
            waiting_since=conversation.last_inbound_at
        )


def _tell(message: Message, now: datetime) -> None:
    events.message_changed(message.company_id, message.conversation_id, message.pk, now)


def _plain(params: Any) -> dict[str, Any]:
    """Parameters as JSON keeps them."""
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in params.items()
    }
