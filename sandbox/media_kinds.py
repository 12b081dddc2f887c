"""Messages with a file: image, video, audio, document, sticker."""

import base64
import binascii
from typing import TYPE_CHECKING

from sandbox.drafts import Built, Draft
from sandbox.errors import status_error
from sandbox.media import SAMPLES, sample
from sandbox.phones import Refused
from sandbox.records import Json, Media

if TYPE_CHECKING:
    from sandbox.core import Sandbox

MB = 1024 * 1024
# "Media", 11 December 2025: what WhatsApp carries of each kind, and up to which size.
ALLOWED: dict[str, tuple[frozenset[str], int]] = {
    "image": (frozenset({"image/jpeg", "image/png"}), 5 * MB),
    "video": (frozenset({"video/mp4", "video/3gp", "video/3gpp"}), 16 * MB),
    "audio": (
        frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}),
        16 * MB,
    ),
    "sticker": (frozenset({"image/webp"}), 500 * 1024),
}
# What a company may send as a document.
DOCUMENTS = frozenset(
    {
        "text/plain",
        "application/pdf",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    }
)
KINDS = frozenset({*ALLOWED, "document"})
STILL_STICKER = 100 * 1024
MOST_DOCUMENT = 100 * MB


def media(sb: "Sandbox", draft: Draft) -> Built:
    size = draft.of("size")
    if draft.kind == "document" and size is not None and int(size) > MOST_DOCUMENT:
        return _too_large()
    known = draft.of("id")
    if known:
        found = sb.media.find(str(known))
        if found is None or found.waba_id != draft.business.waba_id:
            raise Refused(f"This business has no media {known}: give data or a sample instead.")
        _check(draft, found.mime_type, found.size)
        return Built(_described(sb, draft, found, sb.media.read(found)[:32]), {})
    data, mime_type, filename = _file(draft)
    if draft.kind == "document" and len(data) > MOST_DOCUMENT:
        return _too_large()
    _check(draft, mime_type, len(data))
    if draft.kind == "sticker" and len(data) > STILL_STICKER and not _animated(draft, data):
        raise Refused("A still sticker has at most 100 KB.")
    made = sb.media.add(
        draft.business.waba_id, draft.number.id, data, mime_type, filename, inbound=True
    )
    return Built(_described(sb, draft, made, data), {})


def _too_large() -> Built:
    """Meta sends the message all the same, with an error in the file's place."""
    return Built(None, {"errors": [status_error(131052)]})


def _file(draft: Draft) -> tuple[bytes, str, str]:
    name = draft.of("sample")
    mime_type, filename = str(draft.of("mime_type") or ""), str(draft.of("filename") or "")
    if name:
        if name not in SAMPLES:
            raise Refused(f"sample is one of {', '.join(SAMPLES)}.")
        _, own_type, own_name = SAMPLES[name]
        return sample(name), mime_type or own_type, filename or own_name
    given = draft.of("data")
    if isinstance(given, bytes):
        data = given
    elif isinstance(given, str):
        try:
            data = base64.b64decode(given, validate=True)
        except binascii.Error as error:
            raise Refused("data has to be the file's bytes in base64.") from error
    else:
        raise Refused(
            f"A message of type {draft.kind} needs a file: give data (base64) and mime_type, or "
            f"sample ({', '.join(SAMPLES)})."
        )
    if not data:
        raise Refused("The file is empty; WhatsApp sends no empty file.")
    if not mime_type:
        raise Refused("A file needs its mime_type.")
    return data, mime_type, filename


def _check(draft: Draft, mime_type: str, size: int) -> None:
    if draft.kind not in ALLOWED:
        return  # documents may be anything
    allowed, most = ALLOWED[draft.kind]
    if mime_type.split(";")[0].strip().lower() not in allowed:
        raise Refused(
            f"WhatsApp sends no {draft.kind} of type {mime_type}: it is one of "
            f"{', '.join(sorted(allowed))}. Send anything else as a document."
        )
    if size > most:
        raise Refused(
            f"The {draft.kind} has {size:,} bytes; WhatsApp carries at most {most:,}. Send it as a "
            "document."
        )


def _animated(draft: Draft, data: bytes) -> bool:
    given = draft.of("animated")
    if given is not None:
        return bool(given)
    # The extended header of WebP says it in one bit of its flags.
    return data[12:16] == b"VP8X" and len(data) > 20 and bool(data[20] & 0x02)


def _described(sb: "Sandbox", draft: Draft, found: Media, start: bytes) -> Json:
    content: Json = {
        "mime_type": found.mime_type,
        "sha256": base64.b64encode(bytes.fromhex(found.sha256)).decode(),
        "id": found.id,
        "url": sb.media.address(found, sb.options.base),
    }
    if draft.kind == "audio":
        voice = draft.of("voice")
        content["voice"] = draft.of("sample") == "voice" if voice is None else bool(voice)
        if content["voice"] and not found.mime_type.startswith("audio/ogg"):
            raise Refused("A voice note is audio/ogg with Opus; other audio is no voice note.")
    if draft.kind == "sticker":
        content["animated"] = _animated(draft, start)
    if draft.kind == "document" and found.filename:
        content["filename"] = found.filename
    caption = draft.of("caption")
    if caption:
        if draft.kind not in ("image", "video", "document"):
            raise Refused(f"A message of type {draft.kind} has no caption on WhatsApp.")
        content["caption"] = str(caption)
    return content
