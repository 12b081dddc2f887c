"""A person as WhatsApp shows them to one portfolio; linked to a candidate where one is known."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ats.tenancy import CompanyOwned


class Contact(CompanyOwned):
    """Any of phone, wa_id, user id and username may be missing or change. `wa_id` is what Meta
    answered for the phone and what a message is best addressed to; `user_id` is the
    business-scoped id (BSUID), unique for a person and a portfolio."""

    portfolio_id = models.CharField(max_length=32, blank=True)
    phone = models.CharField(max_length=20, blank=True, help_text="E.164")
    wa_id = models.CharField(max_length=20, blank=True)
    user_id = models.CharField(max_length=140, blank=True)
    username = models.CharField(max_length=64, blank=True)
    profile_name = models.CharField(max_length=200, blank=True)
    candidate = models.ForeignKey(
        "ats.Candidate", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    opted_out_at = models.DateTimeField(null=True, blank=True)
    # When the person last asked to stop or to start again: Meta delivers in any order.
    opt_changed_at = models.DateTimeField(null=True, blank=True)
    last_inbound_at = models.DateTimeField(null=True, blank=True)
    undeliverable_since = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "portfolio_id", "phone"],
                condition=~Q(phone=""),
                name="contact_phone_once",
            ),
            models.UniqueConstraint(
                fields=["company", "portfolio_id", "wa_id"],
                condition=~Q(wa_id=""),
                name="contact_wa_id_once",
            ),
            models.UniqueConstraint(
                fields=["company", "portfolio_id", "user_id"],
                condition=~Q(user_id=""),
                name="contact_user_id_once",
            ),
        ]
        indexes = [models.Index(fields=["company", "candidate"], name="contact_by_candidate")]

    def __str__(self) -> str:
        return f"Contact {self.pk}"

    @property
    def name(self) -> str:
        """What WhatsApp shows of them, while no candidate is linked."""
        return self.profile_name or self.phone or self.username or "Somebody without a number"
