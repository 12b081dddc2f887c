"""Every time that a message was handed to Meta, and what stops others from being handed over."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from ats.tenancy import CompanyOwned


class AttemptOutcome(models.TextChoices):
    OPEN = "", "No answer yet"
    ACCEPTED = "accepted", "Accepted by Meta"
    HELD = "held", "Held by Meta for a quality check"
    NOT_TAKEN = "not_taken", "Certainly not taken"
    REFUSED = "refused", "Refused by Meta"
    LOST = "lost", "The answer was lost"


class SendAttempt(CompanyOwned):
    """Committed before the request leaves. The `callback_id` goes with it to Meta and comes back
    with every status, so that also an attempt whose answer was lost is known again."""

    message = models.ForeignKey(
        "whatsapp.Message", on_delete=models.CASCADE, related_name="send_attempts"
    )
    number = models.PositiveSmallIntegerField(help_text="1 is the first")
    callback_id = models.UUIDField(default=uuid.uuid4)
    handed_over_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=AttemptOutcome, blank=True)
    wamid = models.CharField(max_length=256, blank=True)
    error_code = models.IntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "message", "number"], name="attempt_once"),
            models.UniqueConstraint(
                fields=["company", "callback_id"], name="attempt_callback_once"
            ),
        ]

    def __str__(self) -> str:
        return f"Attempt {self.number} of message {self.message_id}"


class HoldScope(models.TextChoices):
    TEMPLATE = "template", "A template"
    SENDER = "sender", "A number"
    ACCOUNT = "account", "A WhatsApp account"


class SendHold(CompanyOwned):
    """Meta refused a message for a reason that will refuse the others too: bulk sends by this
    template, from this number or from this account wait. It stands until `until`, until Meta tells
    that the cause is gone, or until a person lets it go on."""

    scope = models.CharField(max_length=8, choices=HoldScope)
    template = models.ForeignKey(
        "whatsapp.MessageTemplate",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    sender = models.ForeignKey(
        "whatsapp.Sender",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    waba = models.ForeignKey(
        "whatsapp.Waba",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    category = models.CharField(
        max_length=32, blank=True, help_text="Of the templates that it holds; empty: all"
    )
    error_code = models.IntegerField()
    error_details = models.TextField(blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "template"],
                condition=Q(lifted_at=None, template__isnull=False),
                name="hold_of_template_once",
            ),
            models.UniqueConstraint(
                fields=["company", "sender"],
                condition=Q(lifted_at=None, sender__isnull=False),
                name="hold_of_sender_once",
            ),
            models.UniqueConstraint(
                fields=["company", "waba"],
                condition=Q(lifted_at=None, waba__isnull=False),
                name="hold_of_account_once",
            ),
        ]

    def __str__(self) -> str:
        return f"Hold of {self.scope} by {self.error_code}"


class SendCheck(models.Model):
    """What the nightly check of everything sent found; over all companies, for ops."""

    at = models.DateTimeField(db_index=True)
    counts = models.JSONField(default=dict)
    problems = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"Check of {self.at:%Y-%m-%d}"
