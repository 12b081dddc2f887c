"""What Meta changes about an account: the limit of its portfolio, verification, restrictions."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.errors import GraphError
from sandbox.numbers import CAP_UNVERIFIED, cap
from sandbox.records import Business, Json

if TYPE_CHECKING:
    from sandbox.core import Sandbox

PER_WABA = 25
NO_NEW_NUMBERS = "RESTRICTED_ADD_PHONE_NUMBER_ACTION"
NO_TEMPLATES = "RESTRICTED_BIZ_INITIATED_MESSAGING"
NO_REPLIES = "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"
NO_UTILITY = frozenset({"RESTRICTED_UTILITY_TEMPLATES", "RATE_LIMITED_UTILITY_TEMPLATE_MESSAGING"})


def tell(sb: "Sandbox", business: Business, field: str, value: Json) -> Json:
    """To who subscribed to the WABA; nobody else hears of it."""
    if business.subscribed:
        sb.webhooks.tell_field(business.waba_id, field, value)
    return {"told": business.subscribed, "field": field, "value": value}


def set_limit(sb: "Sandbox", business: Business, tier: str) -> Json:
    """A new messaging limit of the portfolio; every WABA of it is told. Answers what was told."""
    portfolio = sb.world.portfolio(business)
    for each in portfolio:
        each.tier = tier
        sb.world.save_business(each)
    value: Json = {"max_daily_conversations_per_business": tier}
    if cap(business) == CAP_UNVERIFIED and tier == "TIER_250":
        value["max_phone_numbers_per_business"] = CAP_UNVERIFIED
    value["max_phone_numbers_per_waba"] = PER_WABA
    for each in portfolio:
        tell(sb, each, "business_capability_update", value)
    sb.live.changed()
    return value


def verify(sb: "Sandbox", business: Business, *, verified: bool) -> None:
    """Business verification lifts a portfolio from 250 to 2K ("Messaging limits", 8 May 2026)."""
    for each in sb.world.portfolio(business):
        each.verified = verified
        sb.world.save_business(each)
    if verified and business.tier == "TIER_250":
        set_limit(sb, business, "TIER_2K")
    sb.live.changed()


# Restrictions


def restrict(sb: "Sandbox", business: Business, restrictions: list[Json]) -> None:
    """Each replaces an earlier one of its type and holds until its `expiration`, if it has one."""
    types = {each.get("restriction_type") for each in restrictions}
    kept = [each for each in business.restrictions if each.get("restriction_type") not in types]
    business.restrictions = kept + restrictions
    sb.world.save_business(business)


def restrictions(business: Business, now: float) -> set[str]:
    """The types that are in force."""
    return {
        str(each.get("restriction_type"))
        for each in business.restrictions
        if not each.get("expiration") or now < moment(each["expiration"])
    }


def moment(value: Any) -> float:
    """Unix seconds; an ISO date is taken too."""
    text = str(value)
    if text.replace(".", "", 1).isdecimal():
        return float(text)
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def may_send(business: Business, kind: str, category: str, now: float) -> None:
    """Raises what a restricted account gets. The codes are those of "Error codes" that say it."""
    if not business.restrictions:
        return
    found = restrictions(business, now)
    if kind == "template" and NO_TEMPLATES in found:
        raise GraphError(368, "The account may not start conversations for now")
    if kind != "template" and NO_REPLIES in found:
        raise GraphError(368, "The account may not answer customers for now")
    if kind == "template" and category == "utility" and found & NO_UTILITY:
        raise GraphError(131064, "The account's utility templates are limited for now")


def may_add_number(business: Business, now: float) -> None:
    if NO_NEW_NUMBERS in restrictions(business, now):
        raise GraphError(368, "The account may not add phone numbers for now")
