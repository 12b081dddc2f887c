"""The control API's part that makes and shows things: businesses, tokens, phones, messages."""

from typing import TYPE_CHECKING

from sandbox import inbound as incoming
from sandbox import media_kinds, oauth, phones, provision, taps
from sandbox.control_fields import business_of, number_of
from sandbox.control_identity import phone_of
from sandbox.phones import Refused
from sandbox.records import Json, Message, Token
from sandbox.taps import choices

if TYPE_CHECKING:
    from sandbox.core import Sandbox


def businesses(sb: "Sandbox", given: Json) -> Json:
    return provision.business(sb, given)


def list_businesses(sb: "Sandbox", given: Json) -> Json:
    return {"businesses": [provision.described(b) for b in sb.world.businesses.values()]}


def token(sb: "Sandbox", given: Json) -> Json:
    business = business_of(sb, given)
    expires_in = int(given["expires_in"]) if given.get("expires_in") else None
    return {"access_token": oauth.issue(sb, business, [], expires_in).access_token}


def revoke(sb: "Sandbox", given: Json) -> Json:
    """One token by itself, or every one that reaches the WABA."""
    found = _tokens_of(sb, given)
    for each in found:
        each.revoked = True
        sb.world.save_token(each)
    return {"revoked": len(found)}


def _tokens_of(sb: "Sandbox", given: Json) -> list[Token]:
    """The one that is named, or every one that reaches the WABA."""
    named, waba_id = str(given.get("access_token")), str(given.get("waba_id"))
    every = sb.world.tokens.values()
    found = [t for t in every if t.access_token == named or waba_id in t.waba_ids]
    if not found:
        raise Refused("No such access_token, and no token that reaches this waba_id.")
    return found


def expire(sb: "Sandbox", given: Json) -> Json:
    """The token ends now, or in so many seconds (`in`)."""
    found = _tokens_of(sb, given)
    for each in found:
        each.expires_at = sb.clock.now() + float(given.get("in") or 0)
        sb.world.save_token(each)
    return {"expires": len(found)}


def scopes(sb: "Sandbox", given: Json) -> Json:
    """Which permissions the token has from now on; without `scopes` all of them again."""
    wanted = given.get("scopes")
    if wanted is not None and not set(wanted) <= set(oauth.SCOPES):
        raise Refused(f"scopes is a list of {', '.join(oauth.SCOPES)}.")
    found = _tokens_of(sb, given)
    for each in found:
        each.scopes = None if wanted is None else list(wanted)
        sb.world.save_token(each)
    return {"changed": len(found)}


def tokens(sb: "Sandbox", given: Json) -> Json:
    """How long the tokens of the next logins live; 0 is for ever."""
    sb.world.settings.token_expires_in = int(given["expires_in"])
    sb.world.save_settings()
    return {}


def templates(sb: "Sandbox", given: Json) -> Json:
    business = business_of(sb, given)
    rows = given.get("templates", [given])
    made = [provision.template(sb, business, row) for row in rows]
    sb.world.save_business(business)
    return {"template_ids": [t.id for t in made]}


def save_phone(sb: "Sandbox", given: Json) -> Json:
    switches: dict[str, bool | str] = {
        key: bool(given[key]) for key in phones.SWITCHES if key in given
    }
    if given.get("wa_id"):
        switches["wa_id"] = str(given["wa_id"])
    if "username" in given:
        switches["username"] = phones.username(str(given["username"] or ""))
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
    phone = phone_of(sb, number)
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


def inbound(sb: "Sandbox", given: Json) -> Json:
    number = phones.e164(str(given["from"]))
    phone = sb.world.by_digits.get(number.lstrip("+"))
    if phone is None:
        phone = phones.save(sb, number, str(given.get("profile_name", "")))
    business, sender = number_of(sb, {"number": given["to"]})
    message = incoming.send(sb, phone, business, sender, given)
    found = {"wamid": message.wamid}
    if message.type in media_kinds.KINDS and message.content:
        found["media_id"] = message.content["id"]
    return found


def play(sb: "Sandbox", given: Json) -> Json:
    """A voice note of the company's is played on the phone."""
    phone = phone_of(sb, str(given["number"]))
    message = sb.world.messages.get(str(given.get("wamid")))
    if message is None or message.number != phone.number:
        raise Refused("No such message on this phone.")
    if not sb.statuses.play(message):
        raise Refused("Only a delivered voice note of the company's can be played, and once.")
    return {}


def tap(sb: "Sandbox", given: Json) -> Json:
    """A button or a row of a list is chosen on the phone, by its words or its place."""
    phone = phone_of(sb, str(given["number"]))
    wamid, text = str(given.get("wamid")), given.get("text")
    index = int(given.get("index", -1))
    if text is not None:
        message = sb.world.messages.get(wamid)
        words = [choice["text"] for choice in choices(message)] if message else []
        index = words.index(text) if text in words else -1
    return {"wamid": taps.tap(sb, phone, wamid, index).wamid}


def read(sb: "Sandbox", given: Json) -> Json:
    phone = phone_of(sb, str(given["number"]))
    wamid = given.get("wamid")
    if wamid:
        message = sb.world.messages.get(str(wamid))
        if message is None or message.number != phone.number:
            raise Refused("No such message on this phone.")
        if message.status not in ("delivered", "read"):
            raise Refused(f"The message is {message.status}; only a delivered one can be read.")
        return {"read": sb.statuses.read(phone, [message])}
    return {"read": sum(sb.statuses.read(phone, chat) for _, chat in sb.world.chats_of(phone))}
