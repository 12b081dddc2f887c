"""One file of a message: where it stands on its way from WhatsApp's servers into our storage."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from ats.tenancy import CompanyManager, CompanyOwned
from whatsapp.models.connection import LOGGED_IN


class MediaKind(models.TextChoices):
    IMAGE = "image", "Photo"
    VIDEO = "video", "Video"
    AUDIO = "audio", "Audio"
    DOCUMENT = "document", "Document"
    STICKER = "sticker", "Sticker"


class MediaState(models.TextChoices):
    WAITING = "waiting", "Waiting to be fetched"
    FETCHING = "fetching", "Being fetched"
    STORED = "stored", "Stored"
    FAILED = "failed", "Could not be fetched"  # a person may press “Try again”
    REFUSED = "refused", "Not accepted"  # the file breaks the rules: trying again changes nothing
    GONE = "gone", "Deleted by the candidate"


def lease() -> timedelta:
    """After this time whoever claimed a file is dead; longer than a task may last."""
    return timedelta(seconds=settings.WHATSAPP["MEDIA_LEASE"])


class MediaFileQuerySet(models.QuerySet["MediaFile"]):
    def due(self, *, now: datetime) -> MediaFileQuerySet:
        """What wants a worker by now: files to fetch, unless their company has to log in again
        first, and files of deleted messages whose bytes are to be erased."""
        reachable = Q(
            state=MediaState.WAITING,
            message__sender__waba__connection__state__in=LOGGED_IN,
        )
        return self.filter(reachable | Q(state=MediaState.GONE), next_try_at__lte=now)

    def claim_next(self, *, now: datetime) -> MediaFile | None:
        """Takes the one that waits longest. Call it in a transaction of its own and commit before
        anything is fetched."""
        row = (
            self.due(now=now)
            .select_for_update(skip_locked=True, of=("self",))
            .order_by("next_try_at", "pk")
            .first()
        )
        if row is None:
            return None
        if row.state == MediaState.GONE:
            # Should this worker die, the erasing is due again.
            row.next_try_at = now + lease()
        else:
            row.state, row.claimed_at, row.next_try_at = MediaState.FETCHING, now, None
            row.attempts += 1
        row.save(update_fields=["state", "claimed_at", "next_try_at", "attempts"])
        return row

    def of_claim(self, media: MediaFile) -> MediaFileQuerySet:
        """The file, unless its message was deleted or another worker has claimed it since."""
        return self.filter(pk=media.pk, state=MediaState.FETCHING, claimed_at=media.claimed_at)

    def abandoned(self, *, now: datetime) -> MediaFileQuerySet:
        return self.filter(state=MediaState.FETCHING, claimed_at__lt=now - lease())


class MediaFile(CompanyOwned):
    message = models.OneToOneField(
        "whatsapp.Message", on_delete=models.CASCADE, related_name="media"
    )
    # What Meta said of it. Of a file of ours it is the id of our upload, which belongs to a WABA
    # and is forgotten by Meta in time.
    media_id = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=8, choices=MediaKind)
    uploaded_to = models.CharField(max_length=64, blank=True, help_text="Of ours: a WABA's id")
    uploaded_at = models.DateTimeField(null=True, blank=True)
    declared_mime = models.CharField(max_length=128, blank=True)
    filename = models.CharField(max_length=240, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, help_text="Hexadecimal")
    voice = models.BooleanField(default=False)
    animated = models.BooleanField(default=False)

    state = models.CharField(max_length=8, choices=MediaState)
    cause = models.CharField(max_length=500, blank=True, help_text="For people: what and what now")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(
        null=True, blank=True, help_text="From when a worker has something to do; empty: nothing"
    )
    claimed_at = models.DateTimeField(null=True, blank=True)

    # What was found in the bytes, and where they are.
    size = models.PositiveBigIntegerField(null=True, blank=True)
    mime = models.CharField(max_length=128, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    # The name in storage, fixed before anything is written: whoever tries again overwrites what a
    # dead worker left, and whoever erases knows where to look.
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    file = models.FileField(max_length=200, blank=True)
    thumbnail = models.FileField(max_length=200, blank=True)
    stored_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    objects: ClassVar = CompanyManager.from_queryset(MediaFileQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "message"], name="media_once_a_message"),
            models.CheckConstraint(
                condition=~Q(state="stored") | ~Q(file=""), name="media_stored_somewhere"
            ),
        ]
        indexes = [
            # Tiny beside the table, whoever the company is.
            models.Index(
                fields=["next_try_at", "id"],
                condition=Q(next_try_at__isnull=False),
                name="media_due",
            ),
            models.Index(
                fields=["claimed_at"], condition=Q(state="fetching"), name="media_being_fetched"
            ),
        ]

    def __str__(self) -> str:
        return f"File of message {self.message_id}"

    @property
    def path(self) -> str:
        month = f"{self.created_at:%Y/%m}"
        return f"whatsapp/{self.company_id}/{month}/{self.key}"

    @property
    def thumbnail_path(self) -> str:
        return f"{self.path}-thumbnail"
