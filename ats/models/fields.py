"""The structure of candidates: the typed fields that a company defines."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from ats.tenancy import CompanyOwned


class FieldType(models.TextChoices):
    TEXT = "text", "Text"
    EMAIL = "email", "E-mail address"
    DATE = "date", "Date"
    NUMBER = "number", "Number"
    CHOICE = "choice", "Choice"
    MOBILE = "mobile", "Validated mobile number"


class CandidateField(CompanyOwned):
    key = models.SlugField(max_length=40)
    label = models.CharField(max_length=80)
    type = models.CharField(max_length=10, choices=FieldType)
    choices = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    required = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["company", "key"], name="ats_field_company_key"),
        ]
        indexes = [models.Index(fields=["company", "position", "id"], name="ats_field_order")]

    def __str__(self) -> str:
        return self.label
