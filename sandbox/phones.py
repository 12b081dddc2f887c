"""What a person does on a candidate's phone: write, tap a button, read, switch things."""

import re
from typing import TYPE_CHECKING, Any

from sandbox import ids
from sandbox.records import Business, Json, Message, Number, Phone

if TYPE_CHECKING:
    from sandbox.core import Sandbox


# What a person sends without a line of its own in the chat: it shows on the message it is about.
UNSEEN = frozenset({"reaction", "edit", "revoke", "system"})


class Refused(ValueError):
    """Cannot be done; the text says what, why and what to do."""


def e164(text: str) -> str:
    digits = ids.digits_of(text)
    if not 7 <= len(digits) <= 15:
        raise Refused(
            f"“{text}” is not a phone number: write it with country code, like +254722555014."
        )
    return "+" + digits


def unused(sb: "Sandbox", text: str) -> str:
    """A number that no phone here has, as E.164."""
    number = e164(text)
    there = sb.world.by_digits.get(number.lstrip("+"))
    if there is not None:
        raise Refused(
            f"{number} belongs to a phone here already, {there.name}’s: choose another number."
        )
    return number


SWITCHES = ("on", "read_receipts", "blocked", "hides_number")


def username(text: str) -> str:
    """As webhooks show it, with the @ before it; empty for nobody's."""
    name = text.strip().removeprefix("@")
    if name and not re.fullmatch(r"[a-z0-9._]{3,35}", name):
        raise Refused("A username has 3 to 35 characters: a–z, 0–9, dot and underscore.")
    return f"@{name}" if name else ""


def save(sb: "Sandbox", number: str, name: str, **switches: bool | str) -> Phone:
    """Creates or changes a phone; a switch that is not given stays as it is."""
    number = e164(number)
    phone = sb.world.phones.get(number)
    if phone is None:
        phone = Phone(number, name or ids.spoken(number), turn=sb.world.turn(number))
    was_on = phone.on
    phone.name = name or phone.name
    for switch, value in switches.items():
        setattr(phone, switch, value)
    sb.world.save_phone(phone)
    if phone.on and not was_on:
        sb.statuses.switched_on(phone)
    sb.live.changed()
    return phone


def arrive(
    sb: "Sandbox",
    phone: Phone,
    business: Business,
    number: Number,
    kind: str,
    content: Any,
    *,
    context: str = "",
    at: float | None = None,
    wamid: str = "",
    profile_name: str = "",
    extra: Json | None = None,
) -> Message:
    """A message from the phone to a company number, told to the product by webhook."""
    now = sb.clock.now() if at is None else at
    sb.limits.count(number.id, now)
    message = sb.world.messages.get(wamid) if wamid else None
    if message is None:
        wamid = wamid or ids.wamid(phone.number)
        message = Message(wamid, False, number.id, phone.number, kind, content, "sent", now)
        message.context = context
        sb.world.add_message(message)
    user_id = phone.user_id(business)
    body: Json = {
        "from": phone.wa_id,
        "from_user_id": user_id,
        "id": message.wamid,
        "timestamp": str(int(now)),
        "type": kind,
    }
    if phone.hides_number:
        del body["from"]
    if content:
        body[kind] = content
    body.update(extra or {})
    contact = sb.world.contact(phone, business)
    if profile_name:
        contact["profile"]["name"] = profile_name
    sb.webhooks.tell(
        phone_id=number.id,
        kind="messages",
        body=body,
        contact=None if kind == "system" else contact,
        number=phone.number,
        label=f"{kind} message",
        wamid=message.wamid,
    )
    sb.webhooks.wake.set()
    sb.live.changed()
    return message


def able(phone: Phone) -> None:
    if not phone.on:
        raise Refused("This phone is switched off. Switch it on to write.")
    if phone.blocked:
        raise Refused("This phone has blocked the company. Unblock it to write.")


def chat_with(sb: "Sandbox", phone: Phone, phone_id: str) -> tuple[Business, Number]:
    """The company number that the person writes to now."""
    able(phone)
    if phone_id not in sb.world.numbers:
        raise Refused("This company number is gone. Reload the page and choose another.")
    return sb.world.numbers[phone_id]


def write(sb: "Sandbox", phone: Phone, phone_id: str, text: str) -> Message:
    business, number = chat_with(sb, phone, phone_id)
    text = text.strip()
    if not text:
        raise Refused("There is nothing to send yet: write a message first.")
    if len(text) > 4096:
        raise Refused(f"The message has {len(text)} characters; WhatsApp takes 4,096. Shorten it.")
    return arrive(sb, phone, business, number, "text", {"body": text})


def open_chat(sb: "Sandbox", phone: Phone, phone_id: str) -> int:
    return sb.statuses.read(phone, sb.world.chats.get((phone.number, phone_id), []))


def on_phone(message: Message) -> bool:
    """Whether the person sees it: theirs always, the company's once delivered."""
    return (
        message.type not in UNSEEN
        if not message.outbound
        else message.status in ("delivered", "read", "played")
    )


LABELS = {
    "image": "Photo",
    "video": "Video",
    "document": "Document",
    "sticker": "Sticker",
    "location": "Location",
    "contacts": "Contact card",
    "order": "Order",
    "unsupported": "Something that businesses cannot see",
    "interactive": "Answer",
}


def says(message: Message) -> str:
    """The words of a message of any kind."""
    content = message.content
    if message.revoked:
        return "Deleted message"
    if message.type == "call":
        return {"missed": "Missed call", "ringing": "Call", "failed": "Call failed"}.get(
            content["outcome"], f"Call, {content['duration']} s"
        )
    if message.type == "audio":
        return "Voice note" if (content or {}).get("voice") else "Audio"
    if not isinstance(content, dict):
        return LABELS.get(message.type, message.type)  # contacts are a list
    if message.type == "template":
        return str(content.get("body", ""))
    if message.type == "interactive" and message.outbound:
        body = content.get("body", {}).get("text")
        return str(body or "May the company call you?")
    if message.type == "interactive":
        chosen = content.get(content.get("type", ""), {})
        return str(chosen.get("title") or chosen.get("body") or LABELS["interactive"])
    for key in ("body", "text", "caption", "filename", "emoji", "name"):
        if isinstance(content.get(key), str):
            return str(content[key])
    return LABELS.get(message.type, message.type)
