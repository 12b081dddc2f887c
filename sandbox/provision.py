"""Creates and changes businesses, numbers and templates from a description."""

from typing import TYPE_CHECKING, Any

from sandbox import ids
from sandbox.limits import TIERS
from sandbox.phones import Refused
from sandbox.records import Business, Json, Number, Template

if TYPE_CHECKING:
    from sandbox.core import Sandbox

HELLO: Json = {
    "name": "hello_world",
    "language": "en_US",
    "category": "UTILITY",
    "components": [
        {"type": "HEADER", "format": "TEXT", "text": "Hello World"},
        {
            "type": "BODY",
            "text": "Welcome and congratulations!! This message demonstrates your ability to send "
            "a WhatsApp message notification from the Cloud API. Thank you for taking the time "
            "to test with us.",
        },
        {"type": "FOOTER", "text": "WhatsApp Business Platform sample message"},
    ],
}


def business(sb: "Sandbox", given: Json) -> Json:
    """The same name again updates and gives the same ids."""
    name = str(given["name"]).strip()
    if not name:
        raise Refused("A business needs a name.")
    business_id = ids.node_id("business", name)
    found = sb.world.businesses.get(business_id)
    if found is None:
        found = Business(
            id=business_id,
            name=name,
            waba_id=ids.node_id("waba", name),
            waba_name=name,
            created_at=sb.clock.now(),
        )
    if "verified" in given:
        found.verified = bool(given["verified"])
    if given.get("portfolio"):
        _join(sb, found, str(given["portfolio"]))
    if "tier" in given:
        if given["tier"] not in TIERS:
            raise Refused(f"tier is one of {', '.join(TIERS)}.")
        for each in sb.world.portfolio(found):
            each.tier = given["tier"]
            if each is not found:
                sb.world.save_business(each)
    found.waba_name = str(given.get("waba_name") or found.waba_name)
    for row in given.get("numbers", []):
        _number(sb, found, row)
    for row in given.get("templates", []):
        template(sb, found, row)
    sb.world.save_business(found)
    sb.live.changed()
    return described(found)


def _join(sb: "Sandbox", found: Business, portfolio_id: str) -> None:
    """Puts the WABA under a portfolio that has others: they share its limit and its user ids."""
    others = [b for b in sb.world.businesses.values() if b.portfolio_id == portfolio_id]
    others = [b for b in others if b is not found]
    if not others and portfolio_id != found.id:
        raise Refused("portfolio is the business_id of another business (GET /_control/businesses)")
    if portfolio_id != found.portfolio_id:
        sb.world.join(found, portfolio_id)
    if others:
        found.tier = others[0].tier


def _number(sb: "Sandbox", found: Business, given: Json) -> None:
    shown = str(given["display_phone_number"])
    digits = ids.digits_of(shown)
    if not 7 <= len(digits) <= 15:
        raise Refused(f"“{shown}” is not a phone number: write it with country code.")
    taken = sb.world.number_named(digits)
    if taken is not None and taken[0].id != found.id:
        raise Refused(f"{shown} already belongs to {taken[0].name}.")
    number_id = taken[1].id if taken else ids.node_id("number", found.waba_id, digits)
    registered = bool(given.get("registered", True))
    number = found.numbers.get(number_id) or Number(
        id=number_id,
        display_phone_number=shown,
        verified_name=str(given.get("verified_name") or found.name),
        registered=registered,
        status="CONNECTED" if registered else "PENDING",
        onboarded_at=sb.clock.now() if registered else 0.0,
    )
    if "registered" in given and number.registered != registered:
        number.registered = registered
        number.status = "CONNECTED" if registered else "PENDING"
    for name in ("verified_name", "quality_rating", "status", "name_status", "throughput"):
        if given.get(name):
            setattr(number, name, str(given[name]))
    if given.get("code_verification_status"):
        number.code_verification_status = str(given["code_verification_status"])
    found.numbers[number_id] = number


def template(sb: "Sandbox", found: Business, given: Json) -> Template:
    name, language = str(given["name"]), str(given["language"])
    components: Any = given["components"]
    if not isinstance(components, list):
        raise Refused(f"components of template {name} has to be a list.")
    made = Template(
        id=ids.node_id("template", found.waba_id, name, language),
        name=name,
        language=language,
        category=str(given.get("category", "UTILITY")).upper(),
        status=str(given.get("status", "APPROVED")).upper(),
        components=components,
        parameter_format=str(given.get("parameter_format", "POSITIONAL")).upper(),
        updated_at=sb.clock.now(),
    )
    found.templates[made.id] = made
    sb.shapes.pop((found.id, name, language), None)
    return made


def described(found: Business) -> Json:
    return {
        "business_id": found.id,
        "portfolio_id": found.portfolio_id,
        "name": found.name,
        "verified": found.verified,
        "tier": found.tier,
        "waba_id": found.waba_id,
        "waba_name": found.waba_name,
        "subscribed": found.subscribed,
        "phone_number_ids": list(found.numbers),
        "template_ids": list(found.templates),
        "numbers": [
            {
                "phone_number_id": n.id,
                "display_phone_number": n.display_phone_number,
                "verified_name": n.verified_name,
                "registered": n.registered,
                "status": n.status,
            }
            for n in found.numbers.values()
        ],
        "templates": [
            {"id": t.id, "name": t.name, "language": t.language, "status": t.status}
            for t in found.templates.values()
        ],
    }
