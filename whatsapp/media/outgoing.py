"""A file of ours on its way into a message: looked at by its bytes, then stored with the row."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO

from django.core.files import File
from django.core.files.base import ContentFile
from django.db import DatabaseError

from whatsapp import figures
from whatsapp.media.attach import clean, shortened
from whatsapp.media.kinds import look, sendable_types
from whatsapp.media.storing import erase, put
from whatsapp.media.thumbnails import NO_PICTURE, picture_of
from whatsapp.models import MediaFile, MediaKind, MediaState

CHUNK = 1024 * 1024
# The page of an OGG file that names its codec is the first (RFC 7845).
OPUS_STANDS_WITHIN = 128


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """What was found in the bytes; `mime` is empty for an empty file, `sha256` is hexadecimal.

    `is_opus` is about OGG only: of that Meta takes no other codec. `file` is None where the bytes
    are stored already.
    """

    kind: str
    mime: str
    size: int
    sha256: str
    filename: str = ""
    width: int | None = None
    height: int | None = None
    voice: bool = False
    animated: bool = False
    is_opus: bool = False
    thumbnail: bytes = field(default=b"", repr=False)
    file: IO[bytes] | None = field(default=None, repr=False, compare=False)


def look_at(
    file: IO[bytes],
    *,
    kind: str,
    filename: str,
    declared: str,
    voice: bool = False,
    now: datetime,
) -> OutgoingFile:
    """Reads the file through; `filename` and `declared` (its type) are a stranger's words."""
    found = look(file, kind=kind, declared=declared)
    sendable = sendable_types(kind, figures.at(now))
    mime = next((one for one in found if one in sendable), found[0] if found else "")
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    beginning = file.read(OPUS_STANDS_WITHIN)
    file.seek(0)
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    picture = picture_of(file, mime) if mime in sendable else NO_PICTURE
    return OutgoingFile(
        kind=kind,
        mime=mime,
        size=size,
        sha256=digest.hexdigest(),
        filename=shortened(clean(filename)),
        width=picture.width,
        height=picture.height,
        voice=voice,
        animated=kind == MediaKind.STICKER and _is_animated(beginning),
        is_opus=b"OpusHead" in beginning,
        thumbnail=picture.thumbnail,
        file=file,
    )


def _is_animated(beginning: bytes) -> bool:
    """The animation bit of an extended WebP (Google, "WebP Container Specification")."""
    return beginning[12:16] == b"VP8X" and len(beginning) > 20 and bool(beginning[20] & 0x02)


def of_row(media: MediaFile) -> OutgoingFile:
    """The same of a file that is stored; OGG that is stored has been looked at."""
    return OutgoingFile(
        kind=media.kind,
        mime=media.mime,
        size=media.size or 0,
        sha256=media.sha256,
        filename=media.filename,
        width=media.width,
        height=media.height,
        voice=media.voice,
        animated=media.animated,
        is_opus=True,
    )


@contextmanager
def kept(
    file: OutgoingFile | None, *, company_id: int, now: datetime
) -> Iterator[MediaFile | None]:
    """Puts the bytes into storage and gives the row, to be saved with its message inside.

    The storage may be far away, so it is asked before the transaction. Where that fails the bytes
    go again; a process that dies in between leaves them under a name that nobody knows.
    """
    if file is None or file.file is None:
        yield None
        return
    media = MediaFile(
        company_id=company_id,
        kind=file.kind,
        declared_mime=file.mime,
        filename=file.filename,
        sha256=file.sha256,
        voice=file.voice,
        animated=file.animated,
        state=MediaState.STORED,
        size=file.size,
        mime=file.mime,
        width=file.width,
        height=file.height,
        stored_at=now,
        created_at=now,
    )
    try:
        file.file.seek(0)
        media.file = put(media.path, File(file.file))
        if file.thumbnail:
            media.thumbnail = put(media.thumbnail_path, ContentFile(file.thumbnail))
        yield media
    except BaseException:
        if not _may_be_written(media):
            erase(media)
        raise


def _may_be_written(media: MediaFile) -> bool:
    """A commit may have reached the database though its answer did not reach us."""
    try:
        return MediaFile.objects.filter(key=media.key).exists()
    except DatabaseError:
        return True
