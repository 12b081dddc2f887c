"""What a WhatsApp admin sets for the company."""

from __future__ import annotations

from typing import Any

from django.db import models

from ats.tenancy import CompanyOwned


class CompanySettings(CompanyOwned):
    recipient_field = models.ForeignKey(
        "ats.CandidateField",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The candidates' mobile number that messages go to",
    )
    # ISO 3166 codes; none chosen means worldwide.
    allowed_countries: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company"], name="settings_one_for_company")]

    def __str__(self) -> str:
        return f"WhatsApp settings of company {self.company_id}"
