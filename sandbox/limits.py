"""Throughput of a number, the pair rate, and the portfolio's messaging limit."""

from collections import deque

from sandbox.errors import GraphError
from sandbox.records import Business, Number
from sandbox.world import World

# "Messaging limits", 8 May 2026; older names are still seen in answers.
TIERS: dict[str, int | None] = {
    "TIER_50": 50,
    "TIER_250": 250,
    "TIER_1K": 1000,
    "TIER_2K": 2000,
    "TIER_10K": 10_000,
    "TIER_100K": 100_000,
    "TIER_UNLIMITED": None,
}
# "Throughput", 11 September 2026: one message per 6 s to the same person, 45 may be borrowed.
PAIR_EVERY = 6.0
PAIR_BURST = 45
HIGH = 1000  # a second, once Meta has raised the number's throughput


class Limits:
    def __init__(self, world: World) -> None:
        self.world = world
        self._moments: dict[str, deque[float]] = {}
        self._pairs: dict[tuple[str, str], float] = {}

    def count(self, phone_id: str, now: float) -> None:
        """Throughput counts what comes in as well."""
        self._last_second(phone_id, now).append(now)

    def _last_second(self, phone_id: str, now: float) -> deque[float]:
        moments = self._moments.setdefault(phone_id, deque())
        while moments and moments[0] <= now - 1.0:
            moments.popleft()
        return moments

    def take(self, sender: Number, number: str, now: float) -> None:
        """Uses up one message of the number's throughput and of the pair's; raises when over."""
        settings = self.world.settings
        if not settings.enforce:
            return
        moments = self._last_second(sender.id, now)
        most = settings.mps if sender.throughput == "STANDARD" else max(settings.mps, HIGH)
        if len(moments) >= most:
            raise GraphError(
                130429,
                "Message failed to send because there were too many messages sent from this "
                "phone number in a short period of time",
            )
        pair = (sender.id, number)
        owed_until = max(self._pairs.get(pair, 0.0), now)
        if owed_until - now > (PAIR_BURST - 1) * PAIR_EVERY:
            raise GraphError(
                131056,
                "Message failed to send because there were too many messages sent from this "
                "phone number to the same phone number in a short period of time.",
            )
        self._pairs[pair] = owed_until + PAIR_EVERY
        moments.append(now)

    def portfolio_full(self, business: Business, number: str, now: float) -> bool:
        """Whether one more unique user outside the window would be one too many."""
        most = TIERS.get(business.tier)
        if most is None or not self.world.settings.enforce:
            return False
        return self.world.reached_by(business).full(number, most, now)

    def clear(self) -> None:
        self._moments.clear()
        self._pairs.clear()
