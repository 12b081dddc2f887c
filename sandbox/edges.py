"""Reading WABAs and numbers; subscribing."""

from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sandbox import health, ids
from sandbox.errors import GraphError, required
from sandbox.fields import Fields, pick
from sandbox.numbers import code_verification
from sandbox.paging import page as paged
from sandbox.records import Business, Json, Number, Token

if TYPE_CHECKING:
    from sandbox.core import Sandbox


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
    page, paging = paged(shown, lambda n: n.id, given, here)
    return {"data": [number(sb, business, n, given) for n in page]} | paging


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
