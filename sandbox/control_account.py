"""The control API's part about an account: its limit, verification, restrictions, and its end."""

from typing import TYPE_CHECKING

from sandbox import account as accounts
from sandbox.account import tell
from sandbox.control_fields import DECISIONS, business_of, one_of
from sandbox.limits import TIERS
from sandbox.phones import Refused
from sandbox.records import Business, Json

if TYPE_CHECKING:
    from sandbox.core import Sandbox

# These are about the partner's app: their entry carries the partner's own business id.
PARTNER_EVENTS = frozenset({"PARTNER_ADDED", "PARTNER_REMOVED", "PARTNER_APP_INSTALLED"}) | {
    "PARTNER_APP_UNINSTALLED",
    "PARTNER_CLIENT_CERTIFICATION_STATUS_UPDATE",
}
NEEDS = {
    "ACCOUNT_VIOLATION": "violation_info",
    "ACCOUNT_RESTRICTION": "restriction_info",
    "DISABLED_UPDATE": "ban_info",
    "VOLUME_BASED_PRICING_TIER_UPDATE": "volume_tier_info",
    "PARTNER_CLIENT_CERTIFICATION_STATUS_UPDATE": "partner_client_certification_info",
}


def limit(sb: "Sandbox", given: Json) -> Json:
    """A new messaging limit of the portfolio; every WABA of it is told."""
    business = business_of(sb, given)
    value = accounts.set_limit(sb, business, one_of("tier", given.get("tier"), TIERS))
    field = "business_capability_update"
    return {"told": business.subscribed, "field": field, "value": value}


def verification(sb: "Sandbox", given: Json) -> Json:
    """Meta has verified the business, or takes that back with `on` false."""
    business = business_of(sb, given)
    accounts.verify(sb, business, verified=bool(given.get("on", True)))
    return {"verified": business.verified, "tier": business.tier}


def release(sb: "Sandbox", given: Json) -> Json:
    """Ends every restriction of the account; Meta has no event for it."""
    business = business_of(sb, given)
    released = len(business.restrictions)
    business.restrictions = []
    sb.world.save_business(business)
    sb.live.changed()
    return {"released": released}


def account(sb: "Sandbox", given: Json) -> Json:
    business = business_of(sb, given)
    event = str(given.get("event") or "").upper()
    value = {k: v for k, v in given.items() if k not in ("waba_id", "business_id", "entry_id")}
    value["event"] = event
    needed = NEEDS.get(event)
    if not event or (needed and needed not in value):
        raise Refused(f"Give event{f' and {needed}' if needed else ''}, as in Meta's field.")
    if event not in PARTNER_EVENTS:
        if event == "ACCOUNT_RESTRICTION":
            accounts.restrict(sb, business, _restrictions(value["restriction_info"]))
        _ban(sb, business, event, value)
        return tell(sb, business, "account_update", value)
    if event != "PARTNER_CLIENT_CERTIFICATION_STATUS_UPDATE":
        info = {"waba_id": business.waba_id, "owner_business_id": business.portfolio_id}
        if event.startswith("PARTNER_APP_"):
            info["partner_app_id"] = sb.options.app_id
        value["waba_info"] = info | value.get("waba_info", {})
    sb.webhooks.tell_field(sb.options.partner_id, "account_update", value)
    if event in ("PARTNER_REMOVED", "PARTNER_APP_UNINSTALLED"):
        _leave(sb, business, dead=event == "PARTNER_APP_UNINSTALLED")
    return {"told": True, "field": "account_update", "value": value}


def _restrictions(given: object) -> list[Json]:
    rows = given if isinstance(given, list) else [given]
    found = [row for row in rows if isinstance(row, dict) and row.get("restriction_type")]
    if not found or len(found) < len(rows):
        raise Refused("restriction_info is a list of objects with a restriction_type.")
    return found


def _ban(sb: "Sandbox", business: Business, event: str, value: Json) -> None:
    if event == "DISABLED_UPDATE":
        state = value["ban_info"].get("waba_ban_state")
        business.banned = state == "DISABLE" or (business.banned and state != "REINSTATE")
        sb.world.save_business(business)


def _leave(sb: "Sandbox", business: Business, *, dead: bool) -> None:
    """The app loses the WABA: its subscription ends, its tokens reach it no more or are dead."""
    business.subscribed = False
    business.override_url = ""
    sb.world.save_business(business)
    for token in sb.world.tokens.values():
        if business.waba_id in token.waba_ids:
            token.revoked = token.revoked or dead
            if not dead:
                token.waba_ids.remove(business.waba_id)
            sb.world.save_token(token)


def account_alert(sb: "Sandbox", given: Json) -> Json:
    business = business_of(sb, given)
    value = {
        "entity_type": str(given.get("entity_type", "BUSINESS")),
        "entity_id": str(given.get("entity_id", business.id)),
        "alert_info": {
            "alert_severity": str(given.get("alert_severity", "INFORMATIONAL")),
            "alert_status": str(given.get("alert_status", "ACTIVE")),
            "alert_type": str(given["alert_type"]),
            "alert_description": str(given.get("alert_description", "")),
        },
    }
    return tell(sb, business, "account_alerts", value)


def account_review(sb: "Sandbox", given: Json) -> Json:
    business = business_of(sb, given)
    business.review = one_of("decision", given.get("decision"), DECISIONS)
    sb.world.save_business(business)
    return tell(sb, business, "account_review_update", {"decision": business.review})
