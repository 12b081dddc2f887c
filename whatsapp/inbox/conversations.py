"""The conversation between a sender and a contact, and what people do with it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest, Least

from ats.public import User
from whatsapp import events
from whatsapp.models import (
    ChangeKind,
    Contact,
    Conversation,
    Direction,
    Message,
    MessageChange,
    MessageStatus,
    Sender,
)

# Meta: the number has no WhatsApp, or its owner takes nothing from businesses.
NOT_ON_WHATSAPP = 131026


def conversation_between(sender: Sender, contact: Contact, *, now: datetime) -> Conversation:
    """The one thread of the two, made where there is none."""
    conversation = Conversation.objects.between(
        sender.company_id, sender_id=sender.pk, contact_id=contact.pk
    )
    if conversation is None:
        conversation, _ = Conversation.objects.get_or_create(
            sender=sender,
            contact=contact,
            defaults={"created_at": now, "last_message_at": now},
        )
    if conversation.moved_to_id is not None:
        # It was left empty once; from now on it holds messages again.
        conversation.moved_to = None
        conversation.save(update_fields=["moved_to"])
    return conversation


def conversations_between(
    sender: Sender, contact_ids: Collection[int], *, now: datetime
) -> dict[int, int]:
    """As `conversation_between`, for many contacts: the keys of the threads, by contact."""
    rows = Conversation.objects.filter(sender=sender, contact__in=contact_ids)
    found = list(rows)
    threads = {row.contact_id: row.pk for row in found}
    new = [pk for pk in contact_ids if pk not in threads]
    if new:
        threads |= Conversation.objects.begin(
            sender.company_id, sender_id=sender.pk, contact_ids=new, now=now
        )
    if any(row.moved_to_id for row in found):
        # Left empty once; from now on they hold messages again.
        rows.filter(moved_to__isnull=False).update(moved_to=None)
    return threads


def count_in(conversation_id: int, *, at: datetime) -> None:
    """Something came in that opens the window and waits for an answer; in any order."""
    Conversation.objects.filter(pk=conversation_id).update(
        unread_count=F("unread_count") + 1,
        waiting_since=Least(Coalesce("waiting_since", at), at),
        last_inbound_at=Greatest(Coalesce("last_inbound_at", at), at),
    )


def recount(conversation: Conversation) -> None:
    """Everything kept beside a thread, from its rows: equal to what counting one by one gives."""
    conversation = _locked(conversation.pk)
    messages = Message.objects.filter(conversation=conversation)
    came_in = [
        messages.filter(direction=Direction.IN),
        _reactions(conversation),
    ]
    since = {"created_at__gt": conversation.read_at} if conversation.read_at else {}
    edits = MessageChange.objects.filter(conversation=conversation, kind=ChangeKind.EDIT)
    newest = messages.shown().order_by("-at", "-pk").first()
    conversation.last_message = newest
    conversation.last_message_at = newest.at if newest else conversation.created_at
    conversation.last_inbound_at = max(
        (at for rows in came_in if (at := rows.aggregate(at=Max("at"))["at"])), default=None
    )
    conversation.unread_count = sum(rows.filter(**since).count() for rows in [*came_in, edits])
    conversation.waiting_since = _waiting_since(conversation)
    conversation.save(
        update_fields=[
            "last_message",
            "last_message_at",
            "last_inbound_at",
            "unread_count",
            "waiting_since",
        ]
    )


def recall_unreachable(contact_ids: Collection[int]) -> None:
    """Anew from their messages, some of which came from or went to other people's threads: when
    Meta last said that they have no WhatsApp."""
    said = Message.objects.filter(
        conversation__contact=OuterRef("pk"),
        direction=Direction.OUT,
        error_code=NOT_ON_WHATSAPP,
        failed_at__isnull=False,
    )
    newest = said.order_by("-failed_at").values("failed_at")[:1]
    Contact.objects.filter(pk__in=contact_ids).update(undeliverable_since=Subquery(newest))
    forgive(contact_ids)


def forgive(contact_ids: Collection[int]) -> None:
    """Whoever has written or called since Meta said that they have no WhatsApp has it."""
    since = Conversation.objects.filter(
        contact=OuterRef("pk"), last_inbound_at__gt=OuterRef("undeliverable_since")
    )
    Contact.objects.filter(Exists(since), pk__in=contact_ids).update(undeliverable_since=None)


def wait_again(conversation_id: int) -> None:
    """An answer that did not arrive is none: the candidate is waiting as before it."""
    conversation = _locked(conversation_id)
    conversation.waiting_since = _waiting_since(conversation)
    conversation.save(update_fields=["waiting_since"])


def hold(message: Message) -> None:
    """Locks the person and the thread of a message, before the message itself: the order in which
    those go who group people anew. Call it in a transaction."""
    rows = Conversation.objects.filter(messages=message.pk)
    Contact.objects.select_for_update(no_key=True).filter(conversations__in=rows).first()
    Conversation.objects.select_for_update(no_key=True).filter(messages=message.pk).first()
    message.refresh_from_db(fields=["conversation"])


def _locked(conversation_id: int) -> Conversation:
    """Nobody counts one by one while all is counted."""
    return Conversation.objects.select_for_update(no_key=True).get(pk=conversation_id)


def _waiting_since(conversation: Conversation) -> datetime | None:
    """The oldest thing that came in after our last answer that Meta did not refuse."""
    messages = Message.objects.filter(conversation=conversation)
    # What a bulk run sends answers nobody.
    ours = messages.shown().filter(direction=Direction.OUT, run=None)
    answers = ours.exclude(status=MessageStatus.FAILED)
    answered = answers.aggregate(at=Max("created_at"))["at"]
    since = {"created_at__gt": answered} if answered else {}
    oldest = (
        rows.filter(**since).aggregate(at=Min("at"))["at"]
        for rows in (messages.filter(direction=Direction.IN), _reactions(conversation))
    )
    return min((at for at in oldest if at), default=None)


def _reactions(conversation: Conversation) -> QuerySet[MessageChange]:
    rows = MessageChange.objects.filter(conversation=conversation, kind=ChangeKind.REACTION)
    return rows.exclude(emoji="")


def show_as_last(conversation_id: int, message: Message) -> None:
    """Lists show it, unless a newer one stands there already."""
    older = Q(last_message=None) | Q(last_message_at__lte=message.at)
    Conversation.objects.filter(older, pk=conversation_id).update(
        last_message=message, last_message_at=message.at
    )


def read_conversation(*, conversation: Conversation, by: User, now: datetime) -> bool:
    """Somebody has the thread open: nothing in it is new any more. Whether anything was."""
    with transaction.atomic():
        unread = Conversation.objects.filter(pk=conversation.pk, unread_count__gt=0)
        if not unread.update(unread_count=0, read_at=now):
            return False
        events.publish(
            conversation.company_id, "conversation", now=now, conversation=conversation.pk
        )
    return True
