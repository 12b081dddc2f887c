"""Files of ours to Meta, which takes messages only with its own id of the file."""

from __future__ import annotations

from datetime import datetime, timedelta

from whatsapp import figures
from whatsapp.meta.client import GraphClient
from whatsapp.models import MediaFile, Sender

# Before Meta forgets a file it is given again: the message may wait once more.
RENEWED_BEFORE = timedelta(days=1)
JUST_GIVEN = timedelta(minutes=1)
# Of one file, far below a task's time limit. 100 MB want half a megabyte a second.
UPLOAD_SECONDS = 180.0


def is_at_meta(media: MediaFile, sender: Sender, *, now: datetime) -> bool:
    """Whether Meta has the file for this sender's WABA, and will have it long enough.

    Needs `sender.waba`.
    """
    if not media.media_id or media.uploaded_at is None:
        return False
    life = figures.at(media.uploaded_at).content.uploaded_media_life
    is_ours = media.uploaded_to == sender.waba.waba_id
    return is_ours and now < media.uploaded_at + life - RENEWED_BEFORE


def forget_upload(media: MediaFile, *, now: datetime) -> bool:
    """Meta does not know its id of the file: the message gives it again. False where it was given a
    moment ago, as Meta would say the same again."""
    rows = MediaFile.objects.filter(pk=media.pk, uploaded_at__lt=now - JUST_GIVEN)
    return bool(rows.update(media_id="", uploaded_at=None))


def ensure_at_meta(media: MediaFile, sender: Sender, client: GraphClient, *, now: datetime) -> None:
    """Uploads the file unless Meta has it, and remembers Meta's id in the row and in `media`.

    HTTP: call it outside transactions. Raises MetaError, never AnswerLost: what a lost answer
    leaves at Meta is forgotten there. Two workers at once upload twice, and either id is good.
    """
    if is_at_meta(media, sender, now=now):
        return
    with media.file.open("rb") as file:
        media.media_id = client.upload_media(
            sender.phone_number_id,
            file=file,
            mime_type=media.mime,
            filename=media.filename or f"{media.kind}",
            seconds=UPLOAD_SECONDS,
        )
    media.uploaded_to, media.uploaded_at = sender.waba.waba_id, now
    MediaFile.objects.filter(pk=media.pk).update(
        media_id=media.media_id, uploaded_to=media.uploaded_to, uploaded_at=now
    )
