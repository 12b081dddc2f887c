"""What became of a file. Every state moves by compare-and-set under the claim of its worker."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from ats.public import User
from ats.tenancy import company_scope
from whatsapp import events, jobs
from whatsapp.media import causes
from whatsapp.models import MediaFile, MediaState

# Tries of a file before a person has to ask for more.
MOST_TRIES = 8


def stored(media: MediaFile, *, now: datetime, **found: Any) -> bool:
    return _settle(media, now, state=MediaState.STORED, cause="", stored_at=now, **found)


def put_back(media: MediaFile, *, cause: str, until: datetime, now: datetime) -> bool:
    """It goes again at `until`."""
    return _settle(media, now, state=MediaState.WAITING, cause=cause, next_try_at=until)


def put_back_uncounted(media: MediaFile, *, cause: str, now: datetime) -> bool:
    """As above, as soon as the company is connected: not this file's fault, so no try of it."""
    tries = media.attempts - 1
    return _settle(
        media, now, state=MediaState.WAITING, cause=cause, next_try_at=now, attempts=tries
    )


def failed(media: MediaFile, *, cause: str, now: datetime) -> bool:
    return _settle(media, now, state=MediaState.FAILED, cause=cause)


def refused(media: MediaFile, *, cause: str, now: datetime) -> bool:
    return _settle(media, now, state=MediaState.REFUSED, cause=cause)


def retry(*, media: MediaFile, by: User, now: datetime) -> bool:
    """Somebody pressed “Try again”: all tries from the start, at once. False where there is nothing
    to try."""
    with transaction.atomic():
        rows = MediaFile.objects.filter(
            pk=media.pk, state__in=(MediaState.FAILED, MediaState.WAITING)
        )
        if not rows.update(state=MediaState.WAITING, cause="", attempts=0, next_try_at=now):
            return False
        events.audit(actor=by, verb="media_tried_again", about=media, now=now)
        jobs.wake(jobs.FETCH_MEDIA)
        _tell(media, now)
    return True


def expire_claims(*, now: datetime) -> int:
    """Files whose worker is dead go again, or have failed where that has killed it often enough."""
    stale = list(MediaFile.objects.abandoned(now=now).select_related("message")[:500])
    for media in stale:
        with company_scope(media.company_id):
            if media.attempts >= MOST_TRIES:
                failed(media, cause=causes.STAYS_NOT_STORED, now=now)
            else:
                put_back(media, cause="", until=now, now=now)
    return len(stale)


def _settle(media: MediaFile, now: datetime, **changes: Any) -> bool:
    with transaction.atomic():
        ours = MediaFile.objects.of_claim(media).update(claimed_at=None, **changes) == 1
        if ours:
            _tell(media, now)
    return ours


def _tell(media: MediaFile, now: datetime) -> None:
    events.message_changed(media.company_id, media.message.conversation_id, media.message_id, now)
