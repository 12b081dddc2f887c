"""Page-shaped reads of one chat: each message as its bubble shows it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sandbox.kinds import EDITABLE_FOR
from sandbox.phones import LABELS, on_phone, says
from sandbox.records import Json, Message, Phone
from sandbox.taps import choices

if TYPE_CHECKING:
    from sandbox.core import Sandbox

SHOWN = 200
CAPTIONED = frozenset({"image", "video", "document"})
FILES = CAPTIONED | {"audio", "sticker"}


def rows(sb: "Sandbox", phone: Phone, phone_id: str, company: str) -> list[Json]:
    found: list[Json] = []
    day = ""
    today = datetime.fromtimestamp(sb.clock.now()).date()
    for message in sb.world.chats.get((phone.number, phone_id), [])[-SHOWN:]:
        if not on_phone(message):
            continue
        at = datetime.fromtimestamp(message.at)
        name = _day(today.toordinal() - at.date().toordinal(), at)
        quoted = _quoted(sb, message)
        content = message.content if isinstance(message.content, dict) else {}
        found.append(
            {
                "message": message,
                "day": name if name != day else "",
                "time": at.strftime("%H:%M"),
                "text": _words(message),
                "says": says(message),
                "header": _words_of(content.get("header", "")),
                "footer": _words_of(content.get("footer", "")),
                "choices": choices(message),
                "list": _list_name(message, content),
                "quote": says(quoted) if quoted else "",
                "quote_by": "You" if quoted and not quoted.outbound else company,
                "file": _file(sb, phone, message),
                "card": _card(message) or _attached_card(sb, message),
                "editable": _editable(message, sb.clock.now()),
            }
        )
        day = name
    return found


def _day(ago: int, at: datetime) -> str:
    return {0: "Today", 1: "Yesterday"}.get(ago) or f"{at:%A}, {at.day} {at:%B %Y}"


def _words(message: Message) -> str:
    """The words below a file, or the message itself; empty when a card says it all."""
    if message.revoked:
        return ""
    if message.type in FILES:
        return str((message.content or {}).get("caption", ""))
    return "" if _card(message) else says(message)


def _words_of(part: Any) -> str:
    """Of a header or footer: a template's is text, an interactive message's an object."""
    return str(part.get("text", "") if isinstance(part, dict) else part)


def _list_name(message: Message, content: Json) -> str:
    """What a list is called before it is opened; empty for anything else."""
    is_list = message.outbound and message.type == "interactive" and content["type"] == "list"
    return str(content["action"]["button"]) if is_list else ""


def _quoted(sb: "Sandbox", message: Message) -> Message | None:
    """The message it answers to; one that is gone, or of another chat, is not shown."""
    found = sb.world.messages.get(message.context)
    if found is None or found.revoked:
        return None
    here = (found.number, found.phone_id) == (message.number, message.phone_id)
    return found if here else None


def attached(message: Message) -> tuple[str, Json] | None:
    """The kind of the file in a message or in its header, and what the message says of it."""
    content = message.content
    if message.type in FILES:
        return message.type, content or {}
    if not isinstance(content, dict):
        return None
    if message.type == "template" and "header_file" in content:
        return content["header_format"], content["header_file"]
    header = content.get("header")
    if message.type == "interactive" and isinstance(header, dict) and header["type"] != "text":
        return header["type"], header[header["type"]]
    return None


def _file(sb: "Sandbox", phone: Phone, message: Message) -> Json | None:
    found = attached(message)
    if found is None or message.revoked:
        return None
    kind, content = found
    media = sb.world.media.get(str(content.get("id", "")))
    if media is None:
        return None
    return {
        "kind": kind,
        "src": f"/phones/{phone.number}/media/{media.id}",
        "name": content.get("filename") or media.filename or says(message),
        "size": _size(media.size),
        "mark": (media.filename.rpartition(".")[2] or "file")[:4].upper(),
        "voice": bool(content.get("voice")),
    }


def _size(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MB" if size >= 1024 * 1024 else f"{max(1, size // 1024)} kB"


def _card(message: Message) -> Json | None:
    """What shows as a card instead of words: icon, title, second line."""
    content = message.content
    if message.revoked:
        return None
    if message.type == "location":
        where = content.get("address") or f"{content['latitude']}, {content['longitude']}"
        return {"icon": "pin", "title": content.get("name") or "Location", "more": where}
    if message.type == "contacts":
        names = ", ".join(card["name"]["formatted_name"] for card in content)
        phones = [p["phone"] for card in content for p in card.get("phones", [])]
        return {"icon": "user", "title": names, "more": ", ".join(phones) or "Contact"}
    if message.type == "call":
        return {"icon": "phone", "title": says(message), "more": "WhatsApp call"}
    if message.type in FILES and not message.outbound and not (content or {}).get("id"):
        return {"icon": "file", "title": says(message), "more": "Too large to arrive"}
    return None


def _attached_card(sb: "Sandbox", message: Message) -> Json | None:
    """A file that is not here to be shown: sent by a link, or gone from Meta; or a place."""
    found = attached(message)
    if found is None or message.revoked or found[1].get("id") in sb.world.media:
        return None
    kind, content = found
    name = str(content.get("filename") or content.get("name") or LABELS.get(kind, "Audio"))
    where = content.get("link") or content.get("address") or "No longer there"
    return {"icon": "pin" if kind == "location" else "file", "title": name, "more": where}


def _editable(message: Message, now: float) -> str | None:
    """The words that can still be changed; None once nothing can."""
    if message.outbound or message.revoked or now - message.at > EDITABLE_FOR:
        return None
    if message.type == "text":
        return str(message.content["body"])
    if message.type in CAPTIONED and message.content:
        return str(message.content.get("caption", ""))
    return None
