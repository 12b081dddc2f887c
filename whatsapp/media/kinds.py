"""What a file really is, by its bytes, and whether that and its size are within Meta's table.

Names and declared types are a stranger's words: they only choose within a family that the bytes
prove, such as Word or Excel among the old Office formats."""

from __future__ import annotations

import os
from typing import IO

import puremagic

from whatsapp.figures import Figures
from whatsapp.media import causes
from whatsapp.models import MediaKind

UNKNOWN = "application/octet-stream"
HEAD = 64 * 1024
# One thing, several names: Meta's, puremagic's, and the registered one that browsers know.
SAME = {
    "video/3gp": "video/3gpp",
    "audio/x-m4a": "audio/mp4",
    "audio/m4a": "audio/mp4",
    "application/ogg": "audio/ogg",
    "audio/mp3": "audio/mpeg",
    "audio/x-aac": "audio/aac",
}
# Where puremagic knows the ending but not the type.
OF_ENDING = {".amr": "audio/amr", ".m4a": "audio/mp4", ".oga": "audio/ogg"}
OLD_OFFICE = ("application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint")
OOXML = "application/vnd.openxmlformats-officedocument."
NEW_OFFICE = {
    b"word/": f"{OOXML}wordprocessingml.document",
    b"xl/": f"{OOXML}spreadsheetml.sheet",
    b"ppt/": f"{OOXML}presentationml.presentation",
}


class Refusal(Exception):
    """The file breaks the rules; the text says so to people."""


def most_bytes(kind: str, animated: bool, figures: Figures) -> int:
    caps = figures.content.media_bytes
    return caps["sticker_animated"] if kind == MediaKind.STICKER and animated else caps[kind]


def accepted_types(kind: str, figures: Figures) -> frozenset[str]:
    """Empty for documents: of these every type may come."""
    return frozenset() if kind == MediaKind.DOCUMENT else sendable_types(kind, figures)


def examine(file: IO[bytes], *, kind: str, declared: str, figures: Figures) -> str:
    """The type found in the bytes. Raises `Refusal` where the kind does not allow it."""
    found = look(file, kind=kind, declared=declared)
    if not found:
        raise Refusal(causes.EMPTY)
    accepted = accepted_types(kind, figures)
    if not accepted:
        return found[0]
    for one in found:
        if one in accepted:
            return one
    raise Refusal(causes.other_type(kind, found[0]))


def look(file: IO[bytes], *, kind: str, declared: str) -> list[str]:
    """What it may be by its bytes, likeliest first; empty for an empty file."""
    head, tail = _ends(file)
    return types_of(head, tail, kind=kind, declared=declared) if head else []


def sendable_types(kind: str, figures: Figures) -> frozenset[str]:
    """What Meta takes of us; of documents far less than it brings."""
    return frozenset(SAME.get(one, one) for one in figures.content.media_types[kind])


def _ends(file: IO[bytes]) -> tuple[bytes, bytes]:
    file.seek(0)
    head = file.read(HEAD)
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - HEAD))
    return head, file.read(HEAD)


def types_of(head: bytes, tail: bytes, *, kind: str, declared: str) -> list[str]:
    """What it may be, likeliest first; never empty."""
    if head[4:8] == b"ftyp":
        return [_of_brand(head[8:12], kind)]
    if head.startswith(b"PK\x03\x04"):
        return [_of_zip(head, tail)]
    if kind == MediaKind.AUDIO and _is_mp3_frame(head):
        return ["audio/mpeg"]
    found = _by_signature(head)
    if found[:1] == ["application/msword"]:
        # One container for three programs; without a hint from outside it stays the first.
        plain = declared.split(";")[0].strip().lower()
        return [plain if plain in OLD_OFFICE else found[0]]
    # Text is looked at here: a mark at its beginning says nothing of what follows.
    return found if found and found[0] != "text/plain" else [_of_text(head)]


def _by_signature(head: bytes) -> list[str]:
    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return []
    types = (one.mime_type or OF_ENDING.get(one.extension, "") for one in matches)
    # Something was recognised, so it is no plain text, even where it has no name.
    return [SAME.get(one, one) for one in types if one] or [UNKNOWN]


def _is_mp3_frame(head: bytes) -> bool:
    """Eleven bits of sync, then layer III, in any version of MPEG; puremagic knows only one."""
    return len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2


def _of_brand(brand: bytes, kind: str) -> str:
    """The brand of an ISO media file (ISO/IEC 14496-12, `ftyp`)."""
    if brand.startswith((b"heic", b"heix", b"heif", b"mif1", b"msf1", b"avif")):
        return "image/heif"
    if brand.startswith(b"qt"):
        return "video/quicktime"
    if brand.startswith((b"M4A", b"M4B")) or kind == MediaKind.AUDIO:
        return "audio/mp4"
    return "video/3gpp" if brand.startswith((b"3gp", b"3g2")) else "video/mp4"


def _of_zip(head: bytes, tail: bytes) -> str:
    """Office documents are archives that name their parts; macros make one a program."""
    names = head + tail
    if b"[Content_Types].xml" not in names or b"vbaProject.bin" in names:
        return "application/zip" if b"META-INF/" not in names else UNKNOWN
    return next((mime for part, mime in NEW_OFFICE.items() if part in names), "application/zip")


def _of_text(head: bytes) -> str:
    if head.startswith(b"#!"):
        return UNKNOWN
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The last letter may be cut in two.
        if error.start < len(head) - 4 or error.reason != "unexpected end of data":
            return UNKNOWN
        text = head[: error.start].decode("utf-8-sig")
    if any(ord(one) < 32 and one not in "\t\n\r\f" for one in text):
        return UNKNOWN
    return "text/html" if text.lstrip().startswith("<") else "text/plain"


def drawn_types(figures: Figures) -> frozenset[str]:
    """What a browser may show within a page: pictures, sound and film of Meta's table."""
    kinds = (MediaKind.IMAGE, MediaKind.STICKER, MediaKind.AUDIO, MediaKind.VIDEO)
    return frozenset().union(*(accepted_types(kind, figures) for kind in kinds))


def named_types(figures: Figures) -> frozenset[str]:
    """What is offered for download under its own type; everything else is mere bytes."""
    return frozenset(figures.content.media_types[MediaKind.DOCUMENT])
