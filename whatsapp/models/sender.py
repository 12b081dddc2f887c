"""A phone number that the company writes from."""

from __future__ import annotations

from django.db import models

from ats.tenancy import CompanyOwned


class Sender(CompanyOwned):
    """Status, quality and verified name are Meta's words, kept as they came: lists of values on
    Meta's pages differ and grow, so they are not choices here. Only `CONNECTED` can send."""

    waba = models.ForeignKey("whatsapp.Waba", on_delete=models.CASCADE, related_name="senders")
    phone_number_id = models.CharField(max_length=32)
    display_phone_number = models.CharField(max_length=32)
    verified_name = models.CharField(max_length=200, blank=True)
    friendly_name = models.CharField(max_length=75, blank=True)
    status = models.CharField(max_length=32, blank=True)
    name_status = models.CharField(max_length=32, blank=True)
    code_verification_status = models.CharField(max_length=32, blank=True)
    quality_rating = models.CharField(max_length=16, blank=True)
    throughput_level = models.CharField(max_length=16, blank=True)
    messaging_limit = models.CharField(max_length=32, blank=True)
    is_gone = models.BooleanField(default=False, help_text="Meta lists it no more")

    class Meta:
        constraints = [
            # Webhooks name the number only.
            models.UniqueConstraint(fields=["phone_number_id"], name="sender_of_one_company"),
            # What a sync updates by, so that it can never write to another company's row.
            models.UniqueConstraint(fields=["company", "phone_number_id"], name="sender_once"),
        ]
        indexes = [models.Index(fields=["company", "waba"], name="sender_by_company")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What colleagues call it: the friendly name, else Meta's display name."""
        return self.friendly_name or self.verified_name or self.display_phone_number
