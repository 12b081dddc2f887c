"""Files for the headers of templates: looked at by their bytes, kept, and given to Meta."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock
from typing import IO

from django.core.files import File
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from whatsapp import figures
from whatsapp.media.causes import WHAT, WORDS_OF_TYPE, size_in_words
from whatsapp.media.kinds import most_bytes
from whatsapp.media.outgoing import look_at
from whatsapp.media.storing import discard, put
from whatsapp.media.thumbnails import is_broken
from whatsapp.media.upload import JUST_GIVEN, RENEWED_BEFORE, UPLOAD_SECONDS
from whatsapp.meta.client import GraphClient
from whatsapp.models import (
    MediaKind,
    Sender,
    TemplateFile,
    TemplateTranslation,
    TemplateUpload,
)

# Samples of headers; of messages Meta takes more (Meta, "Template components").
TYPES = {
    "image": ("image/jpeg", "image/png"),
    "video": ("video/mp4",),
    "document": ("application/pdf",),
}
TYPES_IN_WORDS = {"image": "a JPEG or a PNG", "video": "an MP4", "document": "a PDF"}

# What is being put into a draft at this moment is not in it yet.
UNUSED_AFTER = timedelta(days=1)

# A bulk send brings the same file to all hands at once.
_ONE_AT_A_TIME = tuple(Lock() for _ in range(16))


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
        seems = WORDS_OF_TYPE.get(found.mime, f"not a {what} that can be read")
        raise FileRefused(f"The file is {seems}; Meta takes {TYPES_IN_WORDS[kind]} there.")
    most = most_bytes(MediaKind(kind), False, known)
    if found.size > most:
        raise FileRefused(
            f"The {what} has {size_in_words(found.size)}; WhatsApp takes {size_in_words(most)}. "
            "Make it smaller, or choose another."
        )
    if kind == "image" and is_broken(found.width, found.height, found.thumbnail):
        raise FileRefused(
            "The photo cannot be read as a picture: its file is broken. Save it again, or choose "
            "another."
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


def forget_upload(file: TemplateFile, sender_id: int, media_id: str, *, now: datetime) -> bool:
    """Meta does not know `media_id`: whether a message that had it may bring the file again. It may
    where the first of many that were on their way has said so already, and not where Meta was given
    the file a moment ago, as it would say the same again."""
    rows = TemplateUpload.objects.filter(file=file, sender=sender_id, media_id=media_id)
    if rows.filter(uploaded_at__gte=now - JUST_GIVEN).exists():
        return False
    rows.delete()
    return True


def forget_unused(*, now: datetime) -> int:
    """Erases files that another one has replaced, or whose draft is gone; how many. Over all
    companies."""
    kept = TemplateTranslation.objects.filter(Q(file=OuterRef("pk")) | Q(draft_file=OuterRef("pk")))
    old = TemplateFile.objects.filter(~Exists(kept), created_at__lt=now - UNUSED_AFTER)
    names = []
    with transaction.atomic():
        for file in old.select_for_update(skip_locked=True):
            names.append(file.file.name)
            file.delete()
        transaction.on_commit(lambda: discard(names))
    return len(names)


def known_media_id(file: TemplateFile, sender_id: int, *, now: datetime) -> str:
    """Meta's id of the file for the number, while it lasts long enough; else empty."""
    found = TemplateUpload.objects.filter(file=file, sender=sender_id).first()
    if found is None:
        return ""
    life = figures.at(found.uploaded_at).content.uploaded_media_life
    return found.media_id if now < found.uploaded_at + life - RENEWED_BEFORE else ""


def media_id_of(file: TemplateFile, sender: Sender, client: GraphClient, *, now: datetime) -> str:
    """Meta's id of the file for the sender: the one that there is, or a new one before it lapses.
    HTTP: call it outside transactions. Raises MetaError, never AnswerLost. The threads of a process
    upload it once; two processes at once do so twice, and either id is good."""
    with _ONE_AT_A_TIME[hash((file.pk, sender.pk)) % len(_ONE_AT_A_TIME)]:
        return known_media_id(file, sender.pk, now=now) or _upload(file, sender, client, now=now)


def _upload(file: TemplateFile, sender: Sender, client: GraphClient, *, now: datetime) -> str:
    with file.file.open("rb") as content:
        media_id: str = client.upload_media(
            sender.phone_number_id,
            file=content,
            mime_type=file.mime,
            filename=file.filename or file.kind,
            seconds=UPLOAD_SECONDS,
        )
    TemplateUpload.objects.update_or_create(
        company_id=file.company_id,
        file=file,
        sender=sender,
        defaults={"media_id": media_id, "uploaded_at": now},
    )
    return media_id
