"""What happened: the audit trail, and the events that open browsers are told."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from ats.tenancy import CompanyManager, CompanyOwned


class AuditEntry(CompanyOwned):
    """Who did what to which row. `data` holds what was set, before and after, as it was typed:
    names, profile texts, times. Never a token, a PIN, or what was written in a conversation."""

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    verb = models.CharField(max_length=64)
    object_type = models.CharField(max_length=64)
    object_id = models.BigIntegerField()
    data: models.JSONField[Any, Any] = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["company", "object_type", "object_id"], name="audit_of_object"),
            models.Index(fields=["company", "-id"], name="audit_by_company"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.object_type} {self.object_id}"


class LiveEventQuerySet(models.QuerySet["LiveEvent"]):
    def newest_id(self) -> int:
        """Where a browser stands that has just been drawn; 0 before the first event."""
        return self.order_by("-pk").values_list("pk", flat=True).first() or 0


class LiveEvent(CompanyOwned):
    """One thing that browsers of the company should look at again. Ids only: what a person may see
    is decided when their browser fetches it. Its primary key is the `Last-Event-ID`; within a
    company keys become visible in their order (see `whatsapp.events.publish`)."""

    kind = models.CharField(max_length=32)
    data: models.JSONField[Any, Any] = models.JSONField(default=dict)
    at = models.DateTimeField()

    objects: ClassVar = CompanyManager.from_queryset(LiveEventQuerySet)()

    class Meta:
        indexes = [
            models.Index(fields=["company", "id"], name="live_by_company"),
            models.Index(fields=["at"], name="live_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
