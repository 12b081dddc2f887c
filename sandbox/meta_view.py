"""What the page "Play Meta" shows of one account: a page-shaped read."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox import account, meta_templates, numbers
from sandbox.control_fields import NUMBER_STATUSES
from sandbox.limits import TIERS
from sandbox.records import Business, Json, Number
from sandbox.rise import STEPS

if TYPE_CHECKING:
    from sandbox.core import Sandbox

TIER_SAYS = {
    "TIER_250": "250",
    "TIER_2K": "2,000",
    "TIER_10K": "10,000",
    "TIER_100K": "100,000",
    "TIER_UNLIMITED": "unlimited",
}
QUALITIES = (("GREEN", "High"), ("YELLOW", "Medium"), ("RED", "Low"), ("UNKNOWN", "Not known"))
QUALITY_PILL = {"GREEN": "is-ok", "YELLOW": "is-warn", "RED": "is-bad"}
NAME_SAYS = {
    "APPROVED": "name approved",
    "AVAILABLE_WITHOUT_REVIEW": "name without review",
    "PENDING_REVIEW": "name in review",
    "DECLINED": "name rejected",
    "EXPIRED": "name expired",
    "NONE": "no name",
}
REASONS = (
    ("NAME_NOT_CONSISTENT", "Not the company’s name"),
    ("NAME_FORMAT_UNACCEPTABLE", "Written wrongly"),
    ("NAME_EMPLOYEE_ISSUE", "An employee’s name"),
    ("NAME_INDIVIDUAL_ISSUE", "A private person’s name"),
    ("NAME_ENDCLIENT_NOTRELATED", "Another company’s name"),
    ("UNKNOWN", "No reason given"),
)
RESTRICTIONS = (
    ("RESTRICTED_BIZ_INITIATED_MESSAGING", "Templates may not be sent"),
    ("RESTRICTED_CUSTOMER_INITIATED_MESSAGING", "Candidates may not be answered"),
    ("RESTRICTED_UTILITY_TEMPLATES", "No utility templates"),
    ("RESTRICTED_ADD_PHONE_NUMBER_ACTION", "No new numbers"),
)
VIOLATIONS = (("MISLEADING", "Misleading"), ("SCAM", "Scam"), ("DATING", "Dating"))
TOLD_OF = {
    "phone_number_name_update",
    "phone_number_quality_update",
    "business_capability_update",
    "account_update",
    "account_review_update",
}


def view(
    sb: "Sandbox", business: Business | None, told: str, problem: str = "", template: str = ""
) -> dict[str, Any]:
    """`told` is the field that the last step told, "none", or "nobody" without a subscription.

    `template` is the id of the one that is chosen.
    """
    return {
        "tab": "meta",
        "businesses": list(sb.world.businesses.values()),
        "problem": problem,
        "notice": _notice(told),
        "business": _account(sb, business) if business else None,
        "numbers": [_number(sb, n) for n in business.numbers.values()] if business else [],
        "library": meta_templates.view(sb, business, template) if business else None,
        "outside": _outside(sb),
        "tiers": [(tier, TIER_SAYS.get(tier, tier)) for tier in STEPS],
        "statuses": [(s, _words(s)) for s in NUMBER_STATUSES if s != "FLAGGED"],
        "qualities": QUALITIES,
        "reasons": REASONS,
        "restrictions": RESTRICTIONS,
        "violations": VIOLATIONS,
    }


def _notice(told: str) -> str:
    if told in TOLD_OF or told in meta_templates.TOLD_OF:
        return f"Done. The product is told by {told}."
    if told == "nobody":
        return "Done. The app is not subscribed to this account, so nobody is told."
    return "Done. Meta tells no field of this: the product learns it from its next call." * bool(
        told
    )


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%A, %-d %B, %H:%M (UTC)")


def _account(sb: "Sandbox", business: Business) -> Json:
    now = sb.clock.now()
    tokens = [t for t in sb.world.tokens.values() if business.waba_id in t.waba_ids]
    alive = [t for t in tokens if not t.revoked and (not t.expires_at or now < t.expires_at)]
    due = sb.rises.due.get(business.portfolio_id)
    in_force = account.restrictions(business, now)
    return {
        "waba_id": business.waba_id,
        "name": business.name,
        "subscribed": business.subscribed,
        "verified": business.verified,
        "banned": business.banned,
        "review": business.review,
        "tier": business.tier,
        "tier_says": TIER_SAYS.get(business.tier, f"{TIERS.get(business.tier)}"),
        "used": sb.world.reached_by(business).count(now),
        "rise": _when(due) if due else "",
        "held": numbers.held(sb, business),
        "cap": numbers.cap(business),
        "restricted": [
            {"says": dict(RESTRICTIONS).get(kind, kind), "until": _until(business, kind)}
            for kind in sorted(in_force)
        ],
        "tokens": len(alive),
        "dead": len(tokens) - len(alive),
    }


def _until(business: Business, kind: str) -> str:
    for each in business.restrictions:
        if each.get("restriction_type") == kind and each.get("expiration"):
            return _when(account.moment(each["expiration"]))
    return ""


def _number(sb: "Sandbox", number: Number) -> Json:
    now = sb.clock.now()
    waits = number.new_name_status == "PENDING_REVIEW"
    return {
        "id": number.id,
        "shown": number.display_phone_number,
        "name": number.verified_name,
        "asked": number.new_display_name if waits else number.verified_name,
        "waits": waits or number.name_status == "PENDING_REVIEW",
        "approved": number.new_display_name if number.new_name_status == "APPROVED" else "",
        "name_says": NAME_SAYS.get(number.name_status, number.name_status),
        "named": number.name_status in ("APPROVED", "AVAILABLE_WITHOUT_REVIEW"),
        "status": number.status,
        "status_says": _words(number.status),
        "quality": number.quality_rating,
        "quality_says": dict(QUALITIES).get(number.quality_rating, number.quality_rating),
        "quality_pill": QUALITY_PILL.get(number.quality_rating, ""),
        "official": number.official,
        "code": number.code if now < number.code_at + numbers.CODE_LIVES else "",
        "code_until": _when(number.code_at + numbers.CODE_LIVES) if number.code else "",
        "verification": _words(numbers.code_verification(number, now)),
    }


def _outside(sb: "Sandbox") -> list[Json]:
    found = []
    for each in sb.world.outside.values():
        words = [
            says
            for on, says in (
                (each.on_app, "on the WhatsApp app"),
                (each.elsewhere, "at another WhatsApp account"),
                (each.verified, "known to Meta, no code needed"),
            )
            if on
        ]
        if words:
            found.append({"number": "+" + each.number, "says": ", ".join(words)})
    return found
