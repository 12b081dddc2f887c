"""What Meta posted: the delivery as it came, and its items, each applied on its own.

Neither belongs to a company: whose they are is known only once they are read.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import F, Q


class EventState(models.TextChoices):
    NEW = "new", "Received"
    SPLIT = "split", "Split into items"
    PARKED = "parked", "Parked"


class WebhookEventQuerySet(models.QuerySet["WebhookEvent"]):
    def claim_new(self, *, now: datetime, limit: int) -> list[WebhookEvent]:
        """The oldest deliveries not split yet, locked until the transaction ends."""
        rows = self.select_for_update(skip_locked=True).filter(
            state=EventState.NEW, next_try_at__lte=now
        )
        return list(rows.order_by("next_try_at", "pk")[:limit])


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
            models.Index(fields=["received_at"], name="event_by_age"),
        ]

    def __str__(self) -> str:
        return f"Delivery {self.pk}"


class ItemState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    APPLIED = "applied", "Applied"
    PARKED = "parked", "Parked"


# The cause of an item that waits, or is parked, because nobody here has its number.
UNKNOWN_NUMBER = "No company here has this phone number."
# Meta itself tries a delivery for this long (Meta, Webhooks overview, 2 December 2025).
REOPENED = timedelta(days=7)


class WebhookItemQuerySet(models.QuerySet["WebhookItem"]):
    def claim_due(self, *, now: datetime) -> WebhookItem | None:
        """The oldest item that is due, locked until the transaction ends."""
        rows = self.select_for_update(skip_locked=True).filter(
            state=ItemState.WAITING, next_try_at__lte=now
        )
        return rows.order_by("next_try_at", "pk").first()

    def reopen_for_numbers(self, phone_number_ids: Collection[str], *, now: datetime) -> int:
        """What came before its number was known here is due at once; returns how many items."""
        pending = Q(state=ItemState.PARKED) | Q(state=ItemState.WAITING, next_try_at__gt=now)
        return self.filter(
            pending,
            phone_number_id__in=phone_number_ids,
            cause=UNKNOWN_NUMBER,
            created_at__gte=now - REOPENED,
        ).update(state=ItemState.WAITING, next_try_at=now, attempts=0)


class WebhookItem(models.Model):
    """One message, status or other change of a delivery. `key` is what makes it the same item when
    Meta delivers it again."""

    event = models.ForeignKey(WebhookEvent, on_delete=models.CASCADE, related_name="items")
    kind = models.CharField(max_length=48, help_text="messages, statuses or the field's name")
    key = models.CharField(max_length=400, unique=True)
    waba_id = models.CharField(max_length=32, blank=True)
    phone_number_id = models.CharField(max_length=32, blank=True)
    # The item, and beside it what the handler needs of the change around it.
    payload: models.JSONField[Any, Any] = models.JSONField()
    state = models.CharField(max_length=8, choices=ItemState, default=ItemState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    created_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    cause = models.CharField(max_length=500, blank=True)

    objects = WebhookItemQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                F("next_try_at"), F("id"), condition=Q(state="waiting"), name="item_waiting"
            ),
            models.Index(F("id"), condition=Q(state="parked"), name="item_parked"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} item {self.pk}"
