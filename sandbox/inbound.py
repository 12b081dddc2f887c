"""A message from a phone: built, put into the chat with what it changes there, and told."""

from typing import TYPE_CHECKING

from sandbox import kinds, media_kinds, phones
from sandbox.drafts import Built, Draft
from sandbox.media import SAMPLES
from sandbox.phones import Refused
from sandbox.records import Business, Json, Message, Number, Phone

if TYPE_CHECKING:
    from sandbox.core import Sandbox

# What is about the message or makes its content; anything else given goes beside the content.
CONSUMED = frozenset(
    {
        "from", "to", "type", "profile_name", "timestamp", "wamid", "context", "text", "body",
        "data", "sample", "mime_type", "filename", "caption", "voice", "animated", "size", "id",
        "latitude", "longitude", "name", "address", "url", "origin", "message_id", "emoji",
        "original_message_id", "message", "payload", "product_items", "catalog_id", "identity",
    }
)  # fmt: skip


def send(
    sb: "Sandbox",
    phone: Phone,
    business: Business,
    number: Number,
    given: Json,
) -> Message:
    """`given` is what POST /_control/inbound takes, without from and to."""
    sample = SAMPLES.get(str(given.get("sample")))
    kind = str(given.get("type") or (sample[0] if sample else "text"))
    at = float(given["timestamp"]) if given.get("timestamp") else None
    wamid = str(given.get("wamid") or "")
    told = sb.world.messages.get(wamid)
    draft = Draft(phone, business, number, kind, given, sb.clock.now() if at is None else at)
    draft.again = told is not None
    if told is not None and told.type == kind in media_kinds.KINDS and told.content:
        built = Built(told.content, {})  # the same file under the same id
    else:
        built = kinds.build(sb, draft)
    context, quoted = _context(draft)
    beside = {k: v for k, v in given.items() if k not in CONSUMED and k != kind} | built.beside
    if context is not None:
        beside["context"] = context
    message = phones.arrive(
        sb,
        phone,
        business,
        number,
        kind,
        built.content,
        context=quoted,
        at=at,
        wamid=wamid,
        profile_name=str(given.get("profile_name") or ""),
        extra=beside,
    )
    if told is None:
        _change(sb, message)
    return message


def _context(draft: Draft) -> tuple[Json | None, str]:
    """What stands as context, and the wamid that it quotes."""
    given = draft.given.get("context")
    if not given:
        if draft.kind == "button":
            raise Refused("A button is tapped on a template: give its wamid as context.")
        return None, ""
    if not isinstance(given, dict):
        given = {"id": str(given)}
    quoted = str(given.get("id") or given.get("message_id") or "")
    context = {k: v for k, v in given.items() if k not in ("id", "message_id", "from")}
    if quoted:
        context = {"from": str(given.get("from") or draft.number.digits), "id": quoted} | context
    return context, quoted


def _change(sb: "Sandbox", message: Message) -> None:
    """What a reaction, an edit or a deletion does to the message it is about."""
    content = message.content
    match message.type:
        case "reaction":
            about = sb.world.messages[content["message_id"]]
            about.reaction = content.get("emoji", "")
        case "edit":
            about = sb.world.messages[content["original_message_id"]]
            about.content = content["message"][about.type]
            about.edited = True
        case "revoke":
            about = sb.world.messages[content["original_message_id"]]
            about.revoked = True
        case _:
            return
    sb.world.save_message(about)
    sb.live.changed()
