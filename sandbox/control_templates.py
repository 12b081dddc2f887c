"""The control API's part about templates: what Meta decides of them, and how long it takes."""

from typing import TYPE_CHECKING

from sandbox import template_life, template_news
from sandbox.account import tell
from sandbox.control_fields import QUALITIES, one_of
from sandbox.phones import Refused
from sandbox.records import Business, Json, Template
from sandbox.sending import HELD
from sandbox.template_rules import CATEGORIES

if TYPE_CHECKING:
    from sandbox.core import Sandbox

# What a template is after an event that does not name its own status.
AFTER_EVENT = {"FLAGGED": "", "REINSTATED": "APPROVED", "UNARCHIVED": "APPROVED", "LOCKED": ""}
EVENTS = (
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
)
REASONS = (
    "ABUSIVE_CONTENT",
    "CATEGORY_NOT_AVAILABLE",
    "INCORRECT_CATEGORY",
    "INVALID_FORMAT",
    "PROMOTIONAL",
    "SCAM",
    "TAG_CONTENT_MISMATCH",
    "NONE",
)
DROPPED = 132015
NOTICE = 24 * 3600
BY_HAND = -1.0


def _template_of(sb: "Sandbox", given: Json) -> tuple[Business, Template]:
    found = sb.world.find_template(str(given["template_id"]))
    if found is None:
        raise Refused("No such template_id.")
    return found


def _saved(sb: "Sandbox", business: Business, template: Template) -> Json:
    sb.world.save_business(business)
    sb.live.changed()
    return {
        "template_id": template.id,
        "status": template.status,
        "told": business.subscribed,
        "field": "message_template_status_update",
    }


def review(sb: "Sandbox", given: Json) -> Json:
    """How long a review takes from now on; without `seconds`, or below 0, a person decides."""
    if "seconds" in given:
        seconds = given["seconds"]
        value = BY_HAND if seconds in (None, "") else float(seconds)
        sb.world.settings.review_seconds = value if value >= 0 else BY_HAND
        sb.world.save_settings()
    found = sb.world.settings.review_seconds
    return {"seconds": None if found < 0 else found, "by_hand": found < 0}


def approve(sb: "Sandbox", given: Json) -> Json:
    """The template is approved, whatever the rules of review say."""
    business, template = _template_of(sb, given)
    template_life.approve(sb, business, template)
    return _saved(sb, business, template)


def reject(sb: "Sandbox", given: Json) -> Json:
    business, template = _template_of(sb, given)
    reason = one_of("reason", given.get("reason") or "INVALID_FORMAT", REASONS[:-1])
    why, do = str(given.get("why") or ""), str(given.get("recommendation") or "")
    template_life.reject(sb, business, template, reason, why, do)
    return _saved(sb, business, template)


def pause(sb: "Sandbox", given: Json) -> Json:
    """3 hours, then 6, and the third time disabled; `hours` sets another time, `pacing` none."""
    business, template = _template_of(sb, given)
    hours = float(given["hours"]) if given.get("hours") not in (None, "") else None
    if hours is not None and not 0 < hours <= 24 * 30:
        raise Refused("hours is more than 0 and at most 720.")
    template_life.pause(sb, business, template, hours=hours, pacing=bool(given.get("pacing")))
    return _saved(sb, business, template) | {"until": template.paused_until or None}


def unpause(sb: "Sandbox", given: Json) -> Json:
    business, template = _template_of(sb, given)
    if template.status != "PAUSED":
        raise Refused("The template is not paused.")
    template_life.unpause(sb, business, template)
    return _saved(sb, business, template)


def disable(sb: "Sandbox", given: Json) -> Json:
    business, template = _template_of(sb, given)
    template_life.disable(sb, business, template)
    return _saved(sb, business, template)


def violate(sb: "Sandbox", given: Json) -> Json:
    """What the template says breaks a policy: sends get 132007; Meta tells no field of it."""
    business, template = _template_of(sb, given)
    template.violates = bool(given.get("on", True))
    sb.world.save_business(business)
    return {"template_id": template.id, "violates": template.violates, "told": False}


def status(sb: "Sandbox", given: Json) -> Json:
    """Any event, with whatever goes with it."""
    business, template = _template_of(sb, given)
    event = one_of("status", given.get("event") or given.get("status"), EVENTS)
    template.status = AFTER_EVENT.get(event, event) or template.status
    template.review_at = template.paused_until = 0.0
    template.was_approved = template.was_approved or template.status == "APPROVED"
    reason = given.get("reason", "INVALID_FORMAT" if event == "REJECTED" else "NONE")
    template.rejected_reason = str(reason) if event == "REJECTED" else "NONE"
    template.updated_at = sb.clock.now()
    sb.world.save_business(business)
    names = ("disable_info", "other_info", "rejection_info")
    info = {name: given[name] for name in names if name in given}
    told = template_news.status(sb, business, template, event, reason, **info)
    return {"template_id": template.id, "status": template.status} | told


def quality(sb: "Sandbox", given: Json) -> Json:
    business, template = _template_of(sb, given)
    before, template.quality = template.quality, one_of("quality", given["quality"], QUALITIES)
    sb.world.save_business(business)
    value = {"previous_quality_score": before, "new_quality_score": template.quality}
    return tell(
        sb, business, "message_template_quality_update", value | template_news.named(template)
    )


def category(sb: "Sandbox", given: Json) -> Json:
    """Changes the category, or with `announced` says when it will be, and does it then."""
    business, template = _template_of(sb, given)
    new = one_of("category", given["category"], CATEGORIES)
    if given.get("announced"):
        at = int(given.get("at") or sb.clock.now() + NOTICE)
        told = template_news.category_announced(sb, business, template, new, at)
        sb.lives.changed()
    else:
        told = template_news.category(sb, business, template, new)
    sb.world.save_business(business)
    return told


def hold(sb: "Sandbox", given: Json) -> Json:
    """From now on sends of this template are accepted and held until their quality is judged."""
    business, template = _template_of(sb, given)
    template.held = bool(given.get("on", True))
    sb.world.save_business(business)
    return {"template_id": template.id, "held": template.held}


def let_go(sb: "Sandbox", given: Json) -> Json:
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
