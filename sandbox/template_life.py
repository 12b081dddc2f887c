"""The life of a template by the sandbox's clock: reviewed, paused, re-categorised, gone.

"Template management" (14 November 2025), "Template pausing" and "Template categorization"
(11 September 2026).
"""

from typing import TYPE_CHECKING

from sandbox import template_news, template_review
from sandbox.records import Business, Template

if TYPE_CHECKING:
    from sandbox.core import Sandbox

DAY = 24 * 3600
# The first pause, the second; the third time the template is disabled.
PAUSES = ((3 * 3600, "FIRST_PAUSE"), (6 * 3600, "SECOND_PAUSE"))
DELETING_FOR = 30 * DAY
LOOK_EVERY = 1.0
# A duplicate is refused of what exists: of two in review the second one is.
UNDECIDED = frozenset({"PENDING", "REJECTED"})


class Lives:
    """Looks after every template that something waits for."""

    def __init__(self, sb: "Sandbox") -> None:
        self.sb = sb
        self._next = 0.0
        self._waits = True

    def clear(self) -> None:
        self._next, self._waits = 0.0, True

    def changed(self) -> None:
        """Something may be due: look now."""
        self._next, self._waits = 0.0, True
        self.sb.webhooks.wake.set()

    def step(self, now: float) -> None:
        if not self._waits or (now < self._next and self._next - now <= LOOK_EVERY):
            return
        self._next, self._waits = now + LOOK_EVERY, False
        for business in list(self.sb.world.businesses.values()):
            moved = False
            for template in list(business.templates.values()):
                moved = _look(self.sb, business, template, now) or moved
                self._waits = self._waits or _waits(template)
            if moved:
                self.sb.world.save_business(business)
                self.sb.live.changed()


def _waits(template: Template) -> bool:
    times = (template.review_at, template.paused_until, template.category_at, template.deleted_at)
    return any(times)


def _look(sb: "Sandbox", business: Business, template: Template, now: float) -> bool:
    """Does what is due for one template; whether anything was."""
    moved = False
    if template.review_at and now >= template.review_at:
        decide(sb, business, template)
        moved = True
    if template.paused_until and now >= template.paused_until:
        unpause(sb, business, template)
        moved = True
    if template.category_at and now >= template.category_at:
        template_news.category(sb, business, template, template.correct_category)
        moved = True
    if template.deleted_at and now >= template.deleted_at + DELETING_FOR:
        remove(sb, business, template)
        moved = True
    return moved


def submit(sb: "Sandbox", template: Template) -> None:
    """Hands the template to review; who waits for a person waits for as long as it takes."""
    seconds = sb.world.settings.review_seconds
    template.status, template.rejected_reason = "PENDING", "NONE"
    template.paused_until = 0.0
    template.updated_at = sb.clock.now()
    template.review_at = 0.0 if seconds < 0 else sb.clock.now() + seconds
    sb.lives.changed()


def decide(sb: "Sandbox", business: Business, template: Template) -> None:
    verdict = template_review.review(
        template.components,
        category=template.category,
        language=template.language,
        special=template.special,
        others=[
            template_review.text_of(other.components).wording
            for other in business.templates.values()
            if other.name != template.name
            and other.category != "AUTHENTICATION"
            and other.status not in UNDECIDED
        ],
    )
    if verdict.reason != "NONE":
        reject(sb, business, template, verdict.reason, verdict.why, verdict.do)
        return
    if verdict.category != template.category:
        template_news.category(sb, business, template, verdict.category)
    approve(sb, business, template)


def approve(sb: "Sandbox", business: Business, template: Template) -> None:
    edited = template.edited
    _decided(sb, template)
    template.status, template.was_approved = "APPROVED", True
    template_news.status(sb, business, template, "APPROVED", "NONE")
    if edited:
        template_news.components(sb, business, template)


def reject(
    sb: "Sandbox", business: Business, template: Template, reason: str, why: str, do: str
) -> None:
    _decided(sb, template)
    template.status, template.rejected_reason = "REJECTED", reason
    info = {"reason": why, "recommendation": do}
    template_news.status(
        sb, business, template, "REJECTED", reason, **({"rejection_info": info} if why else {})
    )


def _decided(sb: "Sandbox", template: Template) -> None:
    template.review_at, template.paused_until, template.edited = 0.0, 0.0, False
    template.updated_at = sb.clock.now()


def pause(
    sb: "Sandbox", business: Business, template: Template, *, hours: float | None, pacing: bool
) -> None:
    """For low quality, until it ends by itself, the third time for good; by pacing, until asked."""
    if not pacing and template.pauses >= len(PAUSES):
        disable(sb, business, template)
        return
    seconds, title = PAUSES[min(template.pauses, len(PAUSES) - 1)]
    if hours is not None:
        seconds = int(hours * 3600)
    template.status, template.updated_at = "PAUSED", sb.clock.now()
    template.paused_until = 0.0 if pacing else sb.clock.now() + seconds
    if pacing:
        title = "RATE_LIMITING_PAUSE"
    else:
        template.pauses += 1
    says = "" if pacing else f" for {seconds / 3600:g} hours"
    info = {"title": title, "description": f"The template is paused{says}: its quality is low."}
    template_news.status(sb, business, template, "PAUSED", "NONE", other_info=info)
    sb.lives.changed()


def unpause(sb: "Sandbox", business: Business, template: Template) -> None:
    template.status, template.paused_until = "APPROVED", 0.0
    template.updated_at = sb.clock.now()
    info = {"title": "UNPAUSE", "description": "The template can be sent again."}
    template_news.status(sb, business, template, "APPROVED", "NONE", other_info=info)


def disable(sb: "Sandbox", business: Business, template: Template) -> None:
    template.status, template.paused_until = "DISABLED", 0.0
    template.updated_at = sb.clock.now()
    template_news.status(
        sb,
        business,
        template,
        "DISABLED",
        "NONE",
        disable_info={"disable_date": sb.clock.day()},
        other_info={"title": "DISABLED", "description": "The template's quality stayed low."},
    )


def remove(sb: "Sandbox", business: Business, template: Template) -> None:
    business.templates.pop(template.id, None)
    sb.shapes.pop((business.id, template.name, template.language), None)
    template_news.status(sb, business, template, "DELETED", "NONE")
