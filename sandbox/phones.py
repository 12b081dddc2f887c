"""What a person does on a candidate's phone: write, tap a button, read, switch things."""

from typing import TYPE_CHECKING, Any

from sandbox import ids
from sandbox.records import Business, Json, Message, Number, Phone

if TYPE_CHECKING:
    from sandbox.core import Sandbox


class Refused(ValueError):
    """Cannot be done; the text says what, why and what to do."""


def e164(text: str) -> str:
    digits = ids.digits_of(text)
    if not 7 <= len(digits) <= 15:
        raise Refused(
            f"“{text}” is not a phone number: write it with country code, like +254722555014."
        )
    return "+" + digits


def save(sb: "Sandbox", number: str, name: str, **switches: bool | str) -> Phone:
    """Creates or changes a phone; a switch that is not given stays as it is."""
    number = e164(number)
    phone = sb.world.phones.get(number) or Phone(number, name or ids.spoken(number))
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
    user_id = ids.user_id(phone.number, business.id)
    body: Json = {
        "from": phone.wa_id,
        "from_user_id": user_id,
        "id": message.wamid,
        "timestamp": str(int(now)),
        "type": kind,
    }
    if context:
        body["context"] = {"from": number.digits, "id": context}
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


def _able(phone: Phone) -> None:
    if not phone.on:
        raise Refused("This phone is switched off. Switch it on to write.")
    if phone.blocked:
        raise Refused("This phone has blocked the company. Unblock it to write.")


def write(sb: "Sandbox", phone: Phone, phone_id: str, text: str) -> Message:
    _able(phone)
    text = text.strip()
    if not text:
        raise Refused("There is nothing to send yet: write a message first.")
    if len(text) > 4096:
        raise Refused(f"The message has {len(text)} characters; WhatsApp takes 4,096. Shorten it.")
    if phone_id not in sb.world.numbers:
        raise Refused("This company number is gone. Reload the page and choose another.")
    business, number = sb.world.numbers[phone_id]
    return arrive(sb, phone, business, number, "text", {"body": text})


def tap(sb: "Sandbox", phone: Phone, wamid: str, index: int) -> Message:
    """A quick reply of a template."""
    _able(phone)
    asked = sb.world.messages.get(wamid)
    if asked is None or asked.number != phone.number or not asked.outbound:
        raise Refused("This message is no longer on the phone. Reload the page.")
    buttons = asked.content.get("buttons", [])
    if not 0 <= index < len(buttons) or buttons[index]["type"] != "QUICK_REPLY":
        raise Refused("This button cannot be tapped: it is not a quick reply.")
    button = buttons[index]
    business, number = sb.world.numbers[asked.phone_id]
    asked.chosen = button["text"]
    sb.world.save_message(asked)
    content = {"payload": button["payload"], "text": button["text"]}
    return arrive(sb, phone, business, number, "button", content, context=wamid)


def open_chat(sb: "Sandbox", phone: Phone, phone_id: str) -> int:
    return sb.statuses.read(phone, sb.world.chats.get((phone.number, phone_id), []))


def on_phone(message: Message) -> bool:
    """Whether the person sees it: theirs always, the company's once delivered."""
    return not message.outbound or message.status in ("delivered", "read")


def says(message: Message) -> str:
    """The words of a message of any kind."""
    content = message.content
    if not isinstance(content, dict):
        return message.type  # contacts are a list
    if message.type == "template":
        return str(content.get("body", ""))
    for key in ("body", "text", "caption", "filename", "emoji", "name"):
        if isinstance(content.get(key), str):
            return str(content[key])
    return message.type
