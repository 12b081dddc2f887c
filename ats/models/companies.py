"""A customer company: the tenant, and the modules that ops switched on for it."""

from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models


def validate_country(value: str) -> None:
    if value not in phonenumbers.SUPPORTED_REGIONS:
        raise ValidationError(
            f"“{value}” is not a country with telephone numbers. "
            "Use the two letters of ISO 3166, for example IT or KE."
        )


def validate_timezone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError(
            f"“{value}” is not a time zone. Use a name such as Europe/Rome or Africa/Nairobi."
        )


class Company(models.Model):
    name = models.CharField(max_length=120)
    slug = models.SlugField(unique=True)
    default_country = models.CharField(
        max_length=2,
        validators=[validate_country],
        help_text="Two letters. Numbers typed without a country code are read as of this country.",
    )
    timezone = models.CharField(max_length=64, default="UTC", validators=[validate_timezone])
    language = models.CharField(max_length=12, default="en")
    modules = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        help_text="Optional modules that are switched on for this company.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "companies"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def has_module(self, key: str) -> bool:
        return key in self.modules

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)
