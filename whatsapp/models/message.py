"""One message, ours or theirs, and every status event that Meta told about it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from ats.tenancy import CompanyManager, CompanyOwned
from whatsapp.models.connection import ConnectionState


class Direction(models.TextChoices):
    IN = "in", "From the candidate"
    OUT = "out", "To the candidate"


class MessageKind(models.TextChoices):
    TEXT = "text", "Text"
    TEMPLATE = "template", "Template"
    BUTTON = "button", "Button"
    UNSUPPORTED = "unsupported", "Not supported"


class MessageStatus(models.TextChoices):
    """The life of a message of ours; `received` is the only one of theirs."""

    RECEIVED = "received", "Received"
    QUEUED = "queued", "Waiting to be sent"
    SENDING = "sending", "Being sent"
    UNCONFIRMED = "unconfirmed", "Not confirmed by Meta yet"
    ACCEPTED = "accepted", "Accepted by Meta"
    SENT = "sent", "Sent"
    DELIVERED = "delivered", "Delivered"
    READ = "read", "Read"
    FAILED = "failed", "Not delivered"


S = MessageStatus
# What may become what: statuses only move forward. A `failed` is taken back by proof of delivery
# only, since Meta may report both and in any order.
MOVES: dict[str, tuple[str, ...]] = {
    S.QUEUED: (S.SENDING, S.UNCONFIRMED),  # it is known that Meta did not take it
    S.SENDING: (S.QUEUED,),
    S.UNCONFIRMED: (S.SENDING,),
    S.ACCEPTED: (S.SENDING, S.UNCONFIRMED),
    S.SENT: (S.QUEUED, S.SENDING, S.UNCONFIRMED, S.ACCEPTED),
    S.DELIVERED: (S.QUEUED, S.SENDING, S.UNCONFIRMED, S.ACCEPTED, S.SENT, S.FAILED),
    S.READ: (S.QUEUED, S.SENDING, S.UNCONFIRMED, S.ACCEPTED, S.SENT, S.DELIVERED, S.FAILED),
    S.FAILED: (S.QUEUED, S.SENDING, S.UNCONFIRMED, S.ACCEPTED, S.SENT),
}


class MessageQuerySet(models.QuerySet["Message"]):
    def oldest_first(self) -> MessageQuerySet:
        return self.order_by("at", "pk")

    def move(self, message_id: int, status: str, **changes: Any) -> bool:
        """Compare-and-set to `status`; whether this call made the move."""
        allowed = self.filter(pk=message_id, status__in=MOVES[status])
        return allowed.update(status=status, **changes) == 1

    def of_claim(self, message: Message) -> MessageQuerySet:
        """The message, unless another worker has claimed it since."""
        return self.filter(claimed_at=message.claimed_at)

    def due(self, *, now: datetime) -> MessageQuerySet:
        """What the outbox holds for this moment. While a company's connection is broken its
        messages stay where they are, and nothing overtakes an earlier message of its thread."""
        earlier = Message.objects.filter(
            company=OuterRef("company"),
            conversation=OuterRef("conversation"),
            pk__lt=OuterRef("pk"),
            status__in=(MessageStatus.QUEUED, MessageStatus.SENDING),
        )
        return self.filter(
            ~Exists(earlier),
            status=MessageStatus.QUEUED,
            next_try_at__lte=now,
            sender__waba__connection__state=ConnectionState.CONNECTED,
        )

    def claim_next(self, *, now: datetime) -> Message | None:
        """Takes the oldest message that is due, so that no other worker sends it. Call it in a
        transaction of its own and commit before the HTTP call."""
        row = (
            self.due(now=now)
            .select_for_update(skip_locked=True, of=("self",))
            .order_by("next_try_at", "pk")
            .first()
        )
        if row is None:
            return None
        row.status = MessageStatus.SENDING
        row.claimed_at, row.attempts = now, row.attempts + 1
        row.save(update_fields=["status", "claimed_at", "attempts"])
        return row


class Message(CompanyOwned):
    conversation = models.ForeignKey(
        "whatsapp.Conversation", on_delete=models.PROTECT, related_name="messages"
    )
    sender = models.ForeignKey("whatsapp.Sender", on_delete=models.PROTECT, related_name="+")
    direction = models.CharField(max_length=3, choices=Direction)
    kind = models.CharField(max_length=16, choices=MessageKind)
    status = models.CharField(max_length=12, choices=MessageStatus)
    # What a person reads of it, and what Meta said or was sent.
    text = models.TextField(blank=True)
    content: models.JSONField[Any, Any] = models.JSONField(default=dict)
    template = models.ForeignKey(
        "whatsapp.MessageTemplate", null=True, blank=True, on_delete=models.SET_NULL
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Ours to Meta as `biz_opaque_callback_data`; comes back with every status.
    callback_id = models.UUIDField(default=uuid.uuid4, editable=False)
    # The browser's id of the draft: pressing Send twice is one message.
    client_id = models.UUIDField(null=True, blank=True)
    wamid = models.CharField(max_length=256, blank=True)
    context_wamid = models.CharField(max_length=256, blank=True)
    # When it was written: by us, or by the candidate as Meta stamps it (whole seconds).
    at = models.DateTimeField()
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    error_code = models.IntegerField(null=True, blank=True)
    error_title = models.CharField(max_length=300, blank=True)
    error_details = models.TextField(blank=True)
    # Set where our own rules refused it before anything reached Meta.
    refusal: models.JSONField[Any, Any] = models.JSONField(default=list)

    objects: ClassVar = CompanyManager.from_queryset(MessageQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "sender", "wamid"],
                condition=~Q(wamid=""),
                name="message_wamid_once",
            ),
            models.UniqueConstraint(
                fields=["company", "callback_id"], name="message_callback_once"
            ),
            models.UniqueConstraint(
                fields=["company", "client_id"],
                condition=Q(client_id__isnull=False),
                name="message_client_once",
            ),
            models.CheckConstraint(
                condition=Q(direction="in", status="received")
                | (Q(direction="out") & ~Q(status="received")),
                name="message_status_of_direction",
            ),
        ]
        indexes = [
            models.Index(
                F("company"),
                F("conversation"),
                F("at").desc(),
                F("id").desc(),
                name="message_thread",
            ),
            # The outbox: tiny beside the table, whoever the company is.
            models.Index(
                fields=["next_try_at", "id"], condition=Q(status="queued"), name="message_outbox"
            ),
            models.Index(
                fields=["claimed_at"], condition=Q(status="sending"), name="message_being_sent"
            ),
        ]

    def __str__(self) -> str:
        return f"Message {self.pk}"

    @property
    def is_ours(self) -> bool:
        return self.direction == Direction.OUT


class StatusEvent(CompanyOwned):
    """Every status that Meta told, also those that moved nothing: one row for message and status.

    Kept so that a contradiction ("delivered" and "failed") can be shown instead of guessed at."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="status_events")
    status = models.CharField(max_length=16)
    at = models.DateTimeField()
    error_code = models.IntegerField(null=True, blank=True)
    pricing: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "message", "status"], name="status_event_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} of message {self.message_id}"
