"""Messages and headers with a file: by the id of an upload, or by an https link.

A link is not fetched here, so its type and size are believed.
"""

from sandbox.checks import keys, object_of, web_address
from sandbox.content.asked import Asked, Content
from sandbox.errors import GraphError, required, too_long
from sandbox.media_kinds import ALLOWED, DOCUMENTS, MOST_DOCUMENT, STILL_STICKER
from sandbox.records import Json, Media

SOURCE = frozenset({"id", "link"})
KEYS = {
    "image": SOURCE | {"caption"},
    "video": SOURCE | {"caption"},
    "document": SOURCE | {"caption", "filename"},
    "audio": SOURCE | {"voice"},
    "sticker": SOURCE,
}
# As the header of a template or an interactive message: no caption there.
HEADER_KEYS = {"image": SOURCE, "video": SOURCE, "document": SOURCE | {"filename"}}
CAPTION_MOST = 1024
FILENAME_MOST = 240
STICKER_SIDE = 512
LOOKED_AT = 64  # bytes of a file that say what it is


def build(asked: Asked) -> Content:
    kind = str(asked.payload["type"]).lower()
    given = object_of(asked.payload, kind)
    keys(given, KEYS[kind], kind)
    content = described(asked, kind, given, kind)
    caption = given.get("caption")
    if caption is not None:
        if not isinstance(caption, str):
            raise GraphError(100, message=f"Param {kind}['caption'] must be a string.")
        if len(caption) > CAPTION_MOST:
            raise too_long(f"{kind}['caption']", CAPTION_MOST)
        if caption:
            content["caption"] = caption
    if kind == "audio":
        content["voice"] = _voice(given, content)
    return Content(content)


def header(asked: Asked, kind: str, given: Json, where: str) -> Json:
    keys(given, HEADER_KEYS[kind], where)
    return described(asked, kind, given, where)


def described(asked: Asked, kind: str, given: Json, where: str) -> Json:
    """The file as the message has it: its id and type, or its link; and its name."""
    if len(SOURCE & given.keys()) != 1:
        if given.keys() & SOURCE:
            raise GraphError(100, message=f"Param {where} must have either id or link, not both.")
        raise required(f"{where}['id'] or {where}['link']")
    content: Json
    if "link" in given:
        content = {"link": web_address(given, "link", where, secure=True)}
    else:
        found = _uploaded(asked, given["id"], where)
        _fits(asked, kind, found)
        content = {"id": found.id, "mime_type": found.mime_type}
    filename = given.get("filename")
    if filename is not None:
        if not isinstance(filename, str) or not filename.strip():
            raise GraphError(100, message=f"Param {where}['filename'] must be a name.")
        if len(filename) > FILENAME_MOST:
            raise too_long(f"{where}['filename']", FILENAME_MOST)
        content["filename"] = filename
    return content


def _uploaded(asked: Asked, media_id: object, where: str) -> Media:
    known = isinstance(media_id, str | int) and not isinstance(media_id, bool)
    found = asked.sb.media.find(str(media_id)) if known else None
    # An upload belongs to the number that it was made with ("Media", 11 December 2025).
    if found is None or found.phone_id != asked.number.id:
        raise GraphError(131009, f"{where}['id'] is not a media file of this phone number")
    return found


def _fits(asked: Asked, kind: str, found: Media) -> None:
    """Type and size, as "Media" lists them (11 December 2025)."""
    allowed, most = ALLOWED.get(kind, (DOCUMENTS, MOST_DOCUMENT))
    mime_type = found.mime_type.split(";")[0].strip().lower()
    if mime_type not in allowed:
        raise GraphError(131053, f"A file of type {found.mime_type} cannot be sent as {kind}")
    if found.size > most:
        raise GraphError(131053, f"The {kind} has {found.size} bytes; at most {most} are taken")
    if kind == "sticker" or mime_type == "audio/ogg":
        start = asked.sb.media.start(found, LOOKED_AT)
        if kind == "sticker":
            _sticker(start, found.size)
        elif start[28:36] != b"OpusHead" or start[37:38] != b"\x01":
            raise GraphError(131053, "Audio of type audio/ogg has to be mono with the OPUS codec")


def _sticker(start: bytes, size: int) -> None:
    """WebP, 512 × 512; the container says both in its first bytes."""
    side, animated = (0, 0), False
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        form = start[12:16]
        if form == b"VP8X":
            animated = bool(start[20] & 0x02)
            side = (_little(start[24:27]) + 1, _little(start[27:30]) + 1)
        elif form == b"VP8L":
            bits = _little(start[21:25])
            side = ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        elif form == b"VP8 ":
            side = (_little(start[26:28]) & 0x3FFF, _little(start[28:30]) & 0x3FFF)
    if side != (STICKER_SIDE, STICKER_SIDE):
        raise GraphError(131053, "A sticker has to be a WebP of 512 × 512 pixels")
    if not animated and size > STILL_STICKER:
        raise GraphError(131053, f"A static sticker has at most {STILL_STICKER} bytes")


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _voice(given: Json, content: Json) -> bool:
    voice = given.get("voice", False)
    if not isinstance(voice, bool):
        raise GraphError(100, message="Param audio['voice'] must be a boolean.")
    mime_type = content.get("mime_type", "audio/ogg")
    if voice and not mime_type.startswith("audio/ogg"):
        raise GraphError(131053, "A voice message has to be audio/ogg with the OPUS codec")
    return voice
