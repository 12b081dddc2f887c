"""POST /{phone-number-id}/messages: everything Meta checks, then the message is accepted."""

import re
from typing import TYPE_CHECKING, Any

from sandbox import ids
from sandbox.errors import GraphError, one_of, required, status_error, too_long
from sandbox.records import Business, Json, Message, Number, Phone
from sandbox.template_text import fill, shape_of

if TYPE_CHECKING:
    from sandbox.core import Sandbox

TEXT_MOST = 4096
CALLBACK_MOST = 512
READABLE_FOR = 30 * 24 * 3600
TYPING_FOR = 25.0
PHONE = re.compile(r"^\+?[\d\s().-]+$")
TYPES = (
    "AUDIO, CONTACTS, DOCUMENT, IMAGE, INTERACTIVE, LOCATION, REACTION, STICKER, TEMPLATE, TEXT, "
    "VIDEO"
)


def answer(sb: "Sandbox", business: Business, number: Number, payload: Json) -> Json:
    if "messaging_product" not in payload:
        raise required("messaging_product")
    if payload["messaging_product"] != "whatsapp":
        raise one_of("messaging_product", '"WHATSAPP"', payload["messaging_product"])
    if "status" in payload:
        return _mark_read(sb, number, payload)
    return _accept(sb, business, number, payload)


def _accept(sb: "Sandbox", business: Business, number: Number, payload: Json) -> Json:
    if payload.get("recipient_type", "individual") != "individual":
        raise one_of("recipient_type", '"INDIVIDUAL"', payload["recipient_type"])
    phone, e164, contact = _recipient(sb, business, payload)
    callback = payload.get("biz_opaque_callback_data")
    if callback is not None and not isinstance(callback, str):
        raise GraphError(100, message="Param biz_opaque_callback_data must be a string.")
    if callback is not None and len(callback) > CALLBACK_MOST:
        raise too_long("biz_opaque_callback_data", CALLBACK_MOST)
    context = _context(payload)
    kind = str(payload.get("type", "text")).lower()
    category = "service"
    if kind == "text":
        content = _text(payload)
    elif kind == "template":
        content, category = _template(sb, business, payload)
    elif kind == "audio":
        content = _audio(sb, business, payload)
    elif kind.upper() in TYPES.split(", "):
        raise GraphError(131051, f"This stand-in takes text, template and audio, not {kind}")
    else:
        raise one_of("type", TYPES, payload.get("type"))
    if e164.lstrip("+") == number.digits:
        raise GraphError(131021, "Recipient phone number and sender phone number are the same")
    if business.banned:
        raise GraphError(131031, "The WhatsApp Business Account is disabled")
    if not number.registered or number.status != "CONNECTED":
        raise GraphError(
            133010, "The phone number is not registered on the WhatsApp Business Platform"
        )
    now = sb.clock.now()
    sb.limits.take(number.id, e164, now)
    message = Message(
        ids.wamid(e164),
        True,
        number.id,
        e164,
        kind,
        content,
        "accepted",
        now,
        callback,
        context,
        category,
    )
    message.by_user_id = "wa_id" not in contact
    _judge(sb, business, message, phone, now)
    sb.world.add_message(message)
    sb.statuses.follow(message, now)
    sb.world.typing.pop((e164, number.id), None)
    sent: Json = {"id": message.wamid}
    if kind == "template":
        sent["message_status"] = "accepted"
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [sent]}


def _judge(
    sb: "Sandbox", business: Business, message: Message, phone: Phone | None, now: float
) -> None:
    """The refusals that Meta mostly tells later, by a `failed` status."""
    inside = sb.world.window_open(message.number, message.phone_id, now)
    if phone is None:
        message.error = 131026
    elif message.category == "marketing" and business.id in phone.stopped:
        message.error = 131050
    elif message.type != "template" and not inside:
        message.error = 131047
    elif not inside:
        if sb.limits.portfolio_full(business, message.number, now):
            message.error = 131048
        else:
            message.initiated = True
    if message.error and sb.world.settings.sync_errors:
        raise GraphError(message.error, status_error(message.error)["error_data"]["details"])


def _recipient(sb: "Sandbox", business: Business, payload: Json) -> tuple[Phone | None, str, Json]:
    """The phone, its number, and what the answer says of the contact."""
    to = payload.get("to")
    if to is None and isinstance(payload.get("recipient"), str) and payload["recipient"]:
        user_id = payload["recipient"]
        phone = sb.world.phone_by_user_id(user_id, business.id)
        if phone is None:
            raise GraphError(131009, "recipient is not a user id known to this business")
        return phone, phone.number, {"input": user_id, "user_id": user_id}
    if to is None or to == "":
        raise required("to")
    if isinstance(to, int) and not isinstance(to, bool):
        to = str(to)
    digits = ids.digits_of(to) if isinstance(to, str) else ""
    if not isinstance(to, str) or not PHONE.match(to) or not 7 <= len(digits) <= 15:
        raise GraphError(131009, "Recipient phone number is not a valid phone number")
    phone = sb.world.by_digits.get(digits)
    contact: Json = {"input": to, "wa_id": phone.wa_id if phone else digits}
    if phone is None:
        return None, "+" + digits, contact
    contact["user_id"] = phone.user_id(business.id)
    return phone, phone.number, contact


def _context(payload: Json) -> str:
    context = payload.get("context")
    if context is None:
        return ""
    wamid = context.get("message_id") if isinstance(context, dict) else None
    if not isinstance(wamid, str) or not wamid:
        raise required("context['message_id']")
    if not wamid.startswith("wamid."):
        raise GraphError(131009, "context['message_id'] is not a message id")
    return wamid


def _object(payload: Json, name: str) -> Json:
    found = payload.get(name)
    if found is None:
        raise required(name)
    if not isinstance(found, dict):
        raise GraphError(100, message=f"Param {name} must be a JSON object.")
    return found


def _text(payload: Json) -> Json:
    text = _object(payload, "text")
    body: Any = text.get("body")
    if body is None or body == "":
        raise required("text['body']")
    if not isinstance(body, str):
        raise GraphError(100, message="Param text['body'] must be a string.")
    if not body.strip():
        raise required("text['body']")
    if len(body) > TEXT_MOST:
        raise too_long("text['body']", TEXT_MOST)
    return {"body": body}


def _audio(sb: "Sandbox", business: Business, payload: Json) -> Json:
    """A file that was uploaded before; a voice note has to be Opus in Ogg."""
    audio = _object(payload, "audio")
    if "link" in audio:
        raise GraphError(131051, "This stand-in takes audio by id, not by link")
    media = sb.media.find(str(audio.get("id") or ""))
    if media is None or media.waba_id != business.waba_id:
        raise GraphError(131009, "audio['id'] is not the id of a media file of this account")
    if not media.mime_type.startswith("audio/"):
        raise GraphError(131053, f"audio['id'] is of type {media.mime_type}")
    voice = bool(audio.get("voice"))
    if voice and not media.mime_type.startswith("audio/ogg"):
        raise GraphError(131053, "A voice message has to be audio/ogg with the OPUS codec")
    return {"id": media.id, "mime_type": media.mime_type, "voice": voice}


def _template(sb: "Sandbox", business: Business, payload: Json) -> tuple[Json, str]:
    given = _object(payload, "template")
    name = given.get("name")
    if not isinstance(name, str) or not name:
        raise required("template['name']")
    language = given.get("language")
    code = language.get("code") if isinstance(language, dict) else None
    if not isinstance(code, str) or not code:
        raise required("template['language']['code']")
    shapes = sb.shapes.get((business.id, name, code))
    if shapes is None:
        template = business.template(name, code)
        if template is None:
            raise GraphError(132001, f"template name ({name}) does not exist in {code}")
        shapes = sb.shapes[business.id, name, code] = (template, shape_of(template))
    template, shape = shapes
    _usable(template.status, name, code)
    content = fill(shape, given.get("components"))
    content["template"] = name
    return content, template.category.lower()


def _usable(status: str, name: str, code: str) -> None:
    if status == "PAUSED":
        raise GraphError(132015, f"Template ({name}) in {code} is paused because of its quality")
    if status == "DISABLED":
        raise GraphError(132016, f"Template ({name}) in {code} is disabled for good")
    if status != "APPROVED":
        raise GraphError(132001, f"template name ({name}) is not approved in {code}")


def _mark_read(sb: "Sandbox", number: Number, payload: Json) -> Json:
    if payload["status"] != "read":
        raise one_of("status", '"READ"', payload["status"])
    wamid = payload.get("message_id")
    if not isinstance(wamid, str) or not wamid:
        raise required("message_id")
    message = sb.world.messages.get(wamid)
    now = sb.clock.now()
    if message is None or message.outbound or message.phone_id != number.id:
        raise GraphError(131009, "message_id is not a message received by this phone number")
    if now - message.at > READABLE_FOR:
        raise GraphError(131009, "message_id is older than 30 days")
    for earlier in sb.world.chats[message.number, number.id]:
        if not earlier.outbound and earlier.at <= message.at and earlier.status != "read":
            earlier.status = "read"
            sb.world.save_message(earlier)
    typing = payload.get("typing_indicator")
    if typing is not None:
        if not isinstance(typing, dict) or typing.get("type") != "text":
            raise one_of("typing_indicator['type']", '"TEXT"', typing)
        sb.world.typing[message.number, number.id] = now + TYPING_FOR
    sb.live.changed()
    return {"success": True}
