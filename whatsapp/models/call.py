"""A call between a sender and a contact, as Meta's webhooks tell of it."""

from __future__ import annotations

from typing import Any

from django.db import models

from ats.tenancy import CompanyOwned


class CallState(models.TextChoices):
    """A state only moves forward; `terminate` alone is final."""

    BEGUN = "begun", "Being set up"
    RINGING = "ringing", "Ringing"
    ACCEPTED = "accepted", "Being talked"
    ENDED = "ended", "Ended"


class CallOutcome(models.TextChoices):
    COMPLETED = "completed", "Talked"
    MISSED = "missed", "Not answered"
    REJECTED = "rejected", "Declined"
    FAILED = "failed", "Failed"


class Call(CompanyOwned):
    """Every moment is Meta's. `session` is the SDP of its connecting."""

    message = models.OneToOneField(
        "whatsapp.Message", on_delete=models.CASCADE, related_name="call"
    )
    sender = models.ForeignKey(
        "whatsapp.Sender", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    wacid = models.CharField(max_length=256)
    by_candidate = models.BooleanField()
    state = models.CharField(max_length=8, choices=CallState, default=CallState.BEGUN)
    outcome = models.CharField(max_length=9, choices=CallOutcome, blank=True)
    begun_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    duration = models.PositiveIntegerField(null=True, blank=True, help_text="Seconds talked")
    error_code = models.IntegerField(null=True, blank=True)
    session: models.JSONField[Any, Any] = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "sender", "wacid"], name="call_once"),
        ]

    def __str__(self) -> str:
        return f"Call {self.pk}"
