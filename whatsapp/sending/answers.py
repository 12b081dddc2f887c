"""What Meta answered to what was handed over, stored: many accepted ones in a few statements."""

from __future__ import annotations

import logging
import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction

from ats.tenancy import all_companies, company_scope
from whatsapp import events, figures, jobs
from whatsapp.connection.sync import break_connection, request_sync
from whatsapp.connection.vault import Locked
from whatsapp.contacts.many import Told, learn
from whatsapp.figures.errors import Scope
from whatsapp.meta.errors import AnswerLost, GraphError, NotSent, PermissionError_
from whatsapp.meta.types import SendResult
from whatsapp.models import AttemptOutcome, Message, MessageStatus, SendAttempt, WebhookItem
from whatsapp.models.message import MOVES
from whatsapp.models.outbox import Taken
from whatsapp.policy.outcomes import AgainAt, Fault, Held, Hold, what_now
from whatsapp.sending import holds, outcome, pace
from whatsapp.sending.content import forget_upload
from whatsapp.sending.outgoing import Outgoing

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]

# The process stood still between the hand-over and the request: nothing has left.
TOO_LATE = NotSent("the message was not sent in time")
# A request that never left: as if Meta had said that it is down.
UNREACHABLE = GraphError(2, title="Meta could not be reached", transient=True)
# Meta, "Error codes": a parameter that is not valid, a file that it could not read or store.
FILE_NOT_KNOWN = (131009, 131052, 131053)
# Meta's `message_status` where it took a message and keeps it back.
KEPT_BACK = {"held_for_quality_assessment", "paused"}
FOLLOWS = {
    str(status): [str(one) for one in MOVES[status]]
    for status in (MessageStatus.ACCEPTED, MessageStatus.HELD)
}


@dataclass(frozen=True, slots=True)
class Answer:
    """`uploaded`: it is about the file of a message, which has not been handed over yet. `at`: when
    it came, by `time.monotonic`."""

    outgoing: Outgoing
    result: SendResult | None = None
    error: Exception | None = None
    uploaded: bool = False
    at: float = field(default_factory=time.monotonic)


def not_left(those: Sequence[Outgoing], *, now: datetime) -> None:
    """Attempts that may have been noted, of messages that did not leave."""
    with all_companies():
        SendAttempt.objects.filter(
            callback_id__in=[one.callback_id for one in those], outcome=AttemptOutcome.OPEN
        ).update(outcome=AttemptOutcome.NOT_TAKEN, answered_at=now)


def store(answers: Sequence[Answer], clock: Clock) -> None:
    """Writes each down where it is not yet. May be called again after a failure half way."""
    taken: dict[int, list[Answer]] = defaultdict(list)
    for answer in answers:
        if answer.result is not None:
            taken[answer.outgoing.company_id].append(answer)
    for company_id, those in taken.items():
        with company_scope(company_id):
            _each_if_need_be(company_id, those, now=clock())
    for answer in answers:
        if answer.error is not None:
            with company_scope(answer.outgoing.company_id):
                _failed(answer.outgoing, answer.error, clock)


def _each_if_need_be(company_id: int, those: Sequence[Answer], *, now: datetime) -> None:
    """Together; where one of them cannot be stored, the others are all the same."""
    try:
        _accepted(company_id, those, now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        if len(those) == 1:
            # Its status tells of it later; until then it waits as one whose answer was lost.
            logger.exception("send_answer_not_stored message=%s", those[0].outgoing.message_id)
            return
        for one in those:
            _each_if_need_be(company_id, [one], now=now)


def _accepted(company_id: int, those: Sequence[Answer], *, now: datetime) -> None:
    """People before messages: whoever groups people anew moves their messages."""
    told: dict[str, list[Told]] = defaultdict(list)
    taken = []
    for answer in those:
        one, result = answer.outgoing, answer.result
        assert result is not None
        told[one.portfolio_id].append(
            Told(one.contact_id, one.dialled, result.wa_id or "", result.user_id or "")
        )
        status = MessageStatus.ACCEPTED
        if result.message_status in KEPT_BACK:
            status = MessageStatus.HELD
        taken.append(Taken(one.message_id, one.attempt, result.wamid, str(status)))
        _heed_usage(one, result, now=now)
    for portfolio_id, people in told.items():
        learn(people, portfolio_id=portfolio_id, at=now)
    with transaction.atomic():
        stored = Message.objects.take(taken, company_id=company_id, may=FOLLOWS, now=now)
        if WebhookItem.objects.answer(*(one.wamid for one in taken), now=now):
            jobs.wake(jobs.APPLY_WEBHOOKS)
        events.messages_changed(company_id, [(row[1], row[0]) for row in stored], now)


def _heed_usage(one: Outgoing, result: SendResult, *, now: datetime) -> None:
    """Meta counts our calls and says how near the end is: before it refuses, the account rests for
    as long as it says."""
    usage = result.usage
    if usage is None or usage.percent < figures.at(now).messaging.management_back_off_percent:
        return
    try:
        pace.PACE.back_off(pace.Scope.WABA, one.sender.waba_id, usage.regain_access_seconds)
    except pace.PaceAway:
        logger.warning("send_pace_not_slowed scope=waba")


def _failed(one: Outgoing, error: Exception, clock: Clock) -> None:
    rows = Message.objects.select_related("conversation__sender__waba__connection", "template")
    message = rows.get(pk=one.message_id)
    # Whoever took it over since, because this worker seemed dead, decides about it.
    message.claimed_at = one.claim
    now = clock()
    if isinstance(error, Locked):
        _broken(message, str(error), now=now)
    elif isinstance(error, NotSent | GraphError):
        _refused(message, one, error, now=now)
    elif one.message is not None:
        # Its file did not reach Meta, for a reason of ours; the message itself has not left.
        logger.error("send_file_not_ready message=%s", message.pk, exc_info=error)
        outcome.not_ready(message, now=now)
    else:
        if isinstance(error, AnswerLost):
            logger.warning("send_answer_lost message=%s", message.pk)
        else:
            # A fault of ours does not tell whether anything has left.
            logger.error("send_broke_off message=%s", message.pk, exc_info=error)
        outcome.lost(message, now=now)


def _refused(
    message: Message, one: Outgoing, error: NotSent | GraphError, *, now: datetime
) -> None:
    if isinstance(error, NotSent) and not error.transient:
        outcome.failed_here(message, now=now)
        return
    fault = error if isinstance(error, GraphError) else UNREACHABLE
    if fault.code in FILE_NOT_KNOWN and forget_upload(message, one.payload, now=now):
        # Meta may forget a file before it said it would.
        outcome.put_back(message, until=now, now=now, error_code=fault.code)
        return
    decided = what_now(
        Fault(fault.code, fault.details, fault.http_status, retry_after(fault)),
        attempts=one.attempt,
        is_bulk=one.run is not None,
        now=now,
        before=holds.before(message, fault.code),
        spread=random.random(),
    )
    logger.warning("send_refused message=%s error=%s", message.pk, fault)
    match decided:
        case AgainAt():
            outcome.put_back(message, until=decided.when, now=now, error_code=fault.code)
            _slow_down(decided.scope, one, fault)
            if isinstance(fault, PermissionError_):
                request_sync(one.connection, now=now)
        case Hold(held=Held.CONNECTION):
            _broken(message, fault.explanation.sentence, now=now)
        case Hold():
            holds.put_hold(message, decided, fault.code, fault.details, now=now)
            request_sync(one.connection, now=now)
            if decided.keeps:
                outcome.put_back(message, until=now, now=now, error_code=fault.code)
            else:
                outcome.refused_by_meta(message, fault, now=now)
        case _:
            outcome.refused_by_meta(message, fault, now=now)


def retry_after(error: GraphError) -> float | None:
    """Seconds that Meta asked for, where it did."""
    return getattr(error, "retry_after", None)


def _broken(message: Message, cause: str, *, now: datetime) -> None:
    """Not this message's fault: it waits for a new login. In this order, or it would be tried again
    before the connection is known to be broken."""
    break_connection(message.conversation.sender.waba.connection, cause=cause, now=now)
    outcome.put_back(message, until=now, now=now)


def _slow_down(scope: Scope | None, one: Outgoing, error: GraphError) -> None:
    """Whoever shares what Meta's refusal is about waits too; others go on."""
    keys: dict[Scope | None, tuple[pace.Scope, str | int]] = {
        Scope.SENDER: (pace.Scope.SENDER, one.sender.pk),
        Scope.WABA: (pace.Scope.WABA, one.sender.waba_id),
        Scope.APP: (pace.Scope.APP, pace.APP),
        Scope.PAIR: (pace.Scope.PAIR, pace.pair_of(one.sender.pk, one.contact_id)),
    }
    if scope in keys:
        try:
            pace.PACE.back_off(*keys[scope], retry_after(error))
        except pace.PaceAway:
            logger.warning("send_pace_not_slowed scope=%s", scope)
