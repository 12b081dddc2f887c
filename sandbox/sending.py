"""POST /{phone-number-id}/messages: everything Meta checks, then the message is accepted."""

import re
from typing import TYPE_CHECKING

from sandbox import ids
from sandbox.account import may_send
from sandbox.checks import keys
from sandbox.content import KINDS
from sandbox.content.asked import Asked, Content
from sandbox.errors import GraphError, one_of, required, status_error, too_long
from sandbox.records import Business, Json, Message, Number, Phone

if TYPE_CHECKING:
    from sandbox.core import Sandbox

CALLBACK_MOST = 512
CONTEXT = frozenset({"message_id"})
READABLE_FOR = 30 * 24 * 3600
TYPING_FOR = 25.0
READ = frozenset({"messaging_product", "status", "message_id", "typing_indicator", "access_token"})
PHONE = re.compile(r"^\+?[\d\s().-]+$")
TYPES = ", ".join(sorted(kind.upper() for kind in KINDS))
ENVELOPE = frozenset(
    {
        "messaging_product", "recipient_type", "to", "recipient", "type", "context",
        "biz_opaque_callback_data", "messaging_account_id", "paid_messaging_account_id",
        "access_token", "appsecret_proof",
    }
)  # fmt: skip
ALLOWED = {kind: ENVELOPE | {kind} for kind in KINDS}
HELD = "held_for_quality_assessment"
# "Only CONNECTED can send" ("Phone numbers", 27 February 2026). Which error each other status gives
# is not written there; these are the ones that say the same in "Error codes".
BY_STATUS = {
    "RESTRICTED": 131048,
    "FLAGGED": 131048,
    "RATE_LIMITED": 130429,
    "BANNED": 131031,
    "DELETED": 33,
    "MIGRATED": 33,
}
NOT_CONNECTED = 133010
# A number lent by Meta needs an approved name before it sends ("Display names", 12 December 2025).
VIRTUAL = "1555"
NAMED = ("APPROVED", "AVAILABLE_WITHOUT_REVIEW")


def answer(sb: "Sandbox", business: Business, number: Number, payload: Json) -> Json:
    if "messaging_product" not in payload:
        raise required("messaging_product")
    if payload["messaging_product"] != "whatsapp":
        raise one_of("messaging_product", '"WHATSAPP"', payload["messaging_product"])
    if "status" in payload:
        return _mark_read(sb, number, payload)
    return _accept(sb, business, number, payload)


def _accept(sb: "Sandbox", business: Business, number: Number, payload: Json) -> Json:
    now = sb.clock.now()
    if payload.get("recipient_type", "individual") != "individual":
        raise one_of("recipient_type", '"INDIVIDUAL"', payload["recipient_type"])
    phone, e164, contact = _recipient(sb, business, payload)
    callback = _callback(payload)
    context = _context(payload)
    by_user_id = "wa_id" not in contact
    kind = _kind(payload)
    built = KINDS[kind](Asked(sb, business, number, payload, phone, e164, by_user_id, now))
    _able(business, number, payload, e164)
    may_send(business, kind, built.category, now)
    sb.limits.take(number, e164, now)
    message = Message(
        ids.wamid(e164),
        True,
        number.id,
        e164,
        kind,
        built.content,
        "accepted",
        now,
        callback,
        context,
        built.category,
    )
    message.by_user_id = by_user_id
    _judge(sb, business, message, phone)
    sent: Json = {"id": message.wamid}
    if kind == "template":
        sent["message_status"] = "accepted"
    if _is_held(built) and not message.error:
        message.status = sent["message_status"] = HELD
    sb.world.add_message(message)
    if message.status != HELD:
        sb.statuses.follow(message, now)
    if sb.sends.on:
        sb.sends.accepted(number.id, now, message.wamid, callback, e164)
    sb.world.typing.pop((e164, number.id), None)
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [sent]}


def _is_held(built: Content) -> bool:
    return built.template is not None and built.template.held


def _kind(payload: Json) -> str:
    kind = payload.get("type", "text")
    kind = kind.lower() if isinstance(kind, str) else ""
    allowed = ALLOWED.get(kind)
    if allowed is None:
        raise one_of("type", TYPES, payload.get("type"))
    keys(payload, allowed, "messages")
    return str(kind)


def _callback(payload: Json) -> str | None:
    callback = payload.get("biz_opaque_callback_data")
    if callback is None:
        return None
    if not isinstance(callback, str):
        raise GraphError(100, message="Param biz_opaque_callback_data must be a string.")
    if len(callback) > CALLBACK_MOST:
        raise too_long("biz_opaque_callback_data", CALLBACK_MOST)
    return callback


def _able(business: Business, number: Number, payload: Json, e164: str) -> None:
    """Whether this account and this number may send at all, and to this number."""
    account = payload.get("messaging_account_id", payload.get("paid_messaging_account_id"))
    if account is not None and str(account) != business.waba_id:
        raise GraphError(131009, "messaging_account_id is not the account of this phone number")
    if e164.lstrip("+") == number.digits:
        raise GraphError(131021, "Recipient phone number and sender phone number are the same")
    if number.digits.startswith(VIRTUAL) and number.name_status not in NAMED:
        raise GraphError(131037, "The display name of this phone number has not been approved")
    if business.banned:
        raise GraphError(131031, "The WhatsApp Business Account is disabled")
    if number.status != "CONNECTED" or not number.registered:
        code = BY_STATUS.get(number.status, NOT_CONNECTED)
        raise GraphError(code, f"The phone number cannot send: its status is {number.status}")


def _judge(sb: "Sandbox", business: Business, message: Message, phone: Phone | None) -> None:
    """The refusals that Meta mostly tells later, by a `failed` status."""
    inside = sb.world.window_open(message.number, message.phone_id, message.at)
    if phone is None:
        message.error = 131026
    elif message.category == "marketing" and business.id in phone.stopped:
        message.error = 131050
    elif message.category == "marketing" and ids.region(message.number) == "US":
        message.error = 131049  # none to numbers of the United States since 1 April 2025
    elif message.type != "template" and not inside:
        message.error = 131047
    elif not inside:
        if sb.limits.portfolio_full(business, message.number, message.at):
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
        phone = sb.world.phone_by_user_id(user_id, business)
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
    contact["user_id"] = phone.user_id(business)
    return phone, phone.number, contact


def _context(payload: Json) -> str:
    context = payload.get("context")
    if context is None:
        return ""
    wamid = context.get("message_id") if isinstance(context, dict) else None
    if not isinstance(wamid, str) or not wamid:
        raise required("context['message_id']")
    keys(context, CONTEXT, "context")
    if not wamid.startswith("wamid."):
        raise GraphError(131009, "context['message_id'] is not a message id")
    return wamid


def _mark_read(sb: "Sandbox", number: Number, payload: Json) -> Json:
    if payload["status"] != "read":
        raise one_of("status", '"READ"', payload["status"])
    keys(payload, READ, "messages")
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
