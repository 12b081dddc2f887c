"""Takes messages out of the outbox and hands them to Meta, one call each."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from ats.tenancy import all_companies, company_scope
from whatsapp.connection.clients import client_for
from whatsapp.connection.sync import break_connection, request_sync
from whatsapp.connection.vault import Locked
from whatsapp.meta.errors import (
    AnswerLost,
    AuthError,
    GraphError,
    NotSent,
    PermissionError_,
    RateLimited,
)
from whatsapp.models import Message
from whatsapp.policy.decision import Allowed, Refused, Wait
from whatsapp.policy.send import may_send
from whatsapp.sending import outcome
from whatsapp.sending.content import facts_of, payload_of
from whatsapp.sending.facts import gather
from whatsapp.sending.target import target_of

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]

# Tries of a message that Meta has certainly not taken; after that it has failed and says why.
MOST_TRIES = 6
UNREACHABLE = GraphError(2, title="Meta could not be reached", transient=True)


def drain(clock: Clock, go_on: Callable[[], bool] = lambda: True) -> bool:
    """Sends what is due, for as long as `go_on` says; whether nothing is left."""
    while go_on():
        if not send_next(clock):
            return True
    return False


def send_next(clock: Clock) -> bool:
    """Claims one message, commits that, and delivers it; whether there was one."""
    with all_companies(), transaction.atomic():
        claimed = Message.objects.claim_next(now=clock())
    if claimed is None:
        return False
    with company_scope(claimed.company_id):
        message = Message.objects.select_related(
            "author",
            "company",
            "template",
            "conversation__contact__candidate",
            "conversation__sender__waba__connection",
        ).get(pk=claimed.pk)
        _deliver(message, clock)
    return True


def _deliver(message: Message, clock: Clock) -> None:
    try:
        prepared = _prepare(message, now=clock())
    except Exception:
        # Nothing has left: it goes again, and fails in words if it never can.
        logger.exception("send_not_prepared message=%s", message.pk)
        _again(message, None, clock)
        return
    if isinstance(prepared, Refused):
        outcome.refused_by_us(message, prepared.reasons, now=clock())
    elif isinstance(prepared, Wait):
        outcome.put_back(message, until=prepared.until, now=clock())
    else:
        _call(message, prepared, clock)


def _prepare(message: Message, *, now: datetime) -> dict[str, Any] | Refused | Wait:
    """The body for Meta, unless the rules say otherwise by now."""
    facts = gather(
        target_of(message.conversation),
        facts_of(message, now=now),
        company=message.company,
        author=message.author,
        written_at=message.created_at,
    )
    decision = may_send(facts, now=now)
    if not isinstance(decision, Allowed):
        return decision
    return payload_of(message, to=_address(message))


def _call(message: Message, payload: dict[str, Any], clock: Clock) -> None:
    connection = message.conversation.sender.waba.connection
    try:
        client = client_for(connection)
        result = client.send_message(message.conversation.sender.phone_number_id, payload)
    except AnswerLost:
        logger.warning("send_answer_lost message=%s", message.pk)
        outcome.lost(message, now=clock())
    except PermissionError_ as error:
        # This number's, or the whole company's: reading from Meta tells which.
        logger.warning("send_not_permitted message=%s error=%s", message.pk, error)
        request_sync(connection, now=clock())
        _again(message, error, clock)
    except (AuthError, Locked) as error:
        # Not this message's fault: it waits for a new login.
        logger.warning("send_connection_broken message=%s cause=%s", message.pk, error)
        outcome.put_back(message, until=clock(), now=clock())
        break_connection(connection, cause=_cause(error), now=clock())
    except NotSent as error:
        if error.transient:
            _again(message, UNREACHABLE, clock)
        else:
            outcome.failed_here(message, now=clock())
    except GraphError as error:
        logger.warning("send_refused message=%s error=%s", message.pk, error)
        if error.transient:
            _again(message, error, clock)
        else:
            outcome.refused_by_meta(message, error, now=clock())
    else:
        outcome.accepted(message, result, now=clock())


def _address(message: Message) -> str:
    """The wa_id that Meta told, else the number, else the business-scoped user id."""
    contact = message.conversation.contact
    return f"+{contact.wa_id}" if contact.wa_id else contact.phone or contact.user_id


def _again(message: Message, error: GraphError | None, clock: Clock) -> None:
    """Back into the outbox with a growing pause, or failed once that has been tried enough.

    `error` is None where the fault is ours.
    """
    now = clock()
    if message.attempts < MOST_TRIES:
        # Meta asks for 4^X seconds where it is too fast (Meta, error 131056).
        base = 4.0 if isinstance(error, RateLimited) else 2.0
        told = getattr(error, "retry_after", None)
        pause = told or base**message.attempts * random.uniform(0.75, 1.25)
        outcome.put_back(message, until=now + timedelta(seconds=pause), now=now)
    elif error is None:
        outcome.failed_here(message, now=now)
    else:
        outcome.refused_by_meta(message, error, now=now)


def _cause(error: GraphError | Locked) -> str:
    return str(error) if isinstance(error, Locked) else error.explanation.sentence
