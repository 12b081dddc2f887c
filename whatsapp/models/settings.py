"""What a WhatsApp admin sets for the company."""

from __future__ import annotations

import json
from hashlib import sha256
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

    # When bulk sends wait: [{"days": [0], "start": "20:00", "end": "08:00"}], Monday is 0; the days
    # are those on which a range begins, and it may cross midnight. In the time zone beside.
    quiet_times: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    quiet_zone = models.CharField(max_length=64, blank=True, help_text="Empty: the company's own")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company"], name="settings_one_for_company")]

    @property
    def recipients_version(self) -> str:
        """Changes with what the form for recipients shows."""
        return _version(self.recipient_field_id, self.allowed_countries)

    @property
    def quiet_version(self) -> str:
        """Changes with what the form for quiet time shows."""
        return _version(self.quiet_times, self.quiet_zone)

    def __str__(self) -> str:
        return f"WhatsApp settings of company {self.company_id}"


def _version(*values: object) -> str:
    return sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]
