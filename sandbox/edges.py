"""Reading WABAs, numbers and templates; subscribing."""

import base64
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

from sandbox import health, ids
from sandbox.errors import GraphError, required
from sandbox.fields import Fields, pick
from sandbox.numbers import code_verification
from sandbox.records import Business, Json, Number, Template, Token

if TYPE_CHECKING:
    from sandbox.core import Sandbox

Row = TypeVar("Row")


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def waba(sb: "Sandbox", business: Business, given: Json) -> Json:
    verification = "verified" if business.verified else "not_verified"
    known: Fields = {
        "name": lambda: business.waba_name,
        "currency": lambda: "EUR",
        "timezone_id": lambda: "1",
        "message_template_namespace": lambda: f"ns_{business.waba_id}",
        "ownership_type": lambda: "CLIENT_OWNED",
        "account_review_status": lambda: business.review,
        "business_verification_status": lambda: verification,
        "country": lambda: "IT",
        "status": lambda: "ACTIVE",
        "owner_business_info": lambda: {
            "name": sb.world.portfolio_name(business),
            "id": business.portfolio_id,
        },
        "whatsapp_business_manager_messaging_limit": lambda: business.tier,
        "health_status": lambda: health.status(sb, business),
    }
    default = "id,name,timezone_id,message_template_namespace"
    return pick("WhatsAppBusinessAccount", business.waba_id, known, default, given)


NUMBER_DEFAULT = (
    "verified_name,code_verification_status,display_phone_number,quality_rating,platform_type,"
    "throughput,last_onboarded_time,webhook_configuration,id"
)


def number(sb: "Sandbox", business: Business, found: Number, given: Json) -> Json:
    url = sb.world.settings.url or sb.options.webhook_url
    hooks = {"application": url}
    if business.override_url:
        hooks["whatsapp_business_account"] = business.override_url
    known: Fields = {
        "verified_name": lambda: found.verified_name,
        "display_phone_number": lambda: found.display_phone_number,
        "status": lambda: found.status,
        "quality_rating": lambda: found.quality_rating,
        "quality_score": lambda: {"score": found.quality_rating},
        "code_verification_status": lambda: code_verification(found, sb.clock.now()),
        "name_status": lambda: found.name_status,
        "new_name_status": lambda: found.new_name_status,
        "new_display_name": lambda: found.new_display_name or None,
        "platform_type": lambda: "CLOUD_API" if found.registered else "NOT_APPLICABLE",
        "throughput": lambda: {"level": found.throughput if found.registered else "NOT_APPLICABLE"},
        "account_mode": lambda: "LIVE",
        "last_onboarded_time": lambda: _when(found.onboarded_at) if found.onboarded_at else None,
        "webhook_configuration": lambda: hooks,
        "whatsapp_business_manager_messaging_limit": lambda: business.tier,
        "is_official_business_account": lambda: found.official,
        "is_pin_enabled": lambda: bool(found.pin),
        "is_on_biz_app": lambda: False,
        "is_preverified_number": lambda: False,
        "health_status": lambda: health.status(sb, business, found),
        "country_code": lambda: ids.region("+" + found.digits) or None,
        "country_dial_code": lambda: ids.dial_code("+" + found.digits) or None,
        "search_visibility": lambda: "VISIBLE" if found.registered else "NON_VISIBLE",
        "username": lambda: found.username or None,
    }
    return pick("WhatsAppBusinessPhoneNumber", found.id, known, NUMBER_DEFAULT, given)


def phone_numbers(sb: "Sandbox", business: Business, token: Token, given: Json, here: str) -> Json:
    shown = [n for n in business.numbers.values() if n.id not in token.hidden_numbers]
    page, paging = _page(shown, lambda n: n.id, given, here)
    return {"data": [number(sb, business, n, given) for n in page]} | paging


def message_templates(business: Business, given: Json, here: str) -> Json:
    def fits(template: Template) -> bool:
        for name in ("status", "name", "language", "category"):
            wanted = given.get(name)
            if wanted and str(wanted).lower() != str(getattr(template, name)).lower():
                return False
        return True

    matching = [t for t in business.templates.values() if fits(t)]
    page, paging = _page(matching, lambda t: t.id, given, here)
    return {"data": [_template(t, given) for t in page]} | paging


def _template(found: Template, given: Json) -> Json:
    known: Fields = {
        "name": lambda: found.name,
        "language": lambda: found.language,
        "category": lambda: found.category,
        "status": lambda: found.status,
        "components": lambda: found.components,
        "parameter_format": lambda: found.parameter_format,
        "quality_score": lambda: {"score": found.quality, "date": int(found.updated_at)},
        "rejected_reason": lambda: found.rejected_reason,
        "previous_category": lambda: found.previous_category or None,
        "correct_category": lambda: found.correct_category or None,
        "sub_category": lambda: None,
        "message_send_ttl_seconds": lambda: None,
        "library_template_name": lambda: None,
        "cta_url_link_tracking_opted_out": lambda: False,
        "last_updated_time": lambda: _when(found.updated_at),
    }
    default = "name,parameter_format,components,language,status,category,id"
    return pick("WhatsAppMessageTemplate", found.id, known, default, given)


def _cursor(identity: str) -> str:
    return base64.urlsafe_b64encode(json.dumps(["c", identity]).encode()).decode().rstrip("=")


def _page(
    rows: list[Row], identity: Callable[[Row], str], given: Json, here: str
) -> tuple[list[Row], Json]:
    """One page by cursor; a cursor whose row is gone is stale, as at Meta."""
    try:
        limit = int(given.get("limit", 25))
    except (TypeError, ValueError):
        raise GraphError(100, message="Param limit must be an integer") from None
    if limit < 1:
        raise GraphError(100, message="Param limit must be greater than 0")
    cursors = [_cursor(identity(row)) for row in rows]
    start, end = 0, min(limit, 1000)
    if given.get("after"):
        start = _place(cursors, str(given["after"])) + 1
        end = start + min(limit, 1000)
    elif given.get("before"):
        end = _place(cursors, str(given["before"]))
        start = max(0, end - min(limit, 1000))
    page = rows[start:end]
    if not page:
        return [], {}
    paging: Json = {"cursors": {"before": cursors[start], "after": cursors[start + len(page) - 1]}}
    kept = {k: v for k, v in given.items() if k not in ("after", "before")}
    if start + len(page) < len(rows):
        paging["next"] = f"{here}?{urlencode(kept | {'after': paging['cursors']['after']})}"
    if start > 0:
        paging["previous"] = f"{here}?{urlencode(kept | {'before': paging['cursors']['before']})}"
    return page, {"paging": paging}


def _place(cursors: list[str], cursor: str) -> int:
    try:
        return cursors.index(cursor)
    except ValueError:
        raise GraphError(131059, "The cursor does not belong to this list any more") from None


def subscribed(sb: "Sandbox", business: Business) -> Json:
    if not business.subscribed:
        return {"data": []}
    row: Json = {
        "whatsapp_business_api_data": {
            "id": sb.options.app_id,
            "link": f"https://www.facebook.com/games/?app_id={sb.options.app_id}",
            "name": "Sandbox app",
        }
    }
    if business.override_url:
        row["override_callback_uri"] = business.override_url
    return {"data": [row]}


def subscribe(sb: "Sandbox", business: Business, given: Json) -> Json | Awaitable[Json]:
    url = str(given.get("override_callback_uri") or "")
    if len(url) > 200:
        raise GraphError(100, message="Param override_callback_uri must be at most 200 characters")
    if url:
        return _override(sb, business, url, str(given.get("verify_token") or ""))
    business.subscribed = True
    business.override_url = ""
    sb.world.save_business(business)
    return {"success": True}


async def _override(sb: "Sandbox", business: Business, url: str, verify_token: str) -> Json:
    """Another address for this WABA's messages; it has to pass the verification GET first."""
    if not verify_token:
        raise required("verify_token")
    verified = await sb.webhooks.verify(url, verify_token)
    if not verified["verified"]:
        raise GraphError(
            2200,
            message="(#2200) Callback verification failed with the following errors: "
            f"{verified['why']}",
        )
    business.subscribed = True
    business.override_url = url
    sb.world.save_business(business)
    return {"success": True}


def unsubscribe(sb: "Sandbox", business: Business) -> Json:
    business.subscribed = False
    business.override_url = ""
    sb.world.save_business(business)
    return {"success": True}
