"""What became of a message: Meta's answer, the loss of it, and the statuses that follow.

Every function is safe to call twice and in any order: states move by compare-and-set, and only
forward (`models.message.MOVES`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from ats.tenancy import company_scope
from whatsapp import events, jobs
from whatsapp.contacts.identity import answered
from whatsapp.inbox.conversations import NOT_ON_WHATSAPP, hold, wait_again
from whatsapp.meta.errors import GraphError
from whatsapp.meta.types import SendResult
from whatsapp.models import (
    Contact,
    Conversation,
    Message,
    MessageStatus,
    StatusEvent,
    WebhookItem,
)
from whatsapp.models.message import MOMENTS, MOVES
from whatsapp.policy.reasons import Reason


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
        # People before messages: whoever groups people anew moves their messages.
        _learn_ids(message, result.wa_id or "", result.user_id or "", at=now)
        _learn_wamid(message, result.wamid, now=now)
        Message.objects.filter(pk=message.pk).update(accepted_at=now, claimed_at=None)
        Message.objects.move(message.pk, MessageStatus.ACCEPTED)
        _tell(message, now)


def lost(message: Message, *, now: datetime) -> None:
    """Nobody knows whether Meta took it: it waits for a status, and never goes again by itself."""
    with transaction.atomic():
        if Message.objects.move(message.pk, MessageStatus.UNCONFIRMED, claimed_at=None):
            _tell(message, now)


def put_back(message: Message, *, until: datetime, now: datetime) -> None:
    """Meta did certainly not take it: it goes again at `until`."""
    with transaction.atomic():
        ours = Message.objects.of_claim(message)
        if ours.move(message.pk, MessageStatus.QUEUED, next_try_at=until, claimed_at=None):
            _tell(message, now)


def refused_by_meta(message: Message, error: GraphError, *, now: datetime) -> None:
    with transaction.atomic():
        hold(message)
        moved = Message.objects.move(
            message.pk,
            MessageStatus.FAILED,
            failed_at=now,
            claimed_at=None,
            error_code=error.code,
            error_title=(error.title or error.message)[:300],
            error_details=error.details,
        )
        if moved:
            _remember_unreachable(message, error.code, now)
            wait_again(message.conversation_id)
            _tell(message, now)


def failed_here(message: Message, *, now: datetime) -> None:
    """Something in this system went wrong before anything reached Meta, and keeps going wrong."""
    with transaction.atomic():
        hold(message)
        if Message.objects.move(message.pk, MessageStatus.FAILED, failed_at=now, claimed_at=None):
            wait_again(message.conversation_id)
            _tell(message, now)


def refused_by_us(message: Message, reasons: tuple[Reason, ...], *, now: datetime) -> None:
    """The rules changed their answer between the press of Send and the worker."""
    refusal = [{"code": r.code.value, "params": _plain(r.params)} for r in reasons]
    with transaction.atomic():
        hold(message)
        if Message.objects.move(
            message.pk, MessageStatus.FAILED, failed_at=now, claimed_at=None, refusal=refusal
        ):
            wait_again(message.conversation_id)
            _tell(message, now)


def apply_status(message: Message, report: StatusReport, *, now: datetime) -> bool:
    """Takes one status in; whether anything that people see has changed. Runs in a transaction."""
    if _learn_ids(message, report.wa_id, report.user_id, at=report.at):
        # Regrouping people may have moved it to another thread.
        message.refresh_from_db(fields=["conversation"])
    _learn_wamid(message, report.wamid, now=now)
    event = StatusEvent(
        company_id=message.company_id,
        message=message,
        status=report.status,
        at=report.at,
        error_code=report.error_code,
        pricing=report.pricing,
    )
    if not StatusEvent.objects.note(event):
        return False
    if report.status not in MOMENTS:
        return True
    if MessageStatus.FAILED in (message.status, report.status):
        hold(message)
    before = Message.objects.tell(
        message.pk, report.status, company_id=message.company_id, at=report.at
    )
    if report.status == MessageStatus.FAILED:
        # Kept also where Meta says that it was delivered as well: the page tells both.
        Message.objects.filter(pk=message.pk).update(
            error_code=report.error_code,
            error_title=report.error_title,
            error_details=report.error_details,
        )
        _remember_unreachable(message, report.error_code, report.at)
    if MessageStatus.FAILED in (before, report.status) and before in MOVES[report.status]:
        wait_again(message.conversation_id)
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


def _learn_wamid(message: Message, wamid: str, *, now: datetime) -> None:
    """Statuses that came before Meta's answer wait for this id."""
    if message.wamid:
        return
    learned = wamid and Message.objects.filter(pk=message.pk, wamid="").update(wamid=wamid)
    if learned and WebhookItem.objects.answer(wamid, now=now):
        jobs.wake(jobs.APPLY_WEBHOOKS)


def _learn_ids(message: Message, wa_id: str, user_id: str, *, at: datetime) -> bool:
    """Who got it: the wa_id that Meta answers may differ from the number dialled, and a number may
    have a user id that was not known."""
    told = wa_id or message.wa_id, user_id or message.user_id
    if told == (message.wa_id, message.user_id):
        return False
    contact = Contact.objects.get(conversations=message.conversation_id)
    answered(contact, dialled=message.wa_id, wa_id=wa_id, user_id=user_id, at=at)
    return True


def _remember_unreachable(message: Message, code: int | None, at: datetime) -> None:
    """The newest such answer stands, unless the person has written since."""
    if code != NOT_ON_WHATSAPP:
        return
    contact = Contact.objects.filter(conversations=message.conversation_id)
    older = Q(undeliverable_since=None) | Q(undeliverable_since__lt=at)
    written_since = Conversation.objects.filter(contact=OuterRef("pk"), last_inbound_at__gt=at)
    contact.filter(older, ~Exists(written_since)).update(undeliverable_since=at)


def _tell(message: Message, now: datetime) -> None:
    events.message_changed(message.company_id, message.conversation_id, message.pk, now)


def _plain(params: Any) -> dict[str, Any]:
    """Parameters as JSON keeps them."""
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in params.items()
    }
