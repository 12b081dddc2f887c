"""Files for the headers of templates: looked at by their bytes, kept, and given to Meta."""

from __future__ import annotations

from datetime import datetime
from typing import IO

from django.core.files import File

from whatsapp import figures
from whatsapp.media.causes import WHAT, WORDS_OF_TYPE, size_in_words
from whatsapp.media.kinds import most_bytes
from whatsapp.media.outgoing import look_at
from whatsapp.media.storing import put
from whatsapp.media.upload import RENEWED_BEFORE, UPLOAD_SECONDS
from whatsapp.meta.client import GraphClient
from whatsapp.models import MediaKind, Sender, TemplateFile, TemplateUpload

# Samples of headers; of messages Meta takes more (Meta, "Template components").
TYPES = {
    "image": ("image/jpeg", "image/png"),
    "video": ("video/mp4",),
    "document": ("application/pdf",),
}
TYPES_IN_WORDS = {"image": "a JPEG or a PNG", "video": "an MP4", "document": "a PDF"}


class FileRefused(ValueError):
    """The text says what is wrong with the file, and what to do."""


def keep(
    *, company_id: int, kind: str, content: IO[bytes], filename: str, now: datetime
) -> TemplateFile:
    """Stores a file for a header of `kind` (image, video, document). Raises `FileRefused`."""
    known = figures.at(now)
    found = look_at(content, kind=kind, filename=filename, declared="", now=now)
    if not found.size:
        raise FileRefused("The file is empty. Choose another.")
    what = WHAT[MediaKind(kind)]
    if found.mime not in TYPES[kind]:
        seems = WORDS_OF_TYPE.get(found.mime, "something else")
        raise FileRefused(f"The {what} is {seems}; Meta takes {TYPES_IN_WORDS[kind]} there.")
    most = most_bytes(MediaKind(kind), False, known)
    if found.size > most:
        raise FileRefused(
            f"The {what} has {size_in_words(found.size)}; WhatsApp takes {size_in_words(most)}. "
            "Make it smaller, or choose another."
        )
    row = TemplateFile(
        company_id=company_id,
        kind=kind,
        mime=found.mime,
        filename=found.filename,
        size=found.size,
        sha256=found.sha256,
        created_at=now,
    )
    content.seek(0)
    row.file = put(row.path, File(content))
    row.save()
    return row


def media_id_of(file: TemplateFile, sender: Sender, client: GraphClient, *, now: datetime) -> str:
    """Meta's id of the file for the sender's WABA: the one that there is, or a new one before it
    lapses. HTTP: call it outside transactions. Raises MetaError, never AnswerLost. Two workers at
    once upload twice, and either id is good."""
    found = TemplateUpload.objects.filter(file=file, waba=sender.waba_id).first()
    if found is not None:
        life = figures.at(found.uploaded_at).content.uploaded_media_life
        if now < found.uploaded_at + life - RENEWED_BEFORE:
            media_id: str = found.media_id
            return media_id
    with file.file.open("rb") as content:
        media_id = client.upload_media(
            sender.phone_number_id,
            file=content,
            mime_type=file.mime,
            filename=file.filename or file.kind,
            seconds=UPLOAD_SECONDS,
        )
    TemplateUpload.objects.update_or_create(
        company_id=file.company_id,
        file=file,
        waba=sender.waba,
        defaults={"media_id": media_id, "uploaded_at": now},
    )
    return media_id
