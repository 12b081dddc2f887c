"""Why the company may write to a candidate: each grant and withdrawal with its evidence."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F

from ats.tenancy import CompanyManager, CompanyOwned


class ConsentPurpose(models.TextChoices):
    APPLICATION = "application", "About their application"
    MARKETING = "marketing", "News and other open roles"


class ConsentBasis(models.TextChoices):
    CONSENT = "consent", "Consent, given by themselves"
    REQUEST = "request", "They asked to be contacted on WhatsApp"
    CONTRACT = "contract", "Steps before a contract, at their request"


class ConsentQuerySet(models.QuerySet["Consent"]):
    def current(self, candidate_id: int) -> dict[str, Consent]:
        """The newest row for each purpose."""
        rows = self.filter(candidate_id=candidate_id).order_by("purpose", "-at", "-pk")
        return {row.purpose: row for row in rows.distinct("purpose")}

    def current_of(self, candidate_ids: Collection[int]) -> ConsentQuerySet:
        """The newest row for each of these candidates and each purpose."""
        rows = self.filter(candidate_id__in=list(candidate_ids))
        rows = rows.order_by("candidate_id", "purpose", "-at", "-pk")
        return rows.distinct("candidate_id", "purpose")


class Consent(CompanyOwned):
    candidate = models.ForeignKey("ats.Candidate", on_delete=models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=16, choices=ConsentPurpose)
    granted = models.BooleanField()
    basis = models.CharField(max_length=16, choices=ConsentBasis, blank=True)
    # Where and how it was given, and the words that were agreed to.
    source = models.CharField(max_length=200)
    wording = models.TextField(blank=True)
    at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects: ClassVar = CompanyManager.from_queryset(ConsentQuerySet)()

    class Meta:
        indexes = [
            models.Index(
                F("company"), F("candidate"), F("purpose"), F("at").desc(), name="consent_newest"
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} of candidate {self.candidate_id}"
