"""The field `health_status`: whether a number, a WABA or its business can send, and why not."""

from typing import TYPE_CHECKING

from sandbox import ids
from sandbox.account import NO_REPLIES, NO_TEMPLATES, restrictions
from sandbox.records import Business, Json, Number

if TYPE_CHECKING:
    from sandbox.core import Sandbox

ORDER = ("AVAILABLE", "LIMITED", "BLOCKED")


def status(sb: "Sandbox", business: Business, number: Number | None = None) -> Json:
    """Every entity that has a say; the whole is as good as the worst of them."""
    entities = [_entity("PHONE_NUMBER", number.id, *_of_number(number))] if number else []
    entities += [
        _entity("WABA", business.waba_id, *_of_waba(business, sb.clock.now())),
        _entity("BUSINESS", business.portfolio_id, *_of_business(business)),
        _entity("APP", ids.digits_of(sb.options.app_id), "AVAILABLE"),
    ]
    worst = max((e["can_send_message"] for e in entities), key=ORDER.index)
    return {"can_send_message": worst, "entities": entities}


def _entity(kind: str, node_id: str, can: str, code: int = 0, why: str = "", do: str = "") -> Json:
    entity: Json = {"entity_type": kind, "id": node_id, "can_send_message": can}
    if code:
        error = {"error_code": code, "error_description": why, "possible_solution": do}
        entity["errors"] = [error]
    elif why:
        entity["additional_info"] = [why]
    return entity


def _of_number(number: Number) -> tuple[str, int, str, str]:
    if not number.registered:
        return (
            "BLOCKED",
            141000,
            "The phone number is not registered.",
            "Register the phone number.",
        )
    if number.status != "CONNECTED":
        return (
            "BLOCKED",
            141001,
            f"The phone number's status is {number.status}.",
            "Look at the phone number in WhatsApp Manager.",
        )
    if number.name_status not in ("APPROVED", "AVAILABLE_WITHOUT_REVIEW"):
        return "LIMITED", 0, "The display name has not been approved yet.", ""
    return "AVAILABLE", 0, "", ""


def _of_waba(business: Business, now: float) -> tuple[str, int, str, str]:
    if business.banned:
        return "BLOCKED", 141002, "The account is disabled.", "Request a review."
    found = restrictions(business, now)
    if {NO_TEMPLATES, NO_REPLIES} <= found:
        return "BLOCKED", 141003, "The account may not send for now.", "Request a review."
    if found:
        return "LIMITED", 0, f"The account is restricted: {', '.join(sorted(found))}.", ""
    return "AVAILABLE", 0, "", ""


def _of_business(business: Business) -> tuple[str, int, str, str]:
    if not business.verified:
        return "LIMITED", 0, "The business is not verified.", ""
    return "AVAILABLE", 0, "", ""
