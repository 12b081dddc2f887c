"""The control API's part that says what Meta says outside the chats: templates and numbers.

Each verb changes what the Graph API answers, as far as it does, and then tells the field. Any field
with any value goes by `field`.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sandbox import ids
from sandbox.account import tell
from sandbox.phones import Refused
from sandbox.records import Business, Json, Number, Template
from sandbox.sending import HELD

if TYPE_CHECKING:
    from sandbox.core import Sandbox

# What a template is after an event that does not name its own status.
AFTER_EVENT = {"FLAGGED": "", "REINSTATED": "APPROVED", "UNARCHIVED": "APPROVED", "LOCKED": ""}
TEMPLATE_EVENTS = [
    "APPROVED",
    "REJECTED",
    "PENDING",
    "PAUSED",
    "DISABLED",
    "FLAGGED",
    "IN_APPEAL",
    "REINSTATED",
    "LIMIT_EXCEEDED",
    "LOCKED",
    "ARCHIVED",
    "UNARCHIVED",
    "DELETED",
    "PENDING_DELETION",
]
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
DROPPED = 132015
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


def _template_of(sb: "Sandbox", given: Json) -> tuple[Business, Template]:
    found = sb.world.find_template(str(given["template_id"]))
    if found is None:
        raise Refused("No such template_id.")
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


# Templates


def _named(template: Template) -> Json:
    return {
        "message_template_id": int(template.id),
        "message_template_name": template.name,
        "message_template_language": template.language,
    }


def template_status(sb: "Sandbox", given: Json) -> Json:
    business, template = _template_of(sb, given)
    event = one_of("status", given.get("event") or given.get("status"), TEMPLATE_EVENTS)
    template.status = AFTER_EVENT.get(event, event) or template.status
    reason = given.get("reason", "INVALID_FORMAT" if event == "REJECTED" else "NONE")
    template.rejected_reason = str(reason) if event == "REJECTED" else "NONE"
    template.updated_at = sb.clock.now()
    sb.world.save_business(business)
    value = {"event": event, **_named(template), "message_template_category": template.category}
    value["reason"] = reason
    for name in ("disable_info", "other_info", "rejection_info"):
        if name in given:
            value[name] = given[name]
    told = tell(sb, business, "message_template_status_update", value)
    return {"template_id": template.id, "status": template.status} | told


def template_quality(sb: "Sandbox", given: Json) -> Json:
    business, template = _template_of(sb, given)
    before, template.quality = template.quality, one_of("quality", given["quality"], QUALITIES)
    sb.world.save_business(business)
    value = {"previous_quality_score": before, "new_quality_score": template.quality}
    return tell(sb, business, "message_template_quality_update", value | _named(template))


def template_category(sb: "Sandbox", given: Json) -> Json:
    """Changes the category, or with `announced` only says when it will be changed."""
    business, template = _template_of(sb, given)
    category = one_of("category", given["category"], ("UTILITY", "MARKETING", "AUTHENTICATION"))
    value = _named(template)
    if given.get("announced"):
        template.correct_category = category
        at = int(given.get("at") or sb.clock.now() + 24 * 3600)
        value |= {
            "correct_category": category,
            "new_category": template.category,
            "category_update_timestamp": at,
        }
    else:
        template.previous_category, template.category = template.category, category
        template.correct_category = ""
        value |= {"previous_category": template.previous_category, "new_category": category}
    sb.world.save_business(business)
    return tell(sb, business, "template_category_update", value)


def template_hold(sb: "Sandbox", given: Json) -> Json:
    """From now on sends of this template are accepted and held until their quality is judged."""
    business, template = _template_of(sb, given)
    template.held = bool(given.get("on", True))
    sb.world.save_business(business)
    return {"template_id": template.id, "held": template.held}


def template_let_go(sb: "Sandbox", given: Json) -> Json:
    """Ends the hold: what is held goes out, or with `drop` fails as Meta's pacing has it."""
    business, template = _template_of(sb, given)
    template.held = False
    sb.world.save_business(business)
    held = [
        message
        for message in sb.world.messages.values()
        if message.status == HELD
        and message.phone_id in business.numbers
        and message.content["template"] == template.name
        and message.content["language"] == template.language
    ]
    for message in held:
        sb.statuses.let_go(message, DROPPED if given.get("drop") else 0)
    return {"template_id": template.id, "let_go": len(held)}


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
