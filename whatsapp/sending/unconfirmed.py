"""Messages whose fate nobody knows: Meta's answer was lost and no status came. A person decides.

Whoever sends again accepts that the candidate may get the message twice. Both may be pressed twice;
a status that came meanwhile wins.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ats.public import User
from whatsapp import events, jobs
from whatsapp.inbox.conversations import hold, wait_again
from whatsapp.models import BulkRun, Message, MessageStatus, RunState
from whatsapp.policy.reasons import Reason, ReasonCode
from whatsapp.policy.send import LONGEST_WAIT
from whatsapp.sending.causes import to_store
from whatsapp.sending.send import NotAllowed


def send_again(message: Message, *, by: User, now: datetime) -> bool:
    """Back into the outbox; whether it was still unconfirmed. Raises `NotAllowed` where its bulk
    send was stopped, or where it is too old to be true."""
    if now - message.created_at > LONGEST_WAIT:
        hours = int(LONGEST_WAIT.total_seconds() // 3600)
        raise NotAllowed((Reason(ReasonCode.WAITED_TOO_LONG, {"hours": hours}),))
    with transaction.atomic():
        _open_run(message, now=now)
        waiting = Message.objects.filter(status=MessageStatus.UNCONFIRMED)
        if not waiting.move(message.pk, MessageStatus.QUEUED, next_try_at=now, claimed_at=None):
            return False
        _note(message, "unconfirmed_sent_again", by=by, now=now)
        jobs.wake(jobs.SEND_MESSAGES)
    return True


def leave_it(message: Message, *, by: User, now: datetime) -> bool:
    """It does not go again, and counts as not delivered unless Meta says otherwise one day; whether
    it was still unconfirmed."""
    refusal = to_store([Reason(ReasonCode.GIVEN_UP)])
    with transaction.atomic():
        hold(message)
        waiting = Message.objects.filter(status=MessageStatus.UNCONFIRMED)
        if not waiting.move(
            message.pk, MessageStatus.FAILED, failed_at=now, claimed_at=None, refusal=refusal
        ):
            return False
        wait_again(message.conversation_id)
        _note(message, "unconfirmed_left", by=by, now=now)
    return True


def _open_run(message: Message, *, now: datetime) -> None:
    """Messages of a run leave only while it runs."""
    if message.run_id is None:
        return
    run = BulkRun.objects.select_for_update(no_key=True).get(pk=message.run_id)
    if run.state == RunState.STOPPED:
        state = RunState(run.state).label
        raise NotAllowed((Reason(ReasonCode.RUN_MOVED_ON, {"state": state}),))
    if run.state == RunState.FINISHED:
        BulkRun.objects.move(run.pk, RunState.RUNNING, look_at=now, finished_at=None)


def _note(message: Message, verb: str, *, by: User, now: datetime) -> None:
    events.audit(actor=by, verb=verb, about=message, now=now)
    events.message_changed(message.company_id, message.conversation_id, message.pk, now)
    if message.run_id is not None:
        events.publish(message.company_id, "run", now=now, run=message.run_id)
