"""Messages that are a file: photo, video, sound, document, sticker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from whatsapp import figures
from whatsapp.figures import Figures
from whatsapp.media.causes import WHAT, WORDS_OF_TYPE, size_in_words, with_article
from whatsapp.media.kinds import most_bytes, sendable_types
from whatsapp.media.outgoing import OutgoingFile, of_row
from whatsapp.media.upload import ensure_at_meta, forget_upload
from whatsapp.meta import payloads
from whatsapp.meta.client import GraphClient
from whatsapp.models import MediaFile, MediaKind, MediaState, Message, MessageKind, Sender
from whatsapp.policy.facts import FreeContent
from whatsapp.sending.content.draft import Draft, FreeKind

CAPTIONED = (MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.DOCUMENT)
# What people may choose, in the words they know.
TYPES_IN_WORDS = {
    MediaKind.IMAGE: "a JPEG or a PNG",
    MediaKind.VIDEO: "an MP4 or a 3GP",
    MediaKind.AUDIO: "AAC, AMR, MP3, M4A, or OGG with Opus",
    MediaKind.DOCUMENT: "a PDF, a text, or a Word, Excel or PowerPoint file without macros",
    MediaKind.STICKER: "a WebP",
}
STICKER_SIDE = 512


@dataclass(frozen=True, slots=True)
class FileDraft(Draft):
    """`file` is what was found in the bytes; its kind is the message's."""

    file: OutgoingFile = field()
    caption: str = ""
    context_wamid: str = ""
    # It was here, and is not any more.
    is_gone: bool = False

    @property
    def kind(self) -> MessageKind:
        return MessageKind(self.file.kind)

    def facts(self, sender: Sender | None, *, now: datetime) -> FreeContent:
        return FreeContent(self.kind, tuple(self._problems(figures.at(now))))

    def text(self) -> str:
        return self.caption.strip()

    def content(self) -> dict[str, Any]:
        about: dict[str, Any] = {"mime_type": self.file.mime, "sha256": self.file.sha256}
        if self.file.filename:
            about["filename"] = self.file.filename
        if self.file.voice:
            about["voice"] = True
        return {"type": self.kind, self.kind: about}

    def _problems(self, known: Figures) -> Iterator[str]:
        kind, file = MediaKind(self.file.kind), self.file
        if self.is_gone:
            yield "The file is not here any more. Attach it again."
            return
        if not file.size:
            yield "The file is empty. Choose another."
            return
        most = most_bytes(kind, file.animated, known)
        if file.mime not in sendable_types(kind, known):
            seems = WORDS_OF_TYPE.get(file.mime, "something else")
            yield f"The {WHAT[kind]} is {seems}; WhatsApp takes {TYPES_IN_WORDS[kind]}."
        elif file.size > most:
            yield (
                f"The {WHAT[kind]} has {size_in_words(file.size)}; WhatsApp takes"
                f" {size_in_words(most)}. Make it smaller, or send a link."
            )
        yield from self._problems_of_kind(kind)
        caption, longest = self.text(), known.content.caption
        if caption and kind not in CAPTIONED:
            beside = with_article(WHAT[kind])
            yield f"WhatsApp shows no words beside {beside}. Send them in a message before it."
        elif len(caption) > longest:
            yield (
                f"The words beside the {WHAT[kind]} have {len(caption)} characters; WhatsApp takes"
                f" {longest}. Shorten them, or send them in a message of their own."
            )

    def _problems_of_kind(self, kind: MediaKind) -> Iterator[str]:
        file = self.file
        if file.mime == "audio/ogg" and not file.is_opus:
            yield "The OGG file is not in Opus, which is all that WhatsApp takes. Save it as MP3."
        if self.file.voice and (kind != MediaKind.AUDIO or file.mime != "audio/ogg"):
            yield "Only a sound in OGG with Opus can be a voice message. Send it as a plain sound."
        sides = (file.width, file.height)
        if kind == MediaKind.STICKER and file.mime and sides != (STICKER_SIDE, STICKER_SIDE):
            yield (
                f"A sticker is {STICKER_SIDE} pixels wide and high; this picture is not."
                " Change its size, or send it as a photo."
            )


class FileKind(FreeKind):
    """Needs `media` with the message, and `sender__waba` to prepare it."""

    def draft_of(self, message: Message) -> FileDraft:
        media: MediaFile | None = getattr(message, "media", None)
        is_gone = media is None or media.state != MediaState.STORED
        file = of_row(media) if media else OutgoingFile(message.kind, "", 0, "")
        return FileDraft(
            file=file,
            caption=message.text,
            context_wamid=message.context_wamid,
            is_gone=is_gone,
        )

    def waits_for_file(self, message: Message) -> bool:
        return True

    def forget_upload(self, message: Message, payload: Mapping[str, Any], *, now: datetime) -> bool:
        media: MediaFile | None = getattr(message, "media", None)
        return media is not None and forget_upload(media, now=now)

    def prepare(self, message: Message, client: GraphClient, *, now: datetime) -> None:
        ensure_at_meta(message.media, message.sender, client, now=now)

    def inner(self, message: Message) -> dict[str, Any]:
        media = message.media
        is_document = message.kind == MediaKind.DOCUMENT
        return payloads.media(
            media.media_id,
            caption=message.text,
            filename=media.filename if is_document else "",
            voice=media.voice,
        )
