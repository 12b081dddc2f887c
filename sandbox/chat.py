"""Page-shaped reads of one chat: each message as its bubble shows it."""

from datetime import datetime
from typing import TYPE_CHECKING

from sandbox.kinds import EDITABLE_FOR
from sandbox.phones import on_phone, says
from sandbox.records import Json, Message, Phone

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
        quoted = sb.world.messages.get(message.context)
        content = message.content if isinstance(message.content, dict) else {}
        found.append(
            {
                "message": message,
                "day": name if name != day else "",
                "time": at.strftime("%H:%M"),
                "text": _words(message),
                "says": says(message),
                "header": content.get("header", ""),
                "attached": content.get("header_format", ""),
                "footer": content.get("footer", ""),
                "buttons": content.get("buttons", []) if message.outbound else [],
                "quote": says(quoted) if quoted else "",
                "quote_by": "You" if quoted and not quoted.outbound else company,
                "file": _file(sb, phone, message, content),
                "card": _card(message),
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


def _file(sb: "Sandbox", phone: Phone, message: Message, content: Json) -> Json | None:
    media = sb.world.media.get(str(content.get("id", ""))) if message.type in FILES else None
    if media is None or message.revoked:
        return None
    return {
        "kind": message.type,
        "src": f"/phones/{phone.number}/media/{media.id}",
        "name": media.filename or says(message),
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
    if message.type in FILES and not (content or {}).get("id"):
        return {"icon": "file", "title": says(message), "more": "Too large to arrive"}
    return None


def _editable(message: Message, now: float) -> str | None:
    """The words that can still be changed; None once nothing can."""
    if message.outbound or message.revoked or now - message.at > EDITABLE_FOR:
        return None
    if message.type == "text":
        return str(message.content["body"])
    if message.type in CAPTIONED and message.content:
        return str(message.content.get("caption", ""))
    return None
