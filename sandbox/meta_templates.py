"""What the page "Play Meta" shows of an account's templates, and the steps of its forms."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox import control_templates
from sandbox.phones import Refused
from sandbox.records import Business, Json, Template
from sandbox.template_review import text_of

if TYPE_CHECKING:
    from sandbox.core import Sandbox

SHOWN = 60
PILLS = {"APPROVED": "is-ok", "PENDING": "is-info", "REJECTED": "is-bad", "DISABLED": "is-bad"} | {
    "PAUSED": "is-warn"
}
REASONS = (
    ("INVALID_FORMAT", "Written wrongly"),
    ("INCORRECT_CATEGORY", "Of another category"),
    ("TAG_CONTENT_MISMATCH", "Not in its language"),
    ("PROMOTIONAL", "Promotional"),
    ("SCAM", "Asks for what it should not"),
    ("ABUSIVE_CONTENT", "Abusive"),
    ("CATEGORY_NOT_AVAILABLE", "Category not available"),
)
CATEGORIES = (
    ("UTILITY", "Utility"),
    ("MARKETING", "Marketing"),
    ("AUTHENTICATION", "Authentication"),
)
DELAYS = (
    ("0", "At once"),
    ("10", "After 10 seconds"),
    ("60", "After a minute"),
    ("3600", "After an hour"),
    ("86400", "After a day"),
    ("", "A person decides here"),
)
TOLD_OF = frozenset(
    {
        "message_template_status_update",
        "message_template_quality_update",
        "template_category_update",
    }
)


def view(sb: "Sandbox", business: Business, chosen: str) -> dict[str, Any]:
    """The newest templates, and the chosen one with all that is known of it."""
    found = sorted(
        business.templates.values(), key=lambda t: (t.status != "PENDING", -t.updated_at)
    )
    template = business.templates.get(chosen)
    seconds = sb.world.settings.review_seconds
    return {
        "rows": [_row(each) for each in found[:SHOWN]],
        "more": max(0, len(found) - SHOWN),
        "delay": "" if seconds < 0 else f"{seconds:g}",
        "delays": _delays(seconds),
        "chosen": _described(template) if template else None,
        "reasons": REASONS,
        "categories": CATEGORIES,
    }


def _delays(seconds: float) -> tuple[tuple[str, str], ...]:
    known = seconds < 0 or f"{seconds:g}" in dict(DELAYS)
    return DELAYS if known else ((f"{seconds:g}", f"After {seconds:g} seconds"), *DELAYS)


def _row(template: Template) -> Json:
    return {
        "id": template.id,
        "name": template.name,
        "language": template.language,
        "status": _words(template.status),
        "pill": PILLS.get(template.status, ""),
    }


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%A, %-d %B, %H:%M (UTC)") if at else ""


def _described(template: Template) -> Json:
    text = text_of(template.components)
    return _row(template) | {
        "category": template.category,
        "category_says": _words(template.category),
        "correct": _words(template.correct_category) if template.correct_category else "",
        "category_at": _when(template.category_at),
        "until": _when(template.paused_until),
        "quality": template.quality,
        "reason": template.rejected_reason if template.status == "REJECTED" else "",
        "waits": template.status == "PENDING",
        "paused": template.status == "PAUSED",
        "disabled": template.status == "DISABLED",
        "violates": template.violates,
        "body": text.body,
        "footer": text.footer,
    }


def _of_account(step: Callable[["Sandbox", Json], Json]) -> Callable[["Sandbox", Json], Json]:
    """A step for a template of the account that the page shows."""

    def act(sb: "Sandbox", given: Json) -> Json:
        if given.get("template_id") not in sb.world.wabas[given["waba_id"]].templates:
            raise Refused("This template is gone. Choose another one.")
        return step(sb, given)

    return act


def _delay(sb: "Sandbox", given: Json) -> Json:
    seconds = str(given.get("seconds") or "")
    if seconds and not seconds.isdecimal():
        raise Refused("Choose how long a review takes.")
    return control_templates.review(sb, {"seconds": seconds})


def _category(sb: "Sandbox", given: Json) -> Json:
    return control_templates.category(sb, given | {"announced": given.get("when") == "announced"})


def _pause(sb: "Sandbox", given: Json) -> Json:
    hours = str(given.get("hours") or "")
    if hours and not hours.isdecimal():
        raise Refused("Give whole hours, 1 to 720, or leave the field empty.")
    return control_templates.pause(sb, given | {"pacing": False})


ACTIONS: dict[str, Callable[["Sandbox", Json], Json]] = {
    "template-delay": _delay,
    "template-approve": _of_account(control_templates.approve),
    "template-reject": _of_account(control_templates.reject),
    "template-pause": _of_account(_pause),
    "template-unpause": _of_account(control_templates.unpause),
    "template-disable": _of_account(control_templates.disable),
    "template-category": _of_account(_category),
    "template-quality": _of_account(control_templates.quality),
    "template-violate": _of_account(control_templates.violate),
}
