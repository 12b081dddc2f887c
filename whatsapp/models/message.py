"""One message, ours or theirs, and every status event that Meta told about it."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import connection, models
from django.db.models import F, Q

from ats.tenancy import CompanyManager, CompanyOwned
from whatsapp.models.outbox import OutboxQuerySet
from whatsapp.models.sender import Sender


class Direction(models.TextChoices):
    IN = "in", "From the candidate"
    OUT = "out", "To the candidate"
    NOTE = "note", "A note between the messages"


class MessageKind(models.TextChoices):
    """Meta's word for the type. What Meta may add one day is `unsupported`, and kept whole."""

    TEXT = "text", "Text"
    TEMPLATE = "template", "Template"
    IMAGE = "image", "Photo"
    VIDEO = "video", "Video"
    AUDIO = "audio", "Audio"
    DOCUMENT = "document", "Document"
    STICKER = "sticker", "Sticker"
    LOCATION = "location", "Location"
    CONTACTS = "contacts", "Contact card"
    BUTTON = "button", "Button"
    INTERACTIVE = "interactive", "List, buttons or a form, or the answer to one"
    # Of ours: a message on its way like any other, shown at the message that it is about. Theirs
    # are a MessageChange.
    REACTION = "reaction", "Reaction"
    ORDER = "order", "Order"
    SYSTEM = "system", "Note from WhatsApp"
    CALL = "call", "Call"
    UNSUPPORTED = "unsupported", "Not supported"


class MessageStatus(models.TextChoices):
    """The life of a message of ours; `received` is the only one of theirs."""

    RECEIVED = "received", "Received"
    QUEUED = "queued", "Waiting to be sent"
    SENDING = "sending", "Being sent"
    UNCONFIRMED = "unconfirmed", "Not confirmed by Meta yet"
    ACCEPTED = "accepted", "Accepted by Meta"
    HELD = "held", "Held by Meta for a quality check"
    SENT = "sent", "Sent"
    DELIVERED = "delivered", "Delivered"
    READ = "read", "Read"
    PLAYED = "played", "Played"
    FAILED = "failed", "Not delivered"


S = MessageStatus
# What may become what: statuses only move forward. A `failed` is taken back by proof of delivery
# only, since Meta may report both and in any order.
MOVES: dict[str, tuple[str, ...]] = {
    S.QUEUED: (S.SENDING, S.UNCONFIRMED),  # Meta did not take it, or a person sends it again
    S.SENDING: (S.QUEUED,),
    S.UNCONFIRMED: (S.SENDING,),
    S.ACCEPTED: (S.SENDING, S.UNCONFIRMED),
    S.HELD: (S.SENDING, S.UNCONFIRMED, S.ACCEPTED),
    S.SENT: (S.QUEUED, S.SENDING, S.UNCONFIRMED, S.ACCEPTED, S.HELD),
    S.DELIVERED: (*(S.QUEUED, S.SENDING, S.UNCONFIRMED, S.ACCEPTED, S.HELD, S.SENT), S.FAILED),
    S.READ: (
        *(S.QUEUED, S.SENDING, S.UNCONFIRMED, S.ACCEPTED, S.HELD, S.SENT, S.DELIVERED),
        S.FAILED,
    ),
    S.PLAYED: (
        *(S.QUEUED, S.SENDING, S.UNCONFIRMED, S.ACCEPTED, S.HELD, S.SENT, S.DELIVERED, S.READ),
        S.FAILED,
    ),
    S.FAILED: (S.QUEUED, S.SENDING, S.UNCONFIRMED, S.ACCEPTED, S.HELD, S.SENT),
}


# The moment each status is remembered in.
MOMENTS: dict[str, str] = {
    S.SENT: "sent_at",
    S.DELIVERED: "delivered_at",
    S.READ: "read_at",
    S.PLAYED: "played_at",
    S.FAILED: "failed_at",
}


class MessageQuerySet(OutboxQuerySet["Message"]):
    def oldest_first(self) -> MessageQuerySet:
        return self.order_by("at", "pk")

    def shown(self) -> MessageQuerySet:
        """What stands in a thread as a message of its own."""
        return self.exclude(kind=MessageKind.REACTION)

    def known(self, sender: Sender, wamid: str) -> tuple[bool, bool]:
        """Whether the message is here, and whether an edit or deletion of it is."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM whatsapp_message"
                "  WHERE company_id = %(company)s AND sender_id = %(sender)s AND wamid = %(wamid)s"
                "  AND wamid <> ''),"
                " EXISTS (SELECT 1 FROM whatsapp_messagechange"
                "  WHERE company_id = %(company)s AND sender_id = %(sender)s"
                "  AND target_wamid = %(wamid)s)",
                {"company": sender.company_id, "sender": sender.pk, "wamid": wamid},
            )
            is_here, is_changed = cursor.fetchone()
        return is_here, is_changed

    def tell(self, message_id: int, status: str, *, company_id: int, at: datetime) -> str:
        """Takes a status of Meta's in: its moment is remembered, and the message moves where it
        may (`MOVES`). Answers with the status from before. One statement, because every status
        does it."""
        moment = MOMENTS[status]
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE whatsapp_message now SET {moment} = COALESCE(now.{moment}, %(at)s),"
                " status = CASE WHEN before.status = ANY(%(from)s) THEN %(to)s"
                "  ELSE before.status END,"
                # What Meta tells of has left: it does not go again.
                " next_try_at = CASE WHEN before.status = ANY(%(from)s) THEN NULL"
                "  ELSE now.next_try_at END"
                " FROM (SELECT id, status FROM whatsapp_message"
                "  WHERE id = %(pk)s AND company_id = %(company)s FOR NO KEY UPDATE) before"
                " WHERE now.id = before.id RETURNING before.status",
                {
                    "pk": message_id,
                    "company": company_id,
                    "at": at,
                    "to": str(status),
                    "from": [str(one) for one in MOVES[status]],
                },
            )
            return str(cursor.fetchone()[0])

    def move(self, message_id: int, status: str, **changes: Any) -> bool:
        """Compare-and-set to `status`; whether this call made the move."""
        allowed = self.filter(pk=message_id, status__in=MOVES[status])
        return allowed.update(status=status, **changes) == 1

    def of_claim(self, message: Message) -> MessageQuerySet:
        """The message, unless another worker has claimed it since."""
        return self.filter(claimed_at=message.claimed_at)


class Message(CompanyOwned):
    conversation = models.ForeignKey(
        "whatsapp.Conversation", on_delete=models.PROTECT, related_name="messages"
    )
    sender = models.ForeignKey(
        "whatsapp.Sender", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    direction = models.CharField(max_length=4, choices=Direction)
    kind = models.CharField(max_length=16, choices=MessageKind)
    status = models.CharField(max_length=12, choices=MessageStatus)
    # What a person reads of it, and what Meta said or was sent.
    text = models.TextField(blank=True)
    content: models.JSONField[Any, Any] = models.JSONField(default=dict)
    template = models.ForeignKey(
        "whatsapp.MessageTemplate",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        db_index=False,
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    # Of a bulk run; such a message gives way to single ones, and waits while its run does.
    run = models.ForeignKey(
        "whatsapp.BulkRun",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    # It began outside the window, so it takes a place of the portfolio's limit.
    initiated = models.BooleanField(default=False)
    # The first attempt's `biz_opaque_callback_data`; comes back with every status.
    callback_id = models.UUIDField(default=uuid.uuid4, editable=False)
    # The browser's id of the draft: pressing Send twice is one message.
    client_id = models.UUIDField(null=True, blank=True)
    wamid = models.CharField(max_length=256, blank=True)
    # The message that this one answers or, of a reaction, is about.
    context_wamid = models.CharField(max_length=256, blank=True)
    # Whom it is from or to, by the ids that WhatsApp used for it: the message's own, whatever is
    # found out about who that is.
    wa_id = models.CharField(max_length=20, blank=True)
    user_id = models.CharField(max_length=140, blank=True)
    # When it was written: by us, or by the candidate as Meta stamps it (whole seconds).
    at = models.DateTimeField()
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True, blank=True)
    # How often it was handed to Meta (`SendAttempt`).
    attempts = models.PositiveSmallIntegerField(default=0)
    # Set while a worker has it: queued before it is handed over, "sending" after.
    claimed_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    played_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    # The candidate wrote it anew, or took it back; then nothing of what it said is left here.
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
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
                condition=(~Q(direction="out") & Q(status="received"))
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
            # No index may name the status: it changes four times in a message's life, and while
            # it is in none the change stays within the row's page (docs/performance.md). So what
            # is in the outbox has a time to try, and what is being sent a time of its claim.
            models.Index(
                fields=["next_try_at", "id"],
                condition=Q(next_try_at__isnull=False),
                name="message_outbox",
            ),
            models.Index(
                fields=["claimed_at"],
                condition=Q(claimed_at__isnull=False),
                name="message_being_sent",
            ),
            models.Index(
                fields=["template", "created_at"],
                condition=Q(template__isnull=False),
                name="message_by_template_and_time",
            ),
            models.Index(
                fields=["author"], condition=Q(author__isnull=False), name="message_by_author"
            ),
            models.Index(
                fields=["conversation", "context_wamid"],
                condition=Q(kind="reaction"),
                name="message_reactions",
            ),
            models.Index(
                fields=["run", "id"], condition=Q(run__isnull=False), name="message_of_run"
            ),
        ]

    def __str__(self) -> str:
        return f"Message {self.pk}"

    @property
    def is_ours(self) -> bool:
        return self.direction == Direction.OUT


class ChangeKind(models.TextChoices):
    REACTION = "reaction", "Reaction"
    EDIT = "edit", "Edited"
    REVOKE = "revoke", "Deleted for everyone"


class MessageChange(CompanyOwned):
    """What the candidate did to a message: a row for each time, emptied with a deleted message.

    Named by the wamid of the message it is about, which may come later. What shows is the newest
    reaction and the newest edit; a deletion is final."""

    conversation = models.ForeignKey(
        "whatsapp.Conversation", on_delete=models.PROTECT, related_name="message_changes"
    )
    sender = models.ForeignKey(
        "whatsapp.Sender", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=8, choices=ChangeKind)
    wamid = models.CharField(max_length=256)
    target_wamid = models.CharField(max_length=256)
    wa_id = models.CharField(max_length=20, blank=True)
    user_id = models.CharField(max_length=140, blank=True)
    at = models.DateTimeField()
    created_at = models.DateTimeField()
    emoji = models.CharField(max_length=64, blank=True, help_text="Empty: taken back")
    # An edit's new words, and Meta's own JSON of the message as it is now.
    text = models.TextField(blank=True)
    content: models.JSONField[Any, Any] = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "sender", "wamid"], name="change_once"),
        ]
        indexes = [
            models.Index(fields=["company", "sender", "target_wamid"], name="change_by_target"),
            models.Index(fields=["company", "conversation"], name="change_by_conversation"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class StatusEventQuerySet(models.QuerySet["StatusEvent"]):
    def note(self, event: StatusEvent) -> bool:
        """Writes it unless this status of this message is here; whether it was new."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO whatsapp_statusevent"
                " (company_id, message_id, status, at, error_code, pricing)"
                " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                [
                    event.company_id,
                    event.message_id,
                    event.status,
                    event.at,
                    event.error_code,
                    None if event.pricing is None else json.dumps(event.pricing),
                ],
            )
            return bool(cursor.rowcount)


class StatusEvent(CompanyOwned):
    """Every status that Meta told, also those that moved nothing: one row for message and status.

    Kept so that a contradiction ("delivered" and "failed") can be shown instead of guessed at."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="status_events")
    status = models.CharField(max_length=16)
    at = models.DateTimeField()
    error_code = models.IntegerField(null=True, blank=True)
    pricing: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)

    objects: ClassVar = CompanyManager.from_queryset(StatusEventQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "message", "status"], name="status_event_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} of message {self.message_id}"
