"""What Meta posted: the delivery as it came, and its items, each applied on its own.

Neither belongs to a company: whose they are is known only once they are read.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models
from django.db.models import F, Q


class EventState(models.TextChoices):
    NEW = "new", "Received"
    SPLIT = "split", "Split into items"
    PARKED = "parked", "Parked"


class WebhookEventQuerySet(models.QuerySet["WebhookEvent"]):
    def store(self, body: bytes, *, now: datetime) -> None:
        """One INSERT and nothing else: the answer to Meta waits for it."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO whatsapp_webhookevent"
                " (body, received_at, state, attempts, next_try_at, cause)"
                " VALUES (%s, %s, %s, 0, %s, '')",
                [body, now, EventState.NEW.value, now],
            )

    def claim_new(self, *, now: datetime, limit: int) -> list[WebhookEvent]:
        """The oldest deliveries not split yet, locked until the transaction ends; each body is
        read when it is asked for, since all of them may be large."""
        rows = self.select_for_update(skip_locked=True).filter(
            state=EventState.NEW, next_try_at__lte=now
        )
        return list(rows.defer("body").order_by("next_try_at", "pk")[:limit])


class WebhookEvent(models.Model):
    """One POST, kept as it came."""

    body = models.BinaryField()
    received_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=EventState, default=EventState.NEW)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    cause = models.CharField(max_length=500, blank=True)

    objects = WebhookEventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["next_try_at", "id"], condition=Q(state="new"), name="event_new"),
            models.Index(fields=["id"], condition=Q(state="parked"), name="event_parked"),
            # With `event_new` it gives the oldest; rows come in only after a failure.
            models.Index(
                fields=["received_at"],
                condition=Q(state="new", attempts__gt=0),
                name="event_retried",
            ),
            models.Index(fields=["received_at"], name="event_by_age"),
        ]

    def __str__(self) -> str:
        return f"Delivery {self.pk}"


class ItemState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    APPLIED = "applied", "Applied"
    PARKED = "parked", "Parked"
    UNCLAIMED = "unclaimed", "Nobody's here"
    UNHANDLED = "unhandled", "Kept, not read"


# Meta itself tries a delivery for this long (Meta, Webhooks overview, 2 December 2025).
REOPENED = timedelta(days=7)


class WebhookItemQuerySet(models.QuerySet["WebhookItem"]):
    def claim_due(self, *, now: datetime) -> WebhookItem | None:
        """The oldest item that is due, locked until the transaction ends."""
        rows = self.raw(
            "SELECT * FROM whatsapp_webhookitem WHERE state = 'waiting' AND next_try_at <= %s"
            " ORDER BY next_try_at, id LIMIT 1 FOR UPDATE SKIP LOCKED",
            [now],
        )
        return next(iter(rows), None)

    def mark_applied(self, pk: int, *, now: datetime) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE whatsapp_webhookitem SET state = 'applied', applied_at = %s,"
                " attempts = attempts + 1, cause = '', awaits = '' WHERE id = %s",
                [now, pk],
            )

    def claim_for(
        self, phone_number_ids: Collection[str], waba_ids: Collection[str], *, now: datetime
    ) -> int:
        """What came before its number or WABA was known here is due at once; returns how many."""
        owned = Q(phone_number_id__in=phone_number_ids) | Q(
            phone_number_id="", waba_id__in=waba_ids
        )
        return self.filter(owned, state=ItemState.UNCLAIMED, created_at__gte=now - REOPENED).update(
            state=ItemState.WAITING, next_try_at=now, attempts=0
        )

    def answer(self, *wamids: str, now: datetime) -> int:
        """What waited for these messages is due at once; returns how many items."""
        still = (ItemState.WAITING, ItemState.PARKED)
        return self.filter(awaits__in=wamids, state__in=still).update(
            state=ItemState.WAITING, next_try_at=now, awaits="", attempts=0
        )


class WebhookItem(models.Model):
    """One message, status or other change of a delivery. `key` is what makes it the same item when
    Meta delivers it again."""

    event = models.ForeignKey(WebhookEvent, on_delete=models.CASCADE, related_name="items")
    kind = models.CharField(max_length=48, help_text="messages, statuses or the field's name")
    key = models.CharField(max_length=400)
    waba_id = models.CharField(max_length=32, blank=True)
    phone_number_id = models.CharField(max_length=32, blank=True)
    # The item, and beside it what the handler needs of the change around it.
    payload: models.JSONField[Any, Any] = models.JSONField()
    state = models.CharField(max_length=12, choices=ItemState, default=ItemState.WAITING)
    # The wamid of a message that is not known here yet and that this is about.
    awaits = models.CharField(max_length=256, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    created_at = models.DateTimeField(help_text="When the delivery came")
    applied_at = models.DateTimeField(null=True, blank=True)
    cause = models.CharField(max_length=500, blank=True)

    objects = WebhookItemQuerySet.as_manager()

    class Meta:
        # A constraint and not `unique=True`, which would bring a second index for LIKE.
        constraints = [models.UniqueConstraint(fields=["key"], name="item_once")]
        indexes = [
            models.Index(
                F("next_try_at"), F("id"), condition=Q(state="waiting"), name="item_waiting"
            ),
            models.Index(
                fields=["phone_number_id", "waba_id"],
                condition=Q(state="unclaimed"),
                name="item_unclaimed",
            ),
            models.Index(fields=["awaits"], condition=~Q(awaits=""), name="item_awaits"),
            models.Index(
                fields=["state", "id"],
                condition=Q(state__in=["waiting", "parked", "unclaimed", "unhandled"]),
                name="item_not_applied",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} item {self.pk}"
