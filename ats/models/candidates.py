"""A candidate and what the company's fields say about them."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Right

from ats.models.companies import validate_timezone
from ats.models.fields import CandidateField
from ats.tenancy import CompanyOwned

# The last digits of a telephone number that are indexed: fewer than any mobile number has without
# its country code, enough to tell people apart.
ENDING = 8


def fold(text: str) -> str:
    """Lower case without accents, so that “jose” finds José."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())


class Candidate(CompanyOwned):
    first_name = models.CharField(max_length=80)
    last_name = models.CharField(max_length=80, blank=True)
    email = models.EmailField(blank=True)
    language = models.CharField(
        max_length=12, blank=True, help_text="That they read best, such as it; empty: the company’s"
    )
    timezone = models.CharField(
        max_length=64,
        blank=True,
        validators=[validate_timezone],
        help_text="Where they are; empty: the company’s",
    )
    search_name = models.CharField(max_length=170, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["company", "-id"], name="ats_candidate_newest"),
            models.Index(fields=["company", "email"], name="ats_candidate_email"),
            # By the beginning of a name, whatever the database's collation.
            models.Index(
                fields=["company", "search_name"],
                opclasses=["int8_ops", "varchar_pattern_ops"],
                name="ats_candidate_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.normalise()
        super().save(*args, **kwargs)

    def normalise(self) -> None:
        """Derived columns; `bulk_create` does not pass through `save`, so it calls this itself."""
        self.email = self.email.strip().lower()
        self.search_name = fold(self.name)


class CandidateValue(CompanyOwned):
    """One field of one candidate. `value` is the normal form: E.164, ISO date, plain decimal."""

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="values")
    field = models.ForeignKey(CandidateField, on_delete=models.CASCADE, related_name="values")
    value = models.CharField(max_length=500)
    date = models.DateField(null=True, blank=True)
    number = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "candidate", "field"], name="ats_value_once"
            ),
        ]
        indexes = [
            models.Index(fields=["company", "field", "value"], name="ats_value_lookup"),
            # Numbers by their end.
            models.Index(
                F("company"),
                Right("value", ENDING),
                condition=Q(value__startswith="+"),
                name="ats_value_ending",
            ),
        ]

    def __str__(self) -> str:
        return self.value
