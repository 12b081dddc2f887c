"""Why a file is not there, in words: what, why, and what to do."""

from __future__ import annotations

from datetime import timedelta

from whatsapp.models import MediaKind

WHAT = {
    MediaKind.IMAGE: "photo",
    MediaKind.VIDEO: "video",
    MediaKind.AUDIO: "audio file",
    MediaKind.DOCUMENT: "document",
    MediaKind.STICKER: "sticker",
}
WORDS_OF_TYPE = {
    "text/html": "a web page",
    "image/svg+xml": "an SVG drawing",
    "image/gif": "a GIF",
    "image/heif": "a HEIC photo",
    "video/quicktime": "a QuickTime video",
    "application/pdf": "a PDF",
}
AGAIN_OTHERWISE = "Ask them to send it another way, for example by e-mail."

NO_ID = (
    "WhatsApp told us of this file but not where it is, so it cannot be fetched. "
    "Ask the candidate to send it again."
)
UNREACHABLE = "WhatsApp could not be reached. It is tried again by itself; nothing has to be done."
GIVEN_UP = (
    "WhatsApp did not hand the file over, though it was asked several times. "
    "Press “Try again”, or ask the candidate to send it again."
)
DAMAGED = (
    "What WhatsApp handed over is not what the candidate sent: it was damaged on the way. "
    "It is tried again by itself; nothing has to be done."
)
STAYS_DAMAGED = (
    "What WhatsApp hands over is not what the candidate sent, though it was asked several times. "
    "Press “Try again”, or ask the candidate to send it again."
)
NOT_PERMITTED = (
    "WhatsApp does not let us fetch files of this number at present. "
    "It is tried again by itself; if it stays, ask a WhatsApp admin to log in with Facebook again."
)
LOGIN_NEEDED = (
    "WhatsApp takes our login no more, so the file waits. "
    "A WhatsApp admin has to log in with Facebook again; it is fetched by itself then."
)
NOT_STORED = (
    "Something in this system went wrong while the file was stored. "
    "It is tried again by itself; nothing has to be done."
)
STAYS_NOT_STORED = (
    "Something in this system goes wrong whenever the file is stored. "
    "Press “Try again”, and if it comes back, tell whoever runs this system."
)
EMPTY = "The file is empty. Ask the candidate to send it again."


def forgotten(life: timedelta) -> str:
    return (
        f"WhatsApp does not have this file any more: WhatsApp keeps files for {life.days} days, "
        "and less where the candidate deletes them. Ask the candidate to send it again."
    )


def too_large(kind: str, most: int) -> str:
    what = WHAT[MediaKind(kind)]
    return f"This {what} is larger than {size_in_words(most)}, which is the most. {AGAIN_OTHERWISE}"


def other_type(kind: str, found: str) -> str:
    what, seems = WHAT[MediaKind(kind)], WORDS_OF_TYPE.get(found)
    said, is_what = with_article(what), seems or f"no {what} of a kind that WhatsApp allows"
    return f"This came as {said} but is {is_what}, so it was not stored. {AGAIN_OTHERWISE}"


def size_in_words(size: int) -> str:
    if size >= 1024 * 1024:
        return f"{size / 1024 / 1024:.3g} MB"
    return f"{max(1, round(size / 1024))} KB"


def with_article(what: str) -> str:
    return f"an {what}" if what[0] in "aeiou" else f"a {what}"
