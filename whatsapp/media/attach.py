"""The file's row, written with its message, and its end when the message is deleted."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from whatsapp import jobs
from whatsapp.media import causes
from whatsapp.meta.errors import as_code, explain
from whatsapp.meta.reading import as_mapping, as_mappings, as_text
from whatsapp.models import MediaFile, MediaKind, MediaState, Message

LONGEST_NAME = 240
LONGEST_ID = 64
# Meta could not take the file over itself: above 100 MB, or lost on the way.
NOT_TAKEN_OVER = 131052
TOO_LARGE = "This file is larger than 100 MB, or was lost on its way. "


def attach(message: Message, *, now: datetime) -> MediaFile | None:
    """The row of the message's file, from `message.content`; None for a message without one.

    Call it in the transaction that writes the message. Again it changes nothing.
    """
    # An edit changes the words beside a file, never the file.
    content = as_mapping(as_mapping(message.content).get("before") or message.content)
    kind = content.get("type")
    if not isinstance(kind, str) or kind not in MediaKind.values:
        return None
    about = as_mapping(content.get(kind))
    media_id = as_text(about.get("id"))
    refusal = _refusal(content, media_id)
    media, new = MediaFile.objects.get_or_create(
        message=message,
        defaults={
            "kind": kind,
            "media_id": media_id if len(media_id) <= LONGEST_ID else "",
            "declared_mime": clean(as_text(about.get("mime_type")))[:128],
            "filename": shortened(clean(as_text(about.get("filename")))),
            "sha256": hex_digest(as_text(about.get("sha256"))),
            "voice": about.get("voice") is True,
            "animated": about.get("animated") is True,
            "state": MediaState.REFUSED if refusal else MediaState.WAITING,
            "cause": refusal[:500],
            "next_try_at": None if refusal else now,
            "created_at": now,
        },
    )
    if new and not refusal:
        jobs.wake(jobs.FETCH_MEDIA)
    return media


def forget(message: Message, *, now: datetime) -> None:
    """The candidate has deleted the message: from now on nobody gets the file, and a worker erases
    its bytes after the commit. Again it changes nothing."""
    rows = MediaFile.objects.filter(message=message).exclude(state=MediaState.GONE)
    if rows.update(state=MediaState.GONE, cause="", next_try_at=now):
        jobs.wake(jobs.FETCH_MEDIA)


def _refusal(content: Mapping[str, Any], media_id: str) -> str:
    for error in as_mappings(content.get("errors")):
        code = as_code(error.get("code"))
        if code == NOT_TAKEN_OVER:
            return f"{TOO_LARGE}{causes.AGAIN_OTHERWISE}"
        said = explain(code)
        return f"{said.sentence} {said.action}"
    return causes.NO_ID if not media_id or len(media_id) > LONGEST_ID else ""


def clean(text: str) -> str:
    """Without what is not seen, such as the marks that turn “fdp.exe” into “exe.pdf”."""
    return "".join(one for one in text if unicodedata.category(one)[0] != "C").strip()


def shortened(name: str) -> str:
    """At most `LONGEST_NAME` letters, with the ending kept."""
    if len(name) <= LONGEST_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 16:
        return name[:LONGEST_NAME]
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"


def hex_digest(given: str) -> str:
    """A SHA-256 as hexadecimal digits: Meta writes it so, or in base64. Empty for anything else."""
    if re.fullmatch(r"[0-9a-fA-F]{64}", given):
        return given.lower()
    try:
        raw = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return raw.hex() if len(raw) == 32 else ""
