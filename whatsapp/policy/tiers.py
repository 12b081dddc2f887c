"""How many people a messaging limit lets a portfolio write to, in whatever way Meta names it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from whatsapp import figures

# "TIER_250", and names that Meta no longer lists but still answers with: "TIER_50", "TIER_1K". The
# field is documented as a word, its sample is the number itself (Meta, business_capability_update).
_NUMBERED = re.compile(r"(?:TIER_)?([1-9]\d{0,6})(K|M)?")
_TIMES = {None: 1, "K": 1_000, "M": 1_000_000}
_UNLIMITED = frozenset({"UNLIMITED", "TIER_UNLIMITED", "-1"})
# Holds more than a PositiveIntegerField does: as good as none.
_MOST = 1_000_000_000


def is_known(tier: object) -> bool:
    """Whether it says a limit at all; "TIER_NOT_SET" and an empty word do not."""
    word = _word(tier)
    return word in _UNLIMITED or _NUMBERED.fullmatch(word) is not None


def most_of(tier: object, now: datetime) -> int | None:
    """Unique people in a moving 24 hours; None means unlimited. What is not understood is taken for
    the smallest tier, so that a new word of Meta's never lets too many through."""
    word = _word(tier)
    if word in _UNLIMITED:
        return None
    tiers = figures.at(now).messaging.tiers
    if word in tiers:
        return tiers[word]
    found = _NUMBERED.fullmatch(word)
    if found is None:
        return smallest(now)
    return min(int(found[1]) * _TIMES[found[2]], _MOST)


def smallest(now: datetime) -> int:
    """The limit of a portfolio that nothing is known about."""
    return min(most for most in figures.at(now).messaging.tiers.values() if most is not None)


@dataclass(frozen=True)
class Step:
    """What the next tier asks for: `needed` different people within `period`. Out of the smallest
    tier it is one way of several (`by_verification`)."""

    to: int | None  # people in 24 hours; None means unlimited
    needed: int
    period: timedelta
    by_verification: bool


def next_step(most: int | None, now: datetime) -> Step | None:
    """The way up from a limit of `most` people; None where there is none above it."""
    if most is None:
        return None
    figure = figures.at(now).messaging
    known = list(figure.tiers.values())
    to = next((tier for tier in known if tier is None or tier > most), None)
    if most <= smallest(now):
        needed, period = figure.first_step_up_messages, figure.first_step_up_period
        return Step(to, needed, period, by_verification=True)
    needed = math.ceil(most * figure.tier_step_up_share)
    return Step(to, needed, figure.tier_step_up_period, by_verification=False)


def kept_for_singles(most: int, percent: int) -> int:
    """The places that bulk sends leave to single messages, rounded up."""
    return math.ceil(most * percent / 100)


def _word(tier: object) -> str:
    if isinstance(tier, bool) or not isinstance(tier, str | int):
        return ""
    return str(tier).strip().upper()
