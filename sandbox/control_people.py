"""The control API's part that makes and shows things: businesses, tokens, phones, messages."""

from typing import TYPE_CHECKING

from sandbox import oauth, phones, provision
from sandbox.phones import Refused
from sandbox.records import Business, Json, Message, Number, Phone

if TYPE_CHECKING:
    from sandbox.core import Sandbox


def _business(sb: "Sandbox", given: Json) -> Business:
    found = sb.world.wabas.get(str(given.get("waba_id"))) or sb.world.businesses.get(
        str(given.get("business_id"))
    )
    if found is None:
        raise Refused("Give a waba_id or business_id that exists (GET /_control/businesses).")
    return found


def _phone(sb: "Sandbox", number: str) -> Phone:
    phone = sb.world.by_digits.get(phones.e164(number).lstrip("+"))
    if phone is None:
        raise Refused(f"No phone {number}: create it with POST /_control/phones.")
    return phone


def _number(sb: "Sandbox", text: str) -> tuple[Business, Number]:
    found = sb.world.number_named(text)
    if found is None:
        raise Refused(f"No company number {text}: give a phone_number_id or the number itself.")
    return found


def businesses(sb: "Sandbox", given: Json) -> Json:
    return provision.business(sb, given)


def list_businesses(sb: "Sandbox", given: Json) -> Json:
    return {"businesses": [provision.described(b) for b in sb.world.businesses.values()]}


def token(sb: "Sandbox", given: Json) -> Json:
    business = _business(sb, given)
    expires_in = int(given["expires_in"]) if given.get("expires_in") else None
    return {"access_token": oauth.issue(sb, business, [], expires_in).access_token}


def revoke(sb: "Sandbox", given: Json) -> Json:
    found = sb.world.tokens.get(str(given.get("access_token")))
    if found is None:
        raise Refused("No such access_token.")
    found.revoked = True
    sb.world.save_token(found)
    return {}


def tokens(sb: "Sandbox", given: Json) -> Json:
    """How long the tokens of the next logins live; 0 is for ever."""
    sb.world.settings.token_expires_in = int(given["expires_in"])
    sb.world.save_settings()
    return {}


def templates(sb: "Sandbox", given: Json) -> Json:
    business = _business(sb, given)
    rows = given.get("templates", [given])
    made = [provision.template(sb, business, row) for row in rows]
    sb.world.save_business(business)
    return {"template_ids": [t.id for t in made]}


def template_status(sb: "Sandbox", given: Json) -> Json:
    found = sb.world.find_template(str(given["template_id"]))
    if found is None:
        raise Refused("No such template_id.")
    business, template = found
    template.status = str(given["status"]).upper()
    sb.world.save_business(business)
    return {"template_id": template.id, "status": template.status}


def save_phone(sb: "Sandbox", given: Json) -> Json:
    switches: dict[str, bool | str] = {
        key: bool(given[key]) for key in ("on", "read_receipts", "blocked") if key in given
    }
    if given.get("wa_id"):
        switches["wa_id"] = str(given["wa_id"])
    phone = phones.save(sb, str(given["number"]), str(given.get("name", "")), **switches)
    return phone.record()


def list_phones(sb: "Sandbox", given: Json) -> Json:
    return {"phones": [phone.record() for phone in sb.world.phones.values()]}


def _message(message: Message) -> Json:
    return {
        "wamid": message.wamid,
        "direction": "out" if message.outbound else "in",
        "phone_number_id": message.phone_id,
        "number": message.number,
        "type": message.type,
        "text": phones.says(message),
        "rendered": message.content,
        "status": message.status,
        "error": message.error or None,
        "biz_opaque_callback_data": message.callback,
        "context": message.context or None,
        "timestamp": int(message.at),
    }


def phone_messages(sb: "Sandbox", number: str) -> Json:
    """What was accepted for this phone or written on it; refused messages never get there."""
    phone = _phone(sb, number)
    found = [m for _, chat in sb.world.chats_of(phone) for m in chat if not m.error]
    return {"messages": [_message(m) for m in sorted(found, key=lambda m: m.at)]}


def list_messages(sb: "Sandbox", given: Json) -> Json:
    """Every message, refused ones too; filters: phone_number_id, biz_opaque_callback_data."""
    rows = sb.world.messages.values()
    phone_id, callback = given.get("phone_number_id"), given.get("biz_opaque_callback_data")
    return {
        "messages": [
            _message(m)
            for m in rows
            if (not phone_id or m.phone_id == phone_id) and (not callback or m.callback == callback)
        ]
    }


INBOUND_KEYS = frozenset(
    {"from", "to", "text", "type", "profile_name", "timestamp", "wamid", "context"}
)


def inbound(sb: "Sandbox", given: Json) -> Json:
    number = phones.e164(str(given["from"]))
    phone = sb.world.by_digits.get(number.lstrip("+"))
    if phone is None:
        phone = phones.save(sb, number, str(given.get("profile_name", "")))
    business, sender = _number(sb, str(given["to"]))
    kind = str(given.get("type", "text"))
    content = given.get(kind, {})
    if kind == "text" and isinstance(content, str):
        content = {"body": content}
    context = given.get("context") or ""
    if isinstance(context, dict):
        context = str(context.get("message_id") or context.get("id") or "")
    message = phones.arrive(
        sb,
        phone,
        business,
        sender,
        kind,
        content,
        context=str(context),
        at=float(given["timestamp"]) if given.get("timestamp") else None,
        wamid=str(given.get("wamid", "")),
        profile_name=str(given.get("profile_name", "")),
        extra={k: v for k, v in given.items() if k not in INBOUND_KEYS and k != kind},
    )
    return {"wamid": message.wamid}


def read(sb: "Sandbox", given: Json) -> Json:
    phone = _phone(sb, str(given["number"]))
    wamid = given.get("wamid")
    if wamid:
        message = sb.world.messages.get(str(wamid))
        if message is None or message.number != phone.number:
            raise Refused("No such message on this phone.")
        if message.status not in ("delivered", "read"):
            raise Refused(f"The message is {message.status}; only a delivered one can be read.")
        return {"read": sb.statuses.read(phone, [message])}
    return {"read": sum(sb.statuses.read(phone, chat) for _, chat in sb.world.chats_of(phone))}
