"""The pace: how fast messages may leave, kept in Redis for all workers together.

Each sender has a token bucket at the level that Meta gives it, messages in and out together; each
pair of sender and person has Meta's pair limit; and what Meta refused for its pace is held for a
while without holding anybody else. One call decides a whole slice of messages, in one round trip
and atomically (pace.lua), by Redis's own clock.

A grant may lie ahead: `ok` with `wait` above 0 is a moment of its own, by which the message is to
leave, and not before. So a worker can take a batch, commit it, and still be even.

Meta's seconds begin anywhere, so the bucket gives 96.5 % of the level and holds no more than fits
into a second beside that. A bucket that Redis does not know, as after Redis was lost, begins with
the debt of what may have been granted ahead. With Redis away every call raises `PaceAway`: then
nothing may be sent.

A bucket is even only as long as everybody leaves on time, and Meta counts what arrives. So each
moment that was granted is kept for a second too, and whoever left later tells by how much with the
next question: in no second more leave than the level, whatever holds up a worker or the network.
"""

from __future__ import annotations

import json
import logging
import math
import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.db import transaction
from redis.backoff import NoBackoff
from redis.retry import Retry

from whatsapp import figures
from whatsapp.gathering import Gathering

logger = logging.getLogger(__name__)

SCRIPT = (Path(__file__).parent / "pace.lua").read_text(encoding="utf-8")

# Of the level that Meta gives, and what a bucket may hold of it.
SHARE = 0.965
CAPACITY = 0.03
# Of the level, what may leave within any second by the moments as they were told.
IN_A_SECOND = 0.985
# Seconds ahead for which messages of runs, and single ones, get their moment. A single message goes
# after what is granted to runs already, so it waits a third of a second and is never turned away.
BULK_AHEAD = 0.3
SINGLE_AHEAD = 0.8

# A run that is slowed down keeps what it did not use for so many seconds.
RUN_SECONDS = 0.5

# Seconds in which what came in is counted together; older news is not of this second any more.
GATHERED = 0.05
FRESH_SECONDS = 5


class PaceAway(Exception):
    """Redis does not answer, or not as it should: nothing may be sent until it does."""


class Scope(StrEnum):
    """What Meta refused for its pace. `key` is the sender's or WABA's id, `pair_of`, or `APP`."""

    SENDER = "sender"
    WABA = "waba"
    APP = "app"
    PAIR = "pair"


APP = "app"


@dataclass(frozen=True, slots=True)
class _BackOff:
    """Seconds: the first pause, how it grows, the longest, and how long must nothing be refused
    for the next one to be a first one again."""

    base: float
    factor: float
    most: float
    quiet: float = 60


# 131056 is answered with "4^X seconds" (Meta, error codes); 80007 and 4 say how long in a header.
_BACK_OFFS = {
    Scope.SENDER: _BackOff(base=1, factor=2, most=60),
    Scope.PAIR: _BackOff(base=1, factor=4, most=3600),
    Scope.WABA: _BackOff(base=60, factor=2, most=3600, quiet=600),
    Scope.APP: _BackOff(base=60, factor=2, most=3600, quiet=600),
}
JITTER = 0.25


@dataclass(frozen=True, slots=True)
class Ask:
    """One message that wants to leave. `level` is the sender's `throughput_level`; `speed` is the
    percentage that its run goes at."""

    sender_id: int
    level: str
    waba_id: int
    pair: str
    single: bool
    run_id: int | None = None
    speed: int = 100


@dataclass(frozen=True, slots=True)
class Grant:
    """Where `ok`, the message leaves in `wait` seconds. Where not, it may ask again then; `why` is
    "sender", "run", "pair", or "held:" and the scope."""

    ok: bool
    wait: float
    why: str = ""
    # What its moment is called, to say later when it left.
    moment: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Late:
    """A message that was granted a moment arrived so many seconds after it, at the most."""

    sender_id: int
    moment: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Room:
    """How many messages of runs would be granted now; where none, in how many seconds one is."""

    places: int
    wait: float


@dataclass(frozen=True, slots=True)
class Rate:
    """Tokens a second, the most that the bucket holds, and what a run leaves in it."""

    a_second: float
    capacity: float
    left: float
    in_a_second: int


def pair_of(sender_id: int, contact_id: int) -> str:
    return f"{sender_id}:{contact_id}"


def rate_of(level: str, now: datetime) -> Rate:
    """A level that is not known is the standard one."""
    levels = figures.at(now).messaging.throughput_per_second
    most = levels.get(level.upper(), levels["STANDARD"])
    a_second = SHARE * most
    # In no second more than `most`: what the bucket held and what came into it stay below one more.
    capacity = min(max(CAPACITY * most, 2.0), most + 0.9 - a_second)
    return Rate(
        a_second,
        capacity,
        left=min(1.0, 0.9 * (capacity - 1)),
        in_a_second=math.ceil(IN_A_SECOND * most),
    )


class Pace:
    """`clock` answers microseconds and is for tests; without it Redis asks its own."""

    def __init__(self, client: redis.Redis, clock: Callable[[], int] | None = None) -> None:
        self._script = client.register_script(SCRIPT)
        self._clock = clock

    def take(self, asks: Sequence[Ask], *, now: datetime, late: Sequence[Late] = ()) -> list[Grant]:
        """Decides all of them, single messages first; the answers are in the order of the asks.
        `late` tells of what was granted before. `now` chooses the figures only. Raises
        `PaceAway`."""
        if not asks:
            return []
        order = sorted(range(len(asks)), key=lambda place: not asks[place].single)
        messaging = figures.at(now).messaging
        interval = round(messaging.pair_interval.total_seconds() * 1_000_000)
        answer = self._call(
            "take",
            asks=[_taking(asks[place], now) for place in order],
            interval_us=interval,
            borrowed_us=interval * (messaging.pair_burst - 1),
            late=[[one.sender_id, one.moment, one.seconds] for one in late],
        )
        grants: dict[int, Grant] = {}
        for place, index in enumerate(order):
            ok, wait, why, moment = answer[4 * place : 4 * place + 4]
            grants[index] = Grant(bool(ok), wait / 1_000_000, why.decode(), moment.decode())
        return [grants[index] for index in range(len(asks))]

    def peek(self, senders: Mapping[int, str], *, now: datetime) -> dict[int, Room]:
        """About how many messages of runs could be granted, by sender, given each one's level.
        Takes nothing. Raises `PaceAway`."""
        if not senders:
            return {}
        asks = [
            _bucket(sender_id, rate_of(level, now), single=False)
            | {"holds": [_hold(Scope.APP, APP), _hold(Scope.SENDER, sender_id)]}
            for sender_id, level in senders.items()
        ]
        answer = self._call("peek", asks=asks)
        return {
            sender_id: Room(answer[2 * place], answer[2 * place + 1] / 1_000_000)
            for place, sender_id in enumerate(senders)
        }

    def back_off(self, scope: Scope, key: str | int, retry_after: float | None = None) -> float:
        """Meta refused something of this scope for its pace: it is held, longer each time that
        happens again soon, or for what Meta said. For how many seconds. Raises `PaceAway`."""
        how = _BACK_OFFS[scope]
        answer = self._call(
            "back_off",
            name=_hold(scope, key),
            told=retry_after or 0,
            base=how.base,
            factor=how.factor,
            most=how.most,
            quiet=how.quiet,
            jitter=random.uniform(0, JITTER),
        )
        return int(answer) / 1_000_000

    def debit(self, messages: Mapping[int, int]) -> None:
        """What came in for each sender counts as well. Raises `PaceAway`."""
        if messages:
            self._call("debit", senders={str(key): n for key, n in messages.items()})

    def _call(self, command: str, **given: Any) -> Any:
        clock = str(self._clock()) if self._clock else ""
        try:
            return self._script(args=[command, clock, json.dumps(given)])
        except redis.RedisError as error:
            raise PaceAway(type(error).__name__) from error


def _taking(ask: Ask, now: datetime) -> dict[str, Any]:
    rate = rate_of(ask.level, now)
    taking = _bucket(ask.sender_id, rate, single=ask.single) | {
        "holds": [
            _hold(Scope.APP, APP),
            _hold(Scope.WABA, ask.waba_id),
            _hold(Scope.SENDER, ask.sender_id),
            _hold(Scope.PAIR, ask.pair),
        ],
        "pair": ask.pair,
    }
    if ask.run_id is not None and ask.speed < 100:
        a_second = rate.a_second * ask.speed / 100
        taking |= {
            "run": ask.run_id,
            "run_rate": a_second,
            "run_capacity": max(1.0, a_second * RUN_SECONDS),
        }
    return taking


def _bucket(sender_id: int, rate: Rate, *, single: bool) -> dict[str, Any]:
    return {
        "sender": sender_id,
        "rate": rate.a_second,
        "capacity": rate.capacity,
        "left": 0 if single else rate.left,
        "ahead": SINGLE_AHEAD if single else BULK_AHEAD,
        "debt": BULK_AHEAD * rate.a_second,
        "in_a_second": rate.in_a_second,
    }


def _hold(scope: Scope, key: str | int) -> str:
    return f"{scope}:{key}"


def connect(url: str) -> redis.Redis:
    """A client that tries nothing twice: a call whose answer was lost may have taken its tokens."""
    return redis.Redis.from_url(
        url,
        socket_timeout=2,
        socket_connect_timeout=2,
        retry=Retry(NoBackoff(), 0),
    )


PACE = Pace(connect(settings.REDIS_URL))


class Inbound:
    """What came in since the last count, by sender."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._messages: Counter[int] = Counter()
        self._soon = Gathering[str](GATHERED, lambda _: self.tell())

    def add(self, sender_id: int, messages: int) -> None:
        with self._lock:
            self._messages[sender_id] += messages
        self._soon.soon("inbound")

    def tell(self) -> None:
        with self._lock:
            messages, self._messages = self._messages, Counter()
        try:
            PACE.debit(messages)
        except PaceAway:
            # They are of a second that is over by the time Redis is back.
            logger.debug("inbound_not_counted senders=%s", len(messages))


_inbound = Inbound()


def count_inbound(sender_id: int, messages: int = 1, *, at: datetime, now: datetime) -> None:
    """Counts messages that came in, once the transaction commits. What was written `at` longer ago
    is of a second that is over. Costs nothing that waits: Redis is told by a thread."""
    if (now - at).total_seconds() <= FRESH_SECONDS:
        transaction.on_commit(lambda: _inbound.add(sender_id, messages), robust=True)
