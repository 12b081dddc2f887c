"""How a bulk run protects the number it is sent from: a first small batch, and rates that slow it
down, pause it or stop it.

Meta tells nobody who blocked or reported a message; it lowers the quality of the number and of the
template, and restricts them in the end. Failures, opt-outs and stopped marketing are seen before.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from whatsapp.policy.reasons import Reason, ReasonCode

YELLOW, RED = "YELLOW", "RED"
# From good to bad; what Meta may add, and UNKNOWN, tells nothing.
QUALITY_ORDER = ("GREEN", YELLOW, RED)


@dataclass(frozen=True)
class Thresholds:
    """Ours, and a setting each: rates are percent, `None` for never."""

    first_batch_most: int = 50
    first_batch_share: float = 5.0  # of the run
    first_batch_least: int = 10
    first_batch_fate: float = 80.0  # of it must have arrived or failed before it is judged
    first_batch_minutes: float = 10.0  # or so long have passed since it left
    first_batch_held_minutes: float = 60.0  # longer where Meta holds some to judge for itself

    minimum_sample: int = 20  # no rate is judged on less, nor on less than the first batch
    fewest_to_slow: int = 2  # nor by fewer cases than these
    fewest_to_pause: int = 3

    failures_slow: float | None = 10.0
    failures_pause: float | None = 25.0
    failures_stop: float | None = None
    opt_outs_slow: float | None = 2.0
    opt_outs_pause: float | None = 5.0
    opt_outs_stop: float | None = None
    blocks_slow: float | None = 2.0
    blocks_pause: float | None = 5.0
    blocks_stop: float | None = None
    unconfirmed_slow: float | None = 20.0
    unconfirmed_pause: float | None = None

    slow_speed: int = 50  # percent of the sender's speed


def thresholds_of(changes: Mapping[str, Any]) -> Thresholds:
    """The defaults with some changed. Raises ValueError for a name or a value that cannot be."""
    names = {one.name for one in fields(Thresholds)}
    for name, value in changes.items():
        if name not in names:
            raise ValueError(f"no such threshold: {name}; there are {', '.join(sorted(names))}")
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if value is None and name.endswith(("_slow", "_pause", "_stop")):
            continue
        if not is_number or value < 0:
            raise ValueError(f"threshold {name} is a number from 0 on, not {value!r}")
    limits = Thresholds(**changes)
    if not 1 <= limits.slow_speed <= 100:
        raise ValueError(f"threshold slow_speed is a percentage from 1 on: {limits.slow_speed}")
    if limits.first_batch_most < 1 or limits.first_batch_least < 1:
        raise ValueError("the first batch has at least one message")
    return limits


@dataclass(frozen=True)
class Failures:
    """Failed messages by cause: what Meta said of the person, of marketing, and all else."""

    not_on_whatsapp: int = 0  # 131026
    marketing_limit: int = 0  # 131049
    marketing_stopped: int = 0  # 131050: stopped before, and we did not know
    other: int = 0

    @property
    def total(self) -> int:
        return self.not_on_whatsapp + self.marketing_limit + self.marketing_stopped + self.other


@dataclass(frozen=True)
class RunHealth:
    """How a run does: its messages by the status that they have now, each in one place.

    Only what was handed over since a person last let the run go counts, and `quality_agreed` is the
    sender's quality that they saw then: what they decided to go on with is not held against it.
    """

    sending: int = 0
    unconfirmed: int = 0
    accepted: int = 0
    held: int = 0
    sent: int = 0
    delivered: int = 0
    read: int = 0
    failed: Failures = field(default_factory=Failures)
    opt_outs: int = 0  # people of the run who asked us to stop after its message
    marketing_stops: int = 0  # who used WhatsApp's own switch after its message
    sender_quality: str = ""  # Meta's colours
    quality_agreed: str = ""
    template_quality: str = ""
    template_quality_agreed: str = ""

    @property
    def handed_over(self) -> int:
        open_ones = self.sending + self.unconfirmed + self.accepted + self.held
        return open_ones + self.sent + self.arrived + self.failed.total

    @property
    def arrived(self) -> int:
        return self.delivered + self.read

    @property
    def told(self) -> int:
        """Those of which Meta told that they left, or failed."""
        return self.sent + self.arrived + self.failed.total


@dataclass(frozen=True)
class GoOn:
    """Nothing speaks against it."""


@dataclass(frozen=True)
class Slow:
    """At `percent` of the sender's speed."""

    percent: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Pause:
    """Until a person has looked."""

    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Stop:
    """For good."""

    reasons: tuple[Reason, ...]


Judgement = GoOn | Slow | Pause | Stop
SLOW, PAUSE, STOP = "slow", "pause", "stop"


def first_batch_size(total: int, limits: Thresholds) -> int:
    """How many of a run's messages go before it is judged for the first time."""
    share = ceil(total * limits.first_batch_share / 100)
    return min(total, max(limits.first_batch_least, min(limits.first_batch_most, share)))


def first_batch_until(
    health: RunHealth, *, size: int, since: datetime, now: datetime, limits: Thresholds
) -> datetime | None:
    """Until when the rest waits for the fate of the first `size` messages, the last of which left
    at `since`; None once they can be judged: most have arrived or failed, or it has been long
    enough. Also None while the batch itself is still leaving."""
    if health.handed_over < size:
        return None
    known = health.arrived + health.failed.total
    if known * 100 >= size * limits.first_batch_fate:
        return None
    minutes = limits.first_batch_held_minutes if health.held else limits.first_batch_minutes
    until = since + timedelta(minutes=minutes)
    return until if now < until else None


def judge(health: RunHealth, limits: Thresholds, *, first_batch: int | None = None) -> Judgement:
    """The worst of what the rates and the colours ask for, with the reasons for just that.

    `first_batch` is its size: where that is less than the sample, it is sample enough.
    """
    found: dict[str, list[Reason]] = {SLOW: [], PAUSE: [], STOP: []}
    sample = min(limits.minimum_sample, first_batch or limits.minimum_sample)
    for effect, reason in _found(health, limits, sample):
        found[effect].append(reason)
    if found[STOP]:
        return Stop(tuple(found[STOP]))
    if found[PAUSE]:
        return Pause(tuple(found[PAUSE]))
    if found[SLOW]:
        return Slow(limits.slow_speed, tuple(found[SLOW]))
    return GoOn()


@dataclass(frozen=True)
class _Rate:
    """`cases` of `total`, and at what percent it slows, pauses and stops."""

    code: ReasonCode
    cases: int
    total: int
    slow: float | None
    pause: float | None
    stop: float | None = None


def _found(health: RunHealth, limits: Thresholds, sample: int) -> Iterator[tuple[str, Reason]]:
    for rate in _rates(health, limits):
        effect = _effect(rate, limits, sample)
        if effect:
            percent = round(100 * rate.cases / rate.total)
            params = {"cases": rate.cases, "total": rate.total, "percent": percent}
            yield effect, Reason(rate.code, {**params, "effect": effect})
    colours = (
        (ReasonCode.RUN_SENDER_QUALITY, health.sender_quality, health.quality_agreed),
        (
            ReasonCode.RUN_TEMPLATE_QUALITY,
            health.template_quality,
            health.template_quality_agreed,
        ),
    )
    for code, colour, agreed in colours:
        if colour == RED and _is_worse(colour, agreed):
            yield PAUSE, Reason(code, {"quality": "red", "effect": PAUSE})
        elif colour in (YELLOW, RED):
            yield SLOW, Reason(code, {"quality": colour.lower(), "effect": SLOW})


def _rates(health: RunHealth, limits: Thresholds) -> Iterator[_Rate]:
    blocks = health.failed.marketing_stopped + health.marketing_stops
    yield _Rate(
        _failure_code(health.failed),
        health.failed.total,
        health.told,
        limits.failures_slow,
        limits.failures_pause,
        limits.failures_stop,
    )
    yield _Rate(
        ReasonCode.RUN_OPT_OUTS,
        health.opt_outs,
        health.arrived,
        limits.opt_outs_slow,
        limits.opt_outs_pause,
        limits.opt_outs_stop,
    )
    yield _Rate(
        ReasonCode.RUN_BLOCKS,
        blocks,
        health.arrived + health.failed.marketing_stopped,
        limits.blocks_slow,
        limits.blocks_pause,
        limits.blocks_stop,
    )
    yield _Rate(
        ReasonCode.RUN_UNCONFIRMED,
        health.unconfirmed,
        health.handed_over,
        limits.unconfirmed_slow,
        limits.unconfirmed_pause,
    )


def _failure_code(failed: Failures) -> ReasonCode:
    """The words for what most of the failures are."""
    if failed.not_on_whatsapp * 2 > failed.total:
        return ReasonCode.RUN_MANY_NOT_ON_WHATSAPP
    if failed.marketing_limit * 2 > failed.total:
        return ReasonCode.RUN_MANY_MARKETING_LIMITED
    return ReasonCode.RUN_FAILURES


def _effect(rate: _Rate, limits: Thresholds, sample: int) -> str:
    # Of people who answer or stop at once, there may be more than of those known to be reached.
    if rate.total < sample or rate.total == 0:
        return ""
    percent = 100 * rate.cases / rate.total
    if rate.cases >= limits.fewest_to_pause:
        if rate.stop is not None and percent >= rate.stop:
            return STOP
        if rate.pause is not None and percent >= rate.pause:
            return PAUSE
    lowest = min((x for x in (rate.slow, rate.pause, rate.stop) if x is not None), default=None)
    if rate.cases >= limits.fewest_to_slow and lowest is not None and percent >= lowest:
        return SLOW
    return ""


def _is_worse(colour: str, agreed: str) -> bool:
    if agreed not in QUALITY_ORDER:
        return True
    return QUALITY_ORDER.index(colour) > QUALITY_ORDER.index(agreed)
