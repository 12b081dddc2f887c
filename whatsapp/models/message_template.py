"""A message template as Meta holds it, one row for a name and a language."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from ats.tenancy import CompanyManager, CompanyOwned


class MessageTemplateQuerySet(models.QuerySet["MessageTemplate"]):
    def listed(self) -> MessageTemplateQuerySet:
        """Everything that Meta still lists, the sendable first."""
        not_approved = models.Case(
            models.When(status="APPROVED", then=0), default=1, output_field=models.IntegerField()
        )
        return self.filter(is_gone=False).order_by(not_approved, "name", "language")


class MessageTemplate(CompanyOwned):
    """Statuses and categories are Meta's words; anything but `APPROVED` cannot be sent."""

    waba = models.ForeignKey("whatsapp.Waba", on_delete=models.CASCADE, related_name="templates")
    meta_id = models.CharField(max_length=32)
    name = models.CharField(max_length=512)
    language = models.CharField(max_length=12)
    category = models.CharField(max_length=32)
    status = models.CharField(max_length=32)
    parameter_format = models.CharField(max_length=16, default="POSITIONAL")
    components: models.JSONField[Any, Any] = models.JSONField(default=list)
    quality = models.CharField(max_length=16, blank=True)
    rejected_reason = models.CharField(max_length=64, blank=True)
    # What Meta told besides, why and what to do; the listing does not have it.
    rejection_words = models.TextField(blank=True)
    # Where Meta moved it from, and where it will move it to and when, in its own words.
    previous_category = models.CharField(max_length=32, blank=True)
    next_category = models.CharField(max_length=32, blank=True)
    category_changes_at = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True, help_text="Where Meta told why")
    # When Meta sent the newest that we know of each: what is older than that changes nothing.
    told_at = models.DateTimeField(null=True, blank=True, help_text="Of the status")
    category_told_at = models.DateTimeField(null=True, blank=True)
    quality_told_at = models.DateTimeField(null=True, blank=True)
    components_told_at = models.DateTimeField(null=True, blank=True)
    # When Meta sent the newest webhook of each: what the listing does not have is the webhook's,
    # also where one that was read meanwhile is newer.
    heard_at = models.DateTimeField(null=True, blank=True, help_text="Of the status")
    category_heard_at = models.DateTimeField(null=True, blank=True)
    was_approved = models.BooleanField(default=False, help_text="Also before a review of now")
    is_gone = models.BooleanField(default=False, help_text="Meta lists it no more")
    gone_at = models.DateTimeField(
        null=True, blank=True, help_text="Deleted then; its name waits at Meta"
    )

    objects: ClassVar = CompanyManager.from_queryset(MessageTemplateQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "waba", "name", "language"], name="template_name_language"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"
