"""The automatic rise of a portfolio's messaging limit, by the sandbox's clock.

"Messaging limits", 8 May 2026: from 2K upward, high quality and half of the limit used in the last
7 days; from 250 to 2K, 2,000 people reached in 30 days at high quality. Each time one step, within
6 hours. A portfolio whose quality is not high when the moment comes is told that the rise waits.
"""

from typing import TYPE_CHECKING

from sandbox.account import set_limit, tell
from sandbox.limits import TIERS
from sandbox.records import Business

if TYPE_CHECKING:
    from sandbox.core import Sandbox

DAY = 24 * 3600
STEPS = ("TIER_250", "TIER_2K", "TIER_10K", "TIER_100K", "TIER_UNLIMITED")
WITHIN = 7 * DAY
FIRST_STEP, FIRST_WITHIN = 2000, 30 * DAY
AFTER = 6 * 3600
LOOK_EVERY = 5.0


class Rises:
    """When the limit of which portfolio rises. A restart finds it out again from the messages."""

    def __init__(self, sb: "Sandbox") -> None:
        self.sb = sb
        self.due: dict[str, float] = {}
        self._deferred: set[str] = set()
        self._next = 0.0

    def step(self, now: float) -> None:
        """Looks at every portfolio, but not more often than needed."""
        if now < self._next and self._next - now <= LOOK_EVERY:
            return
        self._next = now + LOOK_EVERY
        if not self.sb.world.settings.rise:
            self.due.clear()
            return
        for portfolio_id in list(self.sb.world.reached):
            business = self._of(portfolio_id)
            if business is not None:
                self._look(portfolio_id, business, now)

    def _of(self, portfolio_id: str) -> Business | None:
        every = self.sb.world.businesses.values()
        return next((b for b in every if b.portfolio_id == portfolio_id), None)

    def _look(self, portfolio_id: str, business: Business, now: float) -> None:
        due = self.due.get(portfolio_id)
        if due is None:
            if self.earned(business, now):
                self.due[portfolio_id] = now + AFTER
        elif now >= due and self.good(business):
            del self.due[portfolio_id]
            self._deferred.discard(portfolio_id)
            set_limit(self.sb, business, STEPS[STEPS.index(business.tier) + 1])
        elif now >= due and portfolio_id not in self._deferred:
            self._deferred.add(portfolio_id)
            self._defer(business)

    def earned(self, business: Business, now: float) -> bool:
        """Whether enough people were reached for the next step."""
        if business.tier not in STEPS[:-1]:
            return False
        reached = self.sb.world.reached_by(business)
        if business.tier == STEPS[0]:
            return reached.people_since(now - FIRST_WITHIN) >= FIRST_STEP
        most = TIERS[business.tier]
        return most is not None and reached.people_since(now - WITHIN) >= most / 2

    def good(self, business: Business) -> bool:
        """High quality of every number that sends and of every template."""
        portfolio = self.sb.world.portfolio(business)
        numbers = [n for b in portfolio for n in b.numbers.values() if n.registered]
        templates = [t for b in portfolio for t in b.templates.values()]
        return all(n.quality_rating == "GREEN" for n in numbers) and all(
            t.quality not in ("YELLOW", "RED") for t in templates
        )

    def _defer(self, business: Business) -> None:
        value = {
            "entity_type": "BUSINESS",
            "entity_id": business.portfolio_id,
            "alert_info": {
                "alert_severity": "INFORMATIONAL",
                "alert_status": "ACTIVE",
                "alert_type": "INCREASED_CAPABILITIES_ELIGIBILITY_DEFERRED",
                "alert_description": "The messaging limit rises once the quality is high.",
            },
        }
        for each in self.sb.world.portfolio(business):
            tell(self.sb, each, "account_alerts", value)

    def clear(self) -> None:
        self.due.clear()
        self._deferred.clear()
        self._next = 0.0
