"""What became of a message: Meta's answer, the loss of it, and the statuses that follow.

Every function is safe to call twice and in any order: states move by compare-and-set, and only
forward (`models.message.MOVES`).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from ats.tenancy import all_companies, company_scope
from whatsapp import events, jobs
from whatsapp.connection.limits import wake_waiting
from whatsapp.contacts.identity import answered
from whatsapp.inbox.conversations import NOT_ON_WHATSAPP, hold, wait_again
from whatsapp.meta.errors import GraphError
from whatsapp.models import (
    AttemptOutcome,
    Contact,
    Conversation,
    Message,
    MessageStatus,
    RunRecipient,
    RunState,
    SendAttempt,
    StatusEvent,
    WebhookItem,
)
from whatsapp.models.message import MOMENTS, MOVES
from whatsapp.policy.outcomes import Fault, Held, Hold, what_now
from whatsapp.policy.reasons import Reason, ReasonCode
from whatsapp.sending import holds, ledger
from whatsapp.sending.causes import to_store

# After a fault of ours a message goes again, and after so long not any more.
AGAIN_AFTER = timedelta(seconds=30)
GIVEN_UP_AFTER = timedelta(hours=1)
# Meta: this person gets no more marketing from anybody for now.
MARKETING_LIMIT = 131049


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
    callback_id: uuid.UUID | None = None


def lost(message: Message, *, now: datetime) -> None:
    """Nobody knows whether Meta took it: it waits for a status, and never goes again by itself."""
    with transaction.atomic():
        ours = Message.objects.of_claim(message)
        if ours.move(message.pk, MessageStatus.UNCONFIRMED, claimed_at=None):
            settle_attempt(message, AttemptOutcome.LOST, now=now)
            _tell(message, now)


def put_back(
    message: Message, *, until: datetime, now: datetime, error_code: int | None = None
) -> None:
    """Meta did certainly not take it: it goes again at `until`."""
    if message.claimed_at is None:
        return
    with transaction.atomic():
        if Message.objects.put_back_all([message.pk], claim=message.claimed_at, until=until):
            settle_attempt(message, AttemptOutcome.NOT_TAKEN, now=now, error_code=error_code)
            _tell(message, now)


def not_ready(message: Message, *, now: datetime) -> None:
    """A fault of ours before anything has left: it goes again, and fails in words if it never
    can."""
    if now - message.created_at > GIVEN_UP_AFTER:
        failed_here(message, now=now)
    else:
        put_back(message, until=now + AGAIN_AFTER, now=now)


def settle_attempt(
    message: Message, outcome: AttemptOutcome, *, now: datetime, error_code: int | None = None
) -> None:
    """What became of the message's last attempt, where nothing is known of it yet."""
    rows = SendAttempt.objects.filter(message=message, outcome=AttemptOutcome.OPEN)
    rows.update(outcome=outcome, answered_at=now, error_code=error_code)


def refused_by_meta(message: Message, error: GraphError, *, now: datetime) -> None:
    with transaction.atomic():
        hold(message)
        ours = Message.objects.of_claim(message)
        moved = ours.move(
            message.pk,
            MessageStatus.FAILED,
            failed_at=now,
            claimed_at=None,
            next_try_at=None,
            error_code=error.code,
            error_title=(error.title or error.message)[:300],
            error_details=error.details,
        )
        if moved:
            settle_attempt(message, AttemptOutcome.REFUSED, now=now, error_code=error.code)
            _did_not_arrive(message, error.code, now)
            wait_again(message.conversation_id)
            give_place_back(message, now=now)
            _tell(message, now)


def failed_here(message: Message, *, now: datetime) -> None:
    """Something in this system went wrong before anything reached Meta, and keeps going wrong."""
    with transaction.atomic():
        hold(message)
        ours = Message.objects.of_claim(message)
        if ours.move(
            message.pk, MessageStatus.FAILED, failed_at=now, claimed_at=None, next_try_at=None
        ):
            settle_attempt(message, AttemptOutcome.NOT_TAKEN, now=now)
            wait_again(message.conversation_id)
            give_place_back(message, now=now)
            _tell(message, now)


def refused_by_us(message: Message, reasons: tuple[Reason, ...], *, now: datetime) -> None:
    """The rules changed their answer between the press of Send and the worker. Never of a message
    that a worker has handed over meanwhile: what leaves is not called refused."""
    refusal = to_store(reasons)
    with transaction.atomic():
        hold(message)
        if Message.objects.filter(status=MessageStatus.QUEUED).move(
            message.pk,
            MessageStatus.FAILED,
            failed_at=now,
            claimed_at=None,
            next_try_at=None,
            refusal=refusal,
        ):
            wait_again(message.conversation_id)
            give_place_back(message, now=now)
            _tell(message, now)


def apply_status(message: Message, report: StatusReport, *, now: datetime) -> bool:
    """Takes one status in; whether anything that people see has changed. Runs in a transaction."""
    if _learn_ids(message, report.wa_id, report.user_id, at=report.at):
        # Regrouping people may have moved it to another thread.
        message.refresh_from_db(fields=["conversation"])
    if report.status == MessageStatus.FAILED:
        # People and threads before messages.
        hold(message)
    _learn_wamid(message, report, now=now)
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
        _did_not_arrive(message, report.error_code, report.at)
    elif message.initiated and report.status == MessageStatus.DELIVERED:
        ledger.delivered(ledger.holder_of(message), at=report.at, now=now)
    if MessageStatus.FAILED in (before, report.status) and before in MOVES[report.status]:
        wait_again(message.conversation_id)
        if report.status == MessageStatus.FAILED:
            _others_wait(message, report, now=now)
            give_place_back(message, now=now)
    return True


def refuse_stopped(*, now: datetime, run_id: int | None = None) -> int:
    """What came back into the outbox of a run that was stopped does not go. Each in a transaction
    of its own, since other threads are locked beside it."""
    stopped = {"run": run_id} if run_id else {"run__state": RunState.STOPPED}
    with all_companies():
        rows = Message.objects.filter(
            status=MessageStatus.QUEUED, next_try_at__isnull=False, **stopped
        )
        left = list(rows.order_by("pk")[:500])
    for message in left:
        with company_scope(message.company_id):
            refused_by_us(message, (Reason(ReasonCode.RUN_STOPPED),), now=now)
    return len(left)


def _others_wait(message: Message, report: StatusReport, *, now: datetime) -> None:
    """What Meta says of this message after it took it may be so of all others like it."""
    if report.error_code is None:
        return
    decided = what_now(
        Fault(report.error_code, report.error_details),
        attempts=message.attempts,
        is_bulk=message.run_id is not None,
        now=now,
        before=holds.before(message, report.error_code),
    )
    if isinstance(decided, Hold) and decided.held is not Held.CONNECTION:
        holds.put_hold(message, decided, report.error_code, report.error_details, now=now)


def expire_claims(*, now: datetime) -> int:
    """What dead workers left: what they had only claimed goes again; what they had handed over is
    unconfirmed, and waits for a status and then for a person. Returns how many of the latter."""
    before = now - timedelta(seconds=settings.WHATSAPP["SENDING_LEASE"])
    RunRecipient.objects.free_claims(before=before, now=now)
    Message.objects.free_claims(before=before, now=now)
    refuse_stopped(now=now)
    stale = list(Message.objects.filter(status=MessageStatus.SENDING, claimed_at__lt=before)[:500])
    for message in stale:
        with company_scope(message.company_id):
            lost(message, now=now)
    return len(stale)


def _learn_wamid(message: Message, report: StatusReport, *, now: datetime) -> None:
    """Statuses that came before Meta's answer wait for this id."""
    if message.wamid == report.wamid:
        return
    nameless = Message.objects.filter(pk=message.pk, wamid="")
    learned = bool(report.wamid) and nameless.update(wamid=report.wamid)
    if report.callback_id is not None:
        # Also of an attempt that was taken for lost: that it arrived after all is not forgotten.
        SendAttempt.objects.filter(message=message, callback_id=report.callback_id).update(
            wamid=report.wamid, outcome=AttemptOutcome.ACCEPTED, answered_at=now
        )
    if learned and WebhookItem.objects.answer(report.wamid, now=now):
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


def give_place_back(message: Message, *, now: datetime) -> None:
    """Meta counts who was reached: a message that did not arrive takes no place."""
    if message.initiated and ledger.give_back(ledger.holder_of(message), now=now):
        portfolio_id = ledger.portfolio_of(message.conversation.sender.waba)
        # Afterwards, because runs are locked before the portfolio elsewhere.
        transaction.on_commit(lambda: wake_waiting(portfolio_id, now=now))


def _did_not_arrive(message: Message, code: int | None, at: datetime) -> None:
    """What a failure tells about the person, for the next time."""
    if code == NOT_ON_WHATSAPP:
        _remember_unreachable(message, at)
    elif code == MARKETING_LIMIT:
        older = Q(marketing_refused_at=None) | Q(marketing_refused_at__lt=at)
        contact = Contact.objects.filter(older, conversations=message.conversation_id)
        contact.update(marketing_refused_at=at)


def _remember_unreachable(message: Message, at: datetime) -> None:
    """The newest such answer stands, unless the person has written since."""
    contact = Contact.objects.filter(conversations=message.conversation_id)
    older = Q(undeliverable_since=None) | Q(undeliverable_since__lt=at)
    written_since = Conversation.objects.filter(contact=OuterRef("pk"), last_inbound_at__gt=at)
    contact.filter(older, ~Exists(written_since)).update(undeliverable_since=at)


def _tell(message: Message, now: datetime) -> None:
    events.message_changed(message.company_id, message.conversation_id, message.pk, now)
