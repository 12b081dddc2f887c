"""Messages that are a file: photo, video, sound, document, sticker, in every state of the file."""

from __future__ import annotations

from dataclasses import dataclass

from whatsapp.media.causes import size_in_words
from whatsapp.media.kinds import UNKNOWN
from whatsapp.meta.reading import as_mapping, as_text
from whatsapp.models import MediaFile, MediaKind, MediaState, Message
from whatsapp.selectors.bubbles.drawn import Drawn, Facts, Kind, clock_of

WORDS = {
    MediaKind.IMAGE: "Photo",
    MediaKind.VIDEO: "Video",
    MediaKind.AUDIO: "Audio",
    MediaKind.DOCUMENT: "Document",
    MediaKind.STICKER: "Sticker",
}
ICONS = {
    MediaKind.IMAGE: "image",
    MediaKind.VIDEO: "play",
    MediaKind.AUDIO: "volume",
    MediaKind.DOCUMENT: "file",
    MediaKind.STICKER: "smile",
}
COMING = (MediaState.WAITING, MediaState.FETCHING)
# Endings that Windows, macOS, Android or Linux run when they are opened, macros included.
# fmt: off
PROGRAMS = frozenset((
    "apk", "app", "appimage", "bat", "bin", "cmd", "com", "command", "cpl", "deb", "dll", "dmg",
    "docm", "exe", "hta", "img", "iso", "jar", "js", "jse", "lnk", "msi", "msix", "pkg", "pptm",
    "ps1", "reg", "rpm", "scr", "sh", "vb", "vbe", "vbs", "wsf", "xlsm",
))
# fmt: on
PAGES = frozenset({"htm", "html", "mht", "mhtml", "svg", "xhtml"})
# A browser draws these as pages, whatever the name says.
PAGE_TYPES = frozenset({"text/html", "image/svg+xml"})
PROGRAM_WARNING = "This file can run as a program. Open it only if you know why it was sent."
PAGE_WARNING = "This file is a web page. It is only downloaded, never opened here."
# What a candidate's paper may end in: other bytes under such a name want to deceive.
# fmt: off
PAPERS = frozenset((
    "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "jpg", "jpeg", "png", "txt", "rtf", "odt",
))
# fmt: on


@dataclass(frozen=True, slots=True)
class FileView:
    """`label` names it to screen readers; `mark` is its type in a few letters."""

    id: int | None
    what: str
    icon: str
    label: str
    state: str
    cause: str
    may_retry: bool
    name: str
    about: str
    mark: str
    warning: str
    width: int | None
    height: int | None
    has_thumbnail: bool
    is_animated: bool
    is_voice: bool


def draw(message: Message, facts: Facts) -> Drawn:
    # Absent on what came before files were kept.
    media: MediaFile | None = getattr(message, "media", None)
    view = _view(message, media, facts)
    is_stored = media is not None and media.state == MediaState.STORED
    is_sticker = message.kind == MediaKind.STICKER and view.has_thumbnail and is_stored
    partial = _partial(view, str(message.kind)) if is_stored else "_message_file_absent.html"
    return Drawn(words=message.text, partial=partial, body=view, is_bare=is_sticker)


def _partial(view: FileView, kind: str) -> str:
    if kind in (MediaKind.IMAGE, MediaKind.STICKER) and not view.has_thumbnail:
        return "_message_document.html"
    return f"_message_{kind}.html"


def _view(message: Message, media: MediaFile | None, facts: Facts) -> FileView:
    what = word_of(message)
    whose = "to" if message.is_ours else "from"
    filename = media.filename if media else ""
    ending = _ending(filename)
    size = size_in_words(media.size) if media and media.size else ""
    kind = MediaKind(message.kind)
    return FileView(
        id=media.pk if media else None,
        what=what,
        icon="mic" if what == "Voice message" else ICONS[kind],
        label=f"{what} {whose} {facts.they}, {clock_of(message.at)}",
        state=_state(media),
        cause=_cause(what, media),
        may_retry=media is not None
        and (
            media.state == MediaState.FAILED
            or (media.state == MediaState.WAITING and bool(media.cause))
        ),
        name=filename or what,
        about=" · ".join(filter(None, (what if filename else "", size))) or what,
        mark=ending.upper() if 1 < len(ending) < 5 else "",
        warning=_warning(ending, media.mime) if media else "",
        width=media.width if media else None,
        height=media.height if media else None,
        has_thumbnail=bool(media and media.thumbnail),
        is_animated=bool(media and media.animated),
        is_voice=what == "Voice message",
    )


def _state(media: MediaFile | None) -> str:
    """“coming”, “failed” (may be tried again), “refused”, “gone” or “stored”."""
    if media is None:
        return MediaState.REFUSED
    return "coming" if media.state in COMING else str(media.state)


def _cause(what: str, media: MediaFile | None) -> str:
    if media is None:
        return f"{what} that was not kept here. Ask for it to be sent again."
    if media.state == MediaState.GONE:
        return "It was deleted."
    return media.cause


def _ending(filename: str) -> str:
    ending = filename.rpartition(".")[2].lower() if "." in filename else ""
    return ending if ending.isascii() and ending.isalnum() else ""


def _warning(ending: str, mime: str) -> str:
    if ending in PROGRAMS:
        return PROGRAM_WARNING
    if mime in PAGE_TYPES or ending in PAGES:
        return PAGE_WARNING
    if ending in PAPERS and (mime == UNKNOWN or "executable" in mime or "msdownload" in mime):
        return (
            f"The name says {ending.upper()}, but the file is something else. "
            "Open it only if you know why it was sent."
        )
    return ""


def word_of(message: Message) -> str:
    about = as_mapping(as_mapping(message.content).get("audio"))
    if message.kind == MediaKind.AUDIO and about.get("voice") is True:
        return "Voice message"
    return WORDS[MediaKind(message.kind)]


def excerpt(message: Message) -> str:
    about = as_mapping(as_mapping(message.content).get(str(message.kind)))
    more = message.text or as_text(about.get("filename"))
    return f"{word_of(message)}: {more}" if more else word_of(message)


FILE = Kind(draw, excerpt)
