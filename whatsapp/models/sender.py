"""A phone number that the company writes from."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ats.tenancy import CompanyOwned


class Sender(CompanyOwned):
    """Status, quality and verified name are Meta's words, kept as they came: lists of values on
    Meta's pages differ and grow, so they are not choices here. Only `CONNECTED` can send."""

    waba = models.ForeignKey("whatsapp.Waba", on_delete=models.CASCADE, related_name="senders")
    phone_number_id = models.CharField(max_length=32)
    display_phone_number = models.CharField(max_length=32)
    verified_name = models.CharField(max_length=200, blank=True)
    friendly_name = models.CharField(max_length=75, blank=True)
    label = models.CharField(max_length=3, blank=True, help_text="For lists, such as NAI")
    status = models.CharField(max_length=32, blank=True)
    name_status = models.CharField(max_length=32, blank=True)
    # A name that was asked for later; it comes into force once the number is registered again.
    new_display_name = models.CharField(max_length=200, blank=True)
    new_name_status = models.CharField(max_length=32, blank=True)
    name_rejection = models.CharField(
        max_length=64, blank=True, help_text="Meta's reason for declining a name last"
    )
    code_verification_status = models.CharField(max_length=32, blank=True)
    quality_rating = models.CharField(max_length=16, blank=True)
    throughput_level = models.CharField(max_length=16, blank=True)
    messaging_limit = models.CharField(max_length=32, blank=True)
    official = models.BooleanField(default=False, help_text="Has Meta's official badge")
    is_gone = models.BooleanField(default=False, help_text="Meta lists it no more")
    # The six-digit two-step PIN that Meta wants whenever the number is registered anew.
    pin = models.BinaryField(
        null=True, editable=False, help_text="Encrypted; see whatsapp.connection.vault"
    )
    registered_at = models.DateTimeField(null=True, blank=True, help_text="By us, if ever")
    # The verification code that Meta was asked for last: when, by SMS or VOICE, and how many
    # codes were tried since.
    code_asked_at = models.DateTimeField(null=True, blank=True)
    code_method = models.CharField(max_length=8, blank=True)
    profile = models.JSONField(default=dict, blank=True, help_text="As last read from Meta")
    profile_read_at = models.DateTimeField(null=True, blank=True)
    # From which number candidates are written to now that were written to from this one. Set while
    # it is out of use: a number that is connected anew is nobody's predecessor.
    replaced_by = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="replaces"
    )
    # Our copy of the photo in the profile, a square JPEG, by its hash. Meta's address of it lives
    # for a short time, and the browser is sent to no other host.
    photo = models.CharField(max_length=64, blank=True, help_text="Hexadecimal SHA-256")

    class Meta:
        constraints = [
            # Webhooks name the number only.
            models.UniqueConstraint(fields=["phone_number_id"], name="sender_of_one_company"),
            # What a sync updates by, so that it can never write to another company's row.
            models.UniqueConstraint(fields=["company", "phone_number_id"], name="sender_once"),
            models.UniqueConstraint(
                fields=["company", "label"], condition=~Q(label=""), name="sender_label_once"
            ),
        ]
        indexes = [models.Index(fields=["company", "waba"], name="sender_by_company")]

    def __str__(self) -> str:
        return self.name

    @property
    def photo_path(self) -> str:
        """Its name in storage; of another photo it is another name, so none is overwritten."""
        return f"whatsapp/{self.company_id}/senders/{self.pk}-{self.photo[:32]}.jpg"

    @property
    def name(self) -> str:
        """What colleagues call it: the friendly name, else Meta's display name."""
        return self.friendly_name or self.verified_name or self.display_phone_number

    @property
    def successor(self) -> Sender | None:
        """The number at the end of the line of those that replaced this one."""
        found, seen = self, {self.pk}
        while found.replaced_by is not None and found.replaced_by_id not in seen:
            found = found.replaced_by
            seen.add(found.pk)
        return found if found.pk != self.pk else None


class SenderLink(CompanyOwned):
    """The text that stands in the candidate's WhatsApp when they open a sender's link: one for each
    job, and one without."""

    sender = models.ForeignKey(Sender, on_delete=models.CASCADE, related_name="links")
    job = models.ForeignKey("ats.Job", null=True, on_delete=models.CASCADE, related_name="+")
    text = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "sender", "job"], nulls_distinct=False, name="sender_link_once"
            )
        ]

    def __str__(self) -> str:
        return f"Link of sender {self.sender_id} for job {self.job_id}"
