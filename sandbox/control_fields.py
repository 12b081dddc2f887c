"""The control API's part that says what Meta says outside the chats, about numbers.

Each verb changes what the Graph API answers, as far as it does, and then tells the field. Any field
with any value goes by `field`.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sandbox import ids
from sandbox.account import tell
from sandbox.phones import Refused
from sandbox.records import Business, Json, Number

if TYPE_CHECKING:
    from sandbox.core import Sandbox

NUMBER_STATUSES = (
    "CONNECTED",
    "PENDING",
    "UNVERIFIED",
    "DISCONNECTED",
    "RESTRICTED",
    "RATE_LIMITED",
    "FLAGGED",
    "BANNED",
    "DELETED",
    "MIGRATED",
    "UNKNOWN",
)
QUALITIES = ("GREEN", "YELLOW", "RED", "UNKNOWN")
NUMBER_EVENTS = ("ONBOARDING", "THROUGHPUT_UPGRADE", "UPGRADE", "DOWNGRADE", "FLAGGED", "UNFLAGGED")
DECISIONS = ("APPROVED", "DEFERRED", "PENDING", "REJECTED")
SECURITY_EVENTS = ("PIN_CHANGED", "PIN_RESET_REQUEST", "PIN_REQUEST_SUCCESS")


def business_of(sb: "Sandbox", given: Json) -> Business:
    found = sb.world.wabas.get(str(given.get("waba_id"))) or sb.world.businesses.get(
        str(given.get("business_id"))
    )
    if found is None:
        raise Refused("Give a waba_id or business_id that exists (GET /_control/businesses).")
    return found


def number_of(sb: "Sandbox", given: Json) -> tuple[Business, Number]:
    text = str(given.get("phone_number_id") or given.get("number"))
    found = sb.world.number_named(text)
    if found is None:
        raise Refused(f"No company number {text}: give a phone_number_id or the number itself.")
    return found


def one_of(name: str, value: object, allowed: Iterable[str]) -> str:
    text = str(value or "").upper()
    if text not in allowed:
        raise Refused(f"{name} is one of {', '.join(allowed)}.")
    return text


def field(sb: "Sandbox", given: Json) -> Json:
    """Any field with any value, subscribed or not."""
    name = given.get("field")
    if not isinstance(name, str) or not name or "value" not in given:
        raise Refused("Give field (its name) and value.")
    entry_id = str(given.get("entry_id") or "") or business_of(sb, given).waba_id
    sb.webhooks.tell_field(entry_id, name, given["value"], at=float(given.get("time") or 0))
    return {"entry_id": entry_id}


# Numbers


def number_status(sb: "Sandbox", given: Json) -> Json:
    """Whether the number can send; Meta tells no field of it, the Graph API answers it."""
    business, number = number_of(sb, given)
    number.status = one_of("status", given.get("status"), NUMBER_STATUSES)
    sb.world.save_business(business)
    return {"phone_number_id": number.id, "status": number.status}


def number_quality(sb: "Sandbox", given: Json) -> Json:
    """The rating, and the event that goes with it (FLAGGED and UNFLAGGED by themselves)."""
    business, number = number_of(sb, given)
    if "quality" in given:
        number.quality_rating = one_of("quality", given["quality"], QUALITIES)
    derived = "FLAGGED" if number.quality_rating == "RED" else "UNFLAGGED"
    event = one_of("event", given.get("event", derived), NUMBER_EVENTS)
    if event == "THROUGHPUT_UPGRADE":
        number.throughput = "HIGH"
    sb.world.save_business(business)
    value = {
        "display_phone_number": number.digits,
        "event": event,
        "max_daily_conversations_per_business": business.tier,
    }
    return tell(sb, business, "phone_number_quality_update", value)


def number_name(sb: "Sandbox", given: Json) -> Json:
    business, number = number_of(sb, given)
    decision = one_of("decision", given.get("decision"), DECISIONS)
    status = {"REJECTED": "DECLINED", "APPROVED": "APPROVED"}.get(decision, "PENDING_REVIEW")
    asked = number.new_display_name
    name = str(given.get("requested_verified_name") or asked or number.verified_name)
    if asked and name == asked:
        # In force only once the number is registered again.
        number.new_name_status = status
    else:
        number.name_status = status
        if decision == "APPROVED":
            number.verified_name = name
    sb.world.save_business(business)
    value = {
        "display_phone_number": number.digits,
        "decision": decision,
        "requested_verified_name": name,
        "rejection_reason": given.get("rejection_reason"),
    }
    return tell(sb, business, "phone_number_name_update", value)


def number_security(sb: "Sandbox", given: Json) -> Json:
    business, number = number_of(sb, given)
    event = one_of("event", given.get("event"), SECURITY_EVENTS)
    if event == "PIN_CHANGED" and given.get("pin"):
        number.pin = str(given["pin"])
        sb.world.save_business(business)
    value: Json = {"display_phone_number": number.digits, "event": event}
    value["requester"] = str(given.get("requester") or ids.node_id("user", business.id))
    return tell(sb, business, "security", value)


def number_username(sb: "Sandbox", given: Json) -> Json:
    business, number = number_of(sb, given)
    status = str(given.get("status", "approved"))
    if status not in ("approved", "reserved", "deleted"):
        raise Refused("status is approved, reserved or deleted.")
    value: Json = {"display_phone_number": number.digits, "status": status}
    number.username = "" if status == "deleted" else str(given["username"])
    if number.username:
        value["username"] = number.username
    sb.world.save_business(business)
    return tell(sb, business, "business_username_update", value)
