"""A bulk run: one template to many candidates, one row for each of them."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import connection, models
from django.db.models import Q

from ats.tenancy import CompanyManager, CompanyOwned
from whatsapp.models.run_health import RunHealthQuerySet
from whatsapp.models.run_plan import RunPlanQuerySet


class RunState(models.TextChoices):
    """`waiting` goes on by itself (quiet time, places, a paused template); `paused` needs a
    person."""

    PLANNING = "planning", "Being planned"
    SCHEDULED = "scheduled", "Planned for later"
    RUNNING = "running", "Running"
    WAITING = "waiting", "Waiting"
    PAUSED = "paused", "Paused"
    STOPPED = "stopped", "Stopped"
    FINISHED = "finished", "Finished"


R = RunState
# What may become what, by compare-and-set.
RUN_MOVES: dict[str, tuple[str, ...]] = {
    R.SCHEDULED: (R.PLANNING, R.PAUSED),
    # A finished one goes on where a person has an unconfirmed message sent again.
    R.RUNNING: (R.PLANNING, R.SCHEDULED, R.WAITING, R.PAUSED, R.FINISHED),
    R.WAITING: (R.SCHEDULED, R.RUNNING),
    R.PAUSED: (R.SCHEDULED, R.RUNNING, R.WAITING),
    R.STOPPED: (R.PLANNING, R.SCHEDULED, R.RUNNING, R.WAITING, R.PAUSED),
    R.FINISHED: (R.PLANNING, R.RUNNING, R.WAITING),
}
# Rows of these are claimed, or will be without anybody's doing.
ACTIVE = (R.PLANNING, R.SCHEDULED, R.RUNNING, R.WAITING)
# Nothing of these leaves any more.
OVER = (R.STOPPED, R.FINISHED)


class BulkRunQuerySet(RunHealthQuerySet["BulkRun"]):
    def move(self, run_id: int, state: str, **changes: Any) -> bool:
        """Compare-and-set to `state`; whether this call made the move."""
        allowed = self.filter(pk=run_id, state__in=RUN_MOVES[state])
        return allowed.update(state=state, **changes) == 1

    def ask_gate_first(self, *, now: datetime) -> int:
        """Something stands in the way of these: nobody claims anything of them before the gate has
        said, and written into the row, what it is. Those that run or wait are looked at at once;
        how many they are."""
        # In this order, or one that begins to wait would be written twice.
        found = self.filter(state=RunState.WAITING).update(look_at=now)
        running = self.filter(state=RunState.RUNNING)
        return found + running.update(
            state=RunState.WAITING, cause=[], waits_until=None, look_at=now
        )

    def to_plan(self, *, now: datetime, lease: timedelta) -> BulkRunQuerySet:
        """Those that nobody plans, or whose planner has said nothing for as long as `lease`."""
        nobody = Q(planning_claimed_at=None) | Q(planning_claimed_at__lt=now - lease)
        return self.filter(nobody, state=RunState.PLANNING)

    def has_open_rows(self, run_id: int, *, up_to: int | None = None) -> bool:
        """Whether a row is still to be begun, or a message of the run still to leave; of its rows
        up to this key, or of all. By the indexes of what is due and what is claimed, since the run
        may have a million rows."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM whatsapp_runrecipient"
                "   WHERE run_id = %(run)s AND due_at IS NOT NULL AND id <= %(up_to)s)"
                " OR EXISTS (SELECT 1 FROM whatsapp_runrecipient"
                "   WHERE run_id = %(run)s AND claimed_at IS NOT NULL AND id <= %(up_to)s)"
                " OR EXISTS (SELECT 1 FROM whatsapp_message"
                "   WHERE run_id = %(run)s AND next_try_at IS NOT NULL)"
                " OR EXISTS (SELECT 1 FROM whatsapp_message"
                "   WHERE run_id = %(run)s AND claimed_at IS NOT NULL)",
                {"run": run_id, "up_to": up_to or 2**63 - 1},
            )
            return bool(cursor.fetchone()[0])


class BulkRun(CompanyOwned):
    """`values` says for each variable of the template where its text comes from: {"text": "…"} for
    everybody, {"field": "first_name"} from the candidate, with an optional "fallback".

    `look_at` is when workers look at it next: at its start, at the end of what it waits for; empty
    where nothing but a person moves it. `cause` holds reasons as `Message.refusal` does.
    """

    name = models.CharField(max_length=120)
    sender = models.ForeignKey(
        "whatsapp.Sender", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    template = models.ForeignKey(
        "whatsapp.MessageTemplate", on_delete=models.PROTECT, related_name="+"
    )
    # As it was when the run was made: another category is another price and another consent.
    template_category = models.CharField(max_length=32)
    # What it said then (`sending.content.template.digest_of`); empty of older runs.
    template_digest = models.CharField(max_length=64, blank=True)
    values: models.JSONField[Any, Any] = models.JSONField(default=dict)
    # Whom it was made for: {"candidates": [ids]} or {"words", "job", "stage"}.
    audience: models.JSONField[Any, Any] = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=RunState)
    cause: models.JSONField[Any, Any] = models.JSONField(default=list)
    look_at = models.DateTimeField(null=True, blank=True)
    # When what it waits for ends; empty where nobody knows.
    waits_until = models.DateTimeField(null=True, blank=True)
    # The same again answers with the run of the first time.
    client_id = models.UUIDField(default=uuid.uuid4)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Who let it go on last, when, and what they saw: what they decided to go on with is not held
    # against the run.
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    agreed_at = models.DateTimeField(null=True, blank=True)
    sender_quality_agreed = models.CharField(max_length=16, blank=True)
    template_quality_agreed = models.CharField(max_length=16, blank=True)
    created_at = models.DateTimeField()
    starts_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(
        null=True, blank=True, help_text="When a worker last took rows: runs take turns by it"
    )
    planning_claimed_at = models.DateTimeField(null=True, blank=True)
    # The last candidate that was planned; planning goes on from there after a lost worker.
    planned_up_to = models.BigIntegerField(default=0)
    # Rows written by planning, those left out among them.
    total = models.PositiveIntegerField(default=0)
    # How many rows the first batch has, the key of its last one, and since when what became of them
    # has been good enough to go on.
    first_batch = models.PositiveIntegerField(default=0)
    first_batch_up_to = models.BigIntegerField(null=True, blank=True)
    first_batch_good_at = models.DateTimeField(null=True, blank=True)
    # Percent of the sender's speed; less where it has been slowed down.
    speed = models.PositiveSmallIntegerField(default=100)
    speed_cause: models.JSONField[Any, Any] = models.JSONField(default=list)

    objects: ClassVar = CompanyManager.from_queryset(BulkRunQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "client_id"], name="run_client_once"),
        ]
        indexes = [
            models.Index(fields=["company", "-id"], name="run_newest"),
            models.Index(
                fields=["look_at"], condition=Q(look_at__isnull=False), name="run_to_look_at"
            ),
            models.Index(fields=["sender"], name="run_by_sender"),
            models.Index(
                fields=["planning_claimed_at"], condition=Q(state="planning"), name="run_to_plan"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RowState(models.TextChoices):
    """Once begun, what becomes of a row is what becomes of its message."""

    PLANNED = "planned", "Planned"
    SKIPPED = "skipped", "Left out"
    BEGUN = "begun", "Message written"


class RunRecipientQuerySet(RunPlanQuerySet["RunRecipient"]):
    """Writing and closing many is `models.run_plan`, taking and moving them `models.run_claims`."""


class RunRecipient(CompanyOwned):
    """One candidate of a run. A claimed row has `claimed_at` and no `due_at`.

    Of candidates with one number the first gets the message; the others name that row in `twin_of`
    and are skipped. `causes` holds reasons as `Message.refusal` does.
    """

    run = models.ForeignKey(
        BulkRun, on_delete=models.PROTECT, related_name="recipients", db_index=False
    )
    candidate = models.ForeignKey(
        "ats.Candidate", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    phone = models.CharField(max_length=21, blank=True, help_text="E.164, when it was planned")
    # `policy.spellings.canonical` of the number: one message however it is spelled.
    number = models.CharField(max_length=20, blank=True)
    region = models.CharField(max_length=2, blank=True, help_text="ISO 3166")
    twin_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    state = models.CharField(max_length=8, choices=RowState)
    causes: models.JSONField[Any, Any] = models.JSONField(default=list)
    due_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    message = models.OneToOneField(
        "whatsapp.Message",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="run_recipient",
    )

    objects: ClassVar = CompanyManager.from_queryset(RunRecipientQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "run", "candidate"], name="run_candidate_once"
            ),
            models.UniqueConstraint(
                fields=["company", "run", "number"],
                condition=Q(twin_of=None) & ~Q(number=""),
                name="run_number_once",
            ),
        ]
        indexes = [
            models.Index(fields=["run", "id"], name="run_rows"),
            models.Index(
                fields=["run", "id"], condition=Q(due_at__isnull=False), name="run_rows_due"
            ),
            models.Index(
                fields=["claimed_at"],
                condition=Q(claimed_at__isnull=False),
                name="run_rows_claimed",
            ),
            models.Index(
                fields=["candidate"],
                condition=Q(candidate__isnull=False),
                name="run_rows_of_candidate",
            ),
            models.Index(
                fields=["twin_of"], condition=Q(twin_of__isnull=False), name="run_rows_twins"
            ),
        ]

    def __str__(self) -> str:
        return f"Row {self.pk} of run {self.run_id}"
