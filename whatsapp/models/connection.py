"""A company's link to its own Meta business: the token, the WABAs, and attempts to log in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from ats.tenancy import CompanyManager, CompanyOwned


class ConnectionState(models.TextChoices):
    # Meta takes the token; whether its webhooks reach us is not proved yet. Nothing leaves.
    CONNECTING = "connecting", "Connecting"
    CONNECTED = "connected", "Connected"
    BROKEN = "broken", "Needs a new login"
    # Its rows stay, for the history and for the next login; its token is forgotten.
    DISCONNECTED = "disconnected", "Disconnected"


# Meta takes the token: its account can be read and changed.
LOGGED_IN = (ConnectionState.CONNECTING, ConnectionState.CONNECTED)

# Longer than a task may last (`task_time_limit` in config/celery.py): whoever holds an older claim
# is dead.
SYNC_LEASE = timedelta(minutes=6)


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def to_sync(self, *, now: datetime) -> ConnectionQuerySet:
        """Those to be read from Meta by now, but for those that somebody is reading."""
        free = Q(sync_claimed_at=None) | Q(sync_claimed_at__lt=now - SYNC_LEASE)
        return self.filter(free, state__in=LOGGED_IN, sync_wanted_at__lte=now)

    def claim_sync(self, *, now: datetime) -> Connection | None:
        """The one that waits longest, claimed for `SYNC_LEASE`. Call it in a transaction."""
        rows = self.to_sync(now=now).select_for_update(skip_locked=True)
        connection = rows.order_by("sync_wanted_at", "pk").first()
        if connection is not None:
            connection.sync_claimed_at = now
            connection.save(update_fields=["sync_claimed_at"])
        return connection


class Connection(CompanyOwned):
    """At most one for a company. The token is a business integration system user token."""

    state = models.CharField(max_length=16, choices=ConnectionState)
    token = models.BinaryField(editable=False, help_text="Encrypted; see whatsapp.connection.vault")
    token_end = models.CharField(
        max_length=4, blank=True, help_text="Its last characters, for people to tell it by"
    )
    token_expires_at = models.DateTimeField(null=True, blank=True)
    scopes = models.JSONField(default=list)
    token_checked_at = models.DateTimeField(null=True, blank=True)
    connected_at = models.DateTimeField()
    connected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    broken_at = models.DateTimeField(null=True, blank=True)
    broken_cause = models.CharField(max_length=300, blank=True)
    synced_at = models.DateTimeField(null=True, blank=True)
    sync_problem = models.CharField(max_length=500, blank=True)
    sync_wanted_at = models.DateTimeField(
        null=True, blank=True, help_text="Read from Meta from then on; empty: nothing to read"
    )
    sync_claimed_at = models.DateTimeField(
        null=True, blank=True, help_text="When the worker that reads now began"
    )
    sync_attempts = models.PositiveSmallIntegerField(default=0)

    objects: ClassVar = CompanyManager.from_queryset(ConnectionQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company"], name="connection_one_for_company")
        ]

    def __str__(self) -> str:
        return f"Connection of company {self.company_id}"


class Waba(CompanyOwned):
    """A WhatsApp Business Account. Meta's `id` stays when it becomes a messaging account.

    Templates and the webhook subscription hang on it; the messaging limit hangs on the portfolio
    above it, which several WABAs may share.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="wabas")
    waba_id = models.CharField(max_length=32)
    name = models.CharField(max_length=200, blank=True)
    portfolio_id = models.CharField(max_length=32, blank=True)
    portfolio_name = models.CharField(max_length=200, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    timezone_id = models.CharField(max_length=64, blank=True)
    business_verification = models.CharField(
        max_length=32, blank=True, help_text="Meta's word; verified ones may have more numbers"
    )
    subscribed_at = models.DateTimeField(null=True, blank=True)
    webhook_override = models.CharField(
        max_length=200, blank=True, help_text="Meta sends messages there instead of to us"
    )
    numbers_read_at = models.DateTimeField(null=True, blank=True)
    templates_read_at = models.DateTimeField(null=True, blank=True)
    # See `connection.round_trip`. Due from a login on, until an event has come back.
    test_event_due = models.BooleanField(default=False)
    test_event_hash = models.CharField(max_length=64, blank=True)
    test_event_sent_at = models.DateTimeField(null=True, blank=True)
    test_event_at = models.DateTimeField(
        null=True, blank=True, help_text="The first event that was applied after the login"
    )
    # Where the last reading stopped, and why: "numbers", "webhook", "templates" or "event".
    stopped_at = models.CharField(max_length=16, blank=True)
    stopped_by = models.CharField(max_length=500, blank=True)
    heard_at = models.DateTimeField(
        null=True, blank=True, help_text="The last webhook, to the minute"
    )
    # What Meta says of the account, in its own words.
    review = models.CharField(max_length=16, blank=True)
    ban_state = models.CharField(max_length=32, blank=True)
    # By type: {"RESTRICTED_…": {"at": ISO time, "until": ISO time or ""}}.
    restrictions: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    # When the newest word of each reached us; an older one that comes later changes nothing.
    review_told_at = models.DateTimeField(null=True, blank=True)
    ban_told_at = models.DateTimeField(null=True, blank=True)
    is_gone = models.BooleanField(default=False, help_text="The last login does not reach it")

    class Meta:
        constraints = [
            # Webhooks name the WABA only, so one WABA belongs to one company here.
            models.UniqueConstraint(fields=["waba_id"], name="waba_of_one_company"),
        ]
        indexes = [models.Index(fields=["company", "waba_id"], name="waba_by_company")]

    def __str__(self) -> str:
        return self.name or self.waba_id

    @property
    def verification_words(self) -> str:
        return self.business_verification.replace("_", " ")


class LoginOutcome(models.TextChoices):
    CONNECTED = "connected", "Connected"
    FAILED = "failed", "Failed"
    # The token reaches several WABAs, and a person has to say which.
    CHOOSING = "choosing", "Waits for a choice"
    FORGOTTEN = "forgotten", "Nobody chose in time"


class ConnectAttemptQuerySet(models.QuerySet["ConnectAttempt"]):
    def open_since(self, moment: datetime) -> ConnectAttemptQuerySet:
        return self.filter(used_at__isnull=True, created_at__gte=moment)

    def choosing_since(self, moment: datetime) -> ConnectAttemptQuerySet:
        return self.filter(outcome=LoginOutcome.CHOOSING, used_at__gte=moment)

    def hold_choosing(self) -> ConnectAttemptQuerySet:
        """Those that wait for a choice, locked in one order. Whoever locks the connection as well
        calls this first, and forgets these only. Call it in a transaction."""
        waiting = self.filter(outcome=LoginOutcome.CHOOSING).order_by("pk")
        held = waiting.select_for_update(no_key=True).values_list("pk", flat=True)
        return self.filter(pk__in=list(held))

    def forget(self) -> int:
        """Drops the tokens that wait for a choice; how many there were."""
        return self.filter(outcome=LoginOutcome.CHOOSING).update(
            outcome=LoginOutcome.FORGOTTEN, token=b"", offered={}
        )


class ConnectAttempt(CompanyOwned):
    """One press of "Log in with Facebook". Only a hash of `state` is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    state_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    # From the window's session message: supplied by a browser, believed only once the token
    # proves access to it.
    hinted_waba_id = models.CharField(max_length=32, blank=True)
    cancelled_at_step = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=32, blank=True, choices=LoginOutcome)
    # While a choice is waited for: the token, encrypted, and what it proved (`connection.granted`).
    token = models.BinaryField(editable=False, default=b"", blank=True)
    offered: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    problem = models.CharField(max_length=500, blank=True)

    objects: ClassVar = CompanyManager.from_queryset(ConnectAttemptQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "state_hash"], name="attempt_state_once"),
            models.CheckConstraint(
                condition=Q(outcome="") | Q(used_at__isnull=False), name="attempt_outcome_used"
            ),
        ]

    def __str__(self) -> str:
        return f"Login attempt {self.pk}"
