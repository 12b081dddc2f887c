"""What a company's WhatsApp admins are told, on the page and by e-mail, and who was sent it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from ats.tenancy import CompanyManager, CompanyOwned

# Longer than a task may last: whoever holds an older claim is dead.
NOTICE_LEASE = timedelta(minutes=6)


class NoticeProblem(models.TextChoices):
    """Why not everybody has a letter."""

    NOBODY = "nobody", "No WhatsApp admin with an e-mail address"
    GIVEN_UP = "given_up", "The mail server refused it every time"


class AdminNoticeQuerySet(models.QuerySet["AdminNotice"]):
    def due(self, *, now: datetime) -> AdminNoticeQuerySet:
        return self.filter(next_try_at__lte=now)

    def claim(self, *, now: datetime) -> AdminNotice | None:
        """The oldest that is due, for `NOTICE_LEASE`. Call it in a transaction."""
        row = self.due(now=now).select_for_update(skip_locked=True).order_by("pk").first()
        if row is not None:
            row.next_try_at, row.tries = now + NOTICE_LEASE, row.tries + 1
            row.save(update_fields=["next_try_at", "tries"])
        return row


class AdminNotice(CompanyOwned):
    """One thing to tell, in the words of `policy.notice_sentences`. `next_try_at` is empty once
    every admin with an address was sent it (`sent_at`), and once it was given up (`problem`)."""

    kind = models.CharField(max_length=32)
    # The parameters of its words: names and Meta's words. A sender without a name stands there by
    # its number. Never a token or what a candidate wrote.
    data: models.JSONField[Any, Any] = models.JSONField(default=dict)
    also = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who is told beside the admins",
    )
    at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    # Keys of the users who have their letter: a new try is for the others.
    sent_to: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    problem = models.CharField(max_length=16, choices=NoticeProblem, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = CompanyManager.from_queryset(AdminNoticeQuerySet)()

    class Meta:
        indexes = [
            models.Index(fields=["company", "-id"], name="notice_by_company"),
            models.Index(
                fields=["next_try_at"],
                condition=Q(next_try_at__isnull=False),
                name="notice_due",
            ),
        ]

    def __str__(self) -> str:
        return f"Notice {self.kind} {self.pk}"
