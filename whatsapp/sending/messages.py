"""From claimed messages to ones that may leave: the rules are asked again, and the ledger."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction

from ats.tenancy import all_companies, company_scope
from whatsapp.models import BulkRun, Message
from whatsapp.policy.decision import Refused, Wait
from whatsapp.policy.facts import SendFacts
from whatsapp.policy.reasons import Reason, ReasonCode
from whatsapp.policy.runs import is_of_everybody
from whatsapp.policy.send import may_send, window
from whatsapp.sending import ledger, outcome
from whatsapp.sending.content import facts_of, payload_of, waits_for_file
from whatsapp.sending.facts import gather
from whatsapp.sending.outgoing import Outgoing
from whatsapp.sending.target import target_of
from whatsapp.sending.waiting import ask_gate_first

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]

UNUSABLE = ReasonCode.CONNECTION_BROKEN, ReasonCode.CONNECTING
# Where no place is free and nobody can say when one will be.
PLACE_AGAIN = timedelta(minutes=1)


def prepare_messages(ids: Sequence[int], *, claim: datetime, clock: Clock) -> list[Outgoing]:
    """Those that may leave, still of this claim; the others are put back or have failed."""
    if not ids:
        return []
    with all_companies():
        rows = Message.objects.select_related(
            "author",
            "company",
            "template",
            "run__author",
            "run__agreed_by",
            "media",
            "sender__waba",
            "conversation__contact__candidate",
            "conversation__sender__waba__connection",
        ).filter(pk__in=ids, claimed_at=claim)
        messages = list(rows.order_by("pk"))
    found = []
    for message in messages:
        with company_scope(message.company_id):
            outgoing = _prepare(message, clock)
        if outgoing is not None:
            found.append(outgoing)
    return found


def _prepare(message: Message, clock: Clock) -> Outgoing | None:
    try:
        facts = _facts(message, now=clock())
        decision = may_send(facts, now=clock())
        if isinstance(decision, Refused):
            _refused(message, decision.reasons, now=clock())
            return None
        if isinstance(decision, Wait):
            outcome.put_back(message, until=decision.until, now=clock())
            return None
        if not _has_place(message, facts, now=clock()):
            return None
        return _outgoing(message)
    except (OperationalError, InterfaceError):
        # The database is away: the claim runs out, or the engine puts it back.
        raise
    except Exception:
        logger.exception("send_not_prepared message=%s", message.pk)
        outcome.not_ready(message, now=clock())
        return None


def _refused(message: Message, reasons: tuple[Reason, ...], *, now: datetime) -> None:
    if message.run_id is None and any(one.code in UNUSABLE for one in reasons):
        # It broke, or somebody logged in, since this was claimed; nobody claims again before the
        # connection stands.
        outcome.put_back(message, until=now, now=now)
        return
    if message.run_id is None or not is_of_everybody(reasons):
        outcome.refused_by_us(message, reasons, now=now)
        return
    with transaction.atomic():
        # The run waits, and the message with it.
        ask_gate_first(BulkRun.objects.filter(pk=message.run_id), now=now)
        outcome.put_back(message, until=now, now=now)


def _facts(message: Message, *, now: datetime) -> SendFacts:
    run = message.run
    return gather(
        target_of(message.conversation),
        facts_of(message, now=now),
        company=message.company,
        author=(run.agreed_by or run.author) if run else message.author,
        written_at=message.created_at if message.run_id is None else None,
    )


def _has_place(message: Message, facts: SendFacts, *, now: datetime) -> bool:
    """Whether it may begin a conversation outside the window, or needs not; else it is put back."""
    if window(facts.recipient.last_inbound_at, now).open:
        return True
    sender = message.conversation.sender
    contact = message.conversation.contact
    ask = ledger.Ask(
        holder=ledger.holder_of(message),
        number=contact.wa_id or contact.phone.removeprefix("+"),
        user_id=contact.user_id,
        company_id=message.company_id,
        sender_id=sender.pk,
        author_id=message.author_id,
    )
    admission = ledger.admit(ledger.portfolio_of(sender.waba), [ask], run=message.run, now=now)
    if ask.holder not in admission.granted:
        outcome.put_back(message, until=admission.frees_at or now + PLACE_AGAIN, now=now)
        return False
    if not message.initiated:
        Message.objects.filter(pk=message.pk).update(initiated=True)
    return True


def _outgoing(message: Message) -> Outgoing:
    sender = message.conversation.sender
    contact = message.conversation.contact
    with_file = waits_for_file(message)
    return Outgoing(
        message_id=message.pk,
        company_id=message.company_id,
        conversation_id=message.conversation_id,
        contact_id=contact.pk,
        sender=sender,
        connection=sender.waba.connection,
        dialled=contact.wa_id or contact.phone.removeprefix("+"),
        attempt=message.attempts + 1,
        claim=message.claimed_at,  # type: ignore[arg-type]
        payload={} if with_file else payload_of(message, to=address_of(message)),
        # Every attempt has its own name at Meta; the first has the message's.
        callback_id=message.callback_id if message.attempts == 0 else uuid.uuid4(),
        run=message.run,
        message=message if with_file else None,
    )


def address_of(message: Message) -> str:
    """The wa_id that Meta told, else the number, else the business-scoped user id."""
    contact = message.conversation.contact
    return f"+{contact.wa_id}" if contact.wa_id else contact.phone or contact.user_id
