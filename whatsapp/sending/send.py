"""A person sends one message: decided, written to the outbox, and on its way.

Nothing is sent from here. The row is committed first; a worker takes it, asks the policy again, and
talks to Meta (`sending/engine.py`).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from ats.public import User, company_of
from whatsapp import events, jobs
from whatsapp.inbox.conversations import show_as_last
from whatsapp.media.outgoing import kept
from whatsapp.models import (
    Conversation,
    Direction,
    MediaFile,
    Message,
    MessageKind,
    MessageStatus,
)
from whatsapp.policy.decision import Allowed, Decision, Refused
from whatsapp.policy.reasons import Reason, ReasonCode
from whatsapp.policy.send import may_send, window
from whatsapp.sending import ledger
from whatsapp.sending.content import Draft
from whatsapp.sending.facts import gather
from whatsapp.sending.target import Target, open_conversation


class NotAllowed(Exception):
    """The policy refuses; `reasons` are all of them."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__(", ".join(reason.code for reason in reasons))
        self.reasons = tuple(reasons)


def decide(target: Target, draft: Draft, *, author: User, now: datetime) -> Decision:
    """Whether this may go now: the same answer for the composer, the API and the worker."""
    facts = gather(
        target, draft.facts(target.sender, now=now), company=company_of(author), author=author
    )
    decision = may_send(facts, now=now)
    return _with_place(target, draft, now=now) if isinstance(decision, Allowed) else decision


def _with_place(target: Target, draft: Draft, *, now: datetime) -> Decision:
    """Whoever begins a conversation is told at once that Meta's limit is reached; the worker takes
    the place."""
    by_template = draft.kind == MessageKind.TEMPLATE
    begins = by_template and not window(target.last_inbound_at, now).open
    if not begins or target.sender is None:
        return Allowed()
    contact = target.contact
    number = target.mobile or (contact.phone if contact else "")
    full = ledger.full_until(
        ledger.portfolio_of(target.sender.waba),
        number,
        contact.user_id if contact else "",
        now=now,
    )
    if full is None:
        return Allowed()
    return Refused((Reason(ReasonCode.LIMIT_REACHED, {"most": full[0], "place": full[1]}),))


def send(*, target: Target, draft: Draft, by: User, client_id: uuid.UUID, now: datetime) -> Message:
    """Writes one message to the outbox. Raises `NotAllowed`.

    `client_id` is the browser's name for the draft: sending it twice, by a double click or a weak
    line, answers with the message of the first time.
    """
    earlier = _sent_before(target, draft, by=by, client_id=client_id)
    if earlier is not None:
        return earlier
    decision = decide(target, draft, author=by, now=now)
    if not isinstance(decision, Allowed):
        raise NotAllowed(decision.reasons)
    try:
        with (
            kept(draft.file, company_id=company_of(by).pk, now=now) as media,
            transaction.atomic(),
        ):
            return _write(target, draft, media, by=by, client_id=client_id, now=now)
    except IntegrityError:
        # The other click was faster by a moment.
        earlier = _sent_before(target, draft, by=by, client_id=client_id)
        if earlier is None:
            raise
        return earlier


def _sent_before(target: Target, draft: Draft, *, by: User, client_id: uuid.UUID) -> Message | None:
    """The message of an earlier press of Send. Raises `NotAllowed` where that one said something
    else: answering with it would drop what was written now."""
    earlier = Message.objects.filter(client_id=client_id).first()
    if earlier is None:
        return None
    conversation = target.conversation
    same = (
        (conversation is None or earlier.conversation_id == conversation.pk)
        and earlier.author_id == by.pk
        and draft.is_same_as(earlier)
    )
    if not same:
        raise NotAllowed((Reason(ReasonCode.DRAFT_CHANGED),))
    return earlier


def _write(
    target: Target,
    draft: Draft,
    media: MediaFile | None,
    *,
    by: User,
    client_id: uuid.UUID,
    now: datetime,
) -> Message:
    conversation = open_conversation(target, by=by, now=now)
    contact = conversation.contact
    message = Message.objects.create(
        conversation=conversation,
        wa_id=contact.wa_id or contact.phone.removeprefix("+"),
        user_id=contact.user_id,
        sender_id=conversation.sender_id,
        direction=Direction.OUT,
        kind=draft.kind,
        status=MessageStatus.QUEUED,
        text=draft.text(),
        content=draft.content(),
        template=draft.template,
        context_wamid=draft.context_wamid,
        author=by,
        client_id=client_id,
        at=now,
        created_at=now,
        next_try_at=now,
    )
    if media is not None:
        media.message = message
        media.save(force_insert=True)
    # Whoever writes has read, and has answered unless it is a mere emoji.
    read = {"unread_count": 0, "read_at": now}
    if draft.is_answer:
        show_as_last(conversation.pk, message)
        read["waiting_since"] = None
    Conversation.objects.filter(pk=conversation.pk).update(**read)
    events.message_changed(message.company_id, conversation.pk, message.pk, now)
    jobs.wake(jobs.SEND_MESSAGES)
    return message
