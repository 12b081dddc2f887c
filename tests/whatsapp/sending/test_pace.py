"""The pace in Redis: levels, who goes first, pairs, pauses, and Redis gone."""

from __future__ import annotations

import os
import random
from bisect import bisect_left
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dev.servers import free_port
from tests.factories.whatsapp import NOW, World
from tests.stack import eventually
from tests.whatsapp import payloads
from whatsapp.sending import pace as pace_module
from whatsapp.sending.pace import (
    APP,
    BULK_AHEAD,
    PACE,
    Ask,
    Grant,
    Late,
    Pace,
    PaceAway,
    Scope,
    connect,
    count_inbound,
    pair_of,
    rate_of,
)

LEVELS = {"STANDARD": 80, "HIGH": 1000, "COEXISTENCE": 20, "": 80, "SOMETHING_NEW": 80}


class Clock:
    """Microseconds, as Redis would tell them."""

    def __init__(self) -> None:
        self.us = 1_795_000_000_000_000

    def __call__(self) -> int:
        return self.us

    @property
    def seconds(self) -> float:
        return self.us / 1_000_000

    def forward(self, seconds: float) -> None:
        self.us += round(seconds * 1_000_000)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server() -> redis.Redis:
    return redis.Redis.from_url(os.environ["REDIS_URL"])


@pytest.fixture
def pace(server: redis.Redis, clock: Clock) -> Pace:
    return Pace(server, clock)


_people = iter(range(1, 10**9))


def bulk(*, sender: int = 1, person: int | None = None, **given: Any) -> Ask:
    """To somebody new unless said otherwise."""
    values: dict[str, Any] = {"level": "STANDARD", "waba_id": 1, "single": False, "run_id": 1}
    pair = pair_of(sender, next(_people) if person is None else person)
    return Ask(sender_id=sender, pair=pair, **values | given)


def single(**given: Any) -> Ask:
    return bulk(**{"single": True, "run_id": None} | given)


def take(pace: Pace, *asks: Ask) -> list[Grant]:
    return pace.take(asks, now=NOW)


def fill(pace: Pace, clock: Clock, *senders: int) -> None:
    """Brings buckets to know, and past the debt that a new one begins with."""
    pace.peek(dict.fromkeys(senders or (1,), "STANDARD"), now=NOW)
    clock.forward(5)


def busiest(moments: list[float], seconds: float) -> int:
    """The most that ever left within so long."""
    moments = sorted(moments)
    return max(
        place + 1 - bisect_left(moments, moment - seconds + 1e-6)
        for place, moment in enumerate(moments)
    )


def leaving(grants: list[Grant], clock: Clock) -> list[float]:
    return [clock.seconds + grant.wait for grant in grants if grant.ok]


# The level


@pytest.mark.parametrize(("level", "most"), LEVELS.items())
def test_a_sender_in_demand_goes_at_its_level_and_never_above_it(
    pace: Pace, clock: Clock, level: str, most: int
) -> None:
    rng, moments = random.Random(most), []
    begin = clock.seconds
    while clock.seconds < begin + 25:
        room = pace.peek({1: level}, now=NOW)[1]
        moments += leaving(take(pace, *(bulk(level=level) for _ in range(room.places + 2))), clock)
        clock.forward(rng.uniform(0.001, 0.25))
    assert busiest(moments, 1.0) <= most
    assert busiest(moments, 10.0) <= most * 10
    for start in (begin + 1, begin + 7.3, begin + 14.9):
        in_ten = sum(start <= moment < start + 10 for moment in moments)
        assert 0.95 * most * 10 <= in_ten


_turn = st.tuples(
    st.floats(0, 1.5),
    st.integers(0, 60),
    st.integers(0, 4),
    st.booleans(),
    st.sampled_from([100, 100, 40]),
)


@given(level=st.sampled_from(["STANDARD", "COEXISTENCE"]), turns=st.lists(_turn, max_size=40))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_in_no_second_more_than_the_level_leaves_whoever_asks_how_often(
    server: redis.Redis, level: str, turns: list[tuple[float, int, int, bool, int]]
) -> None:
    """Runs, single messages, a slow run, and Redis emptied in between."""
    server.flushdb()
    clock = Clock()
    pace, moments = Pace(server, clock), []
    for passed, of_runs, singles, emptied, speed in turns:
        clock.forward(passed)
        if emptied and clock.us % 7 == 0:
            server.flushdb()
        asks = [bulk(level=level, speed=speed) for _ in range(of_runs)]
        asks += [single(level=level) for _ in range(singles)]
        moments += leaving(take(pace, *asks), clock)
    if moments:
        assert busiest(moments, 1.0) <= LEVELS[level]


def test_a_redis_that_forgot_everything_grants_no_second_burst(
    pace: Pace, clock: Clock, server: redis.Redis
) -> None:
    moments = []
    for turn in range(300):
        if turn in (100, 101, 200):
            server.flushdb()
        moments += leaving(take(pace, *(bulk() for _ in range(40))), clock)
        clock.forward(0.01)
    assert busiest(moments, 1.0) <= 80


def test_what_leaves_late_counts_when_it_left(pace: Pace, clock: Clock) -> None:
    """Twice a second the worker stands still for a moment, and what was due then leaves at once."""
    fill(pace, clock)
    begin, stalls, late = clock.seconds, random.Random(5), []
    left: list[float] = []
    stalled_until = 0.0
    while clock.seconds < begin + 20:
        if stalls.random() < 0.02:
            stalled_until = clock.seconds + stalls.uniform(0.02, 0.12)
        grants = pace.take([bulk() for _ in range(4)], now=NOW, late=late)
        late = []
        for grant in grants:
            if grant.ok:
                moment = clock.seconds + grant.wait
                left.append(max(moment, stalled_until) if moment > stalled_until - 0.12 else moment)
                if left[-1] > moment:
                    late.append(Late(1, grant.moment, left[-1] - moment))
        clock.forward(0.01)
    assert busiest(left, 1.0) <= 80
    in_ten = sum(begin + 5 <= moment < begin + 15 for moment in left)
    assert in_ten >= 740


def test_lateness_of_what_is_forgotten_is_no_matter(pace: Pace, clock: Clock) -> None:
    (grant,) = pace.take([single()], now=NOW)
    clock.forward(60)
    late = [Late(1, grant.moment, 0.5), Late(7, "nobody", 0.5)]
    assert pace.take([single()], now=NOW, late=late)[0].ok


def test_a_clock_that_is_set_back_stops_nobody(pace: Pace, clock: Clock) -> None:
    fill(pace, clock)
    take(pace, bulk())
    clock.forward(-3600)
    assert take(pace, bulk())[0].ok
    clock.forward(1)
    assert pace.peek({1: "STANDARD"}, now=NOW)[1].places > 20


def test_senders_do_not_share_their_pace(pace: Pace, clock: Clock) -> None:
    fill(pace, clock, 1, 2)
    first = take(pace, *(bulk(sender=1) for _ in range(100)))
    second = take(pace, *(bulk(sender=2) for _ in range(100)))
    assert sum(g.ok for g in first) == sum(g.ok for g in second) > 20


def test_a_peek_tells_how_many_would_be_granted(pace: Pace, clock: Clock) -> None:
    new = pace.peek({1: "STANDARD", 2: "HIGH"}, now=NOW)
    assert new[1].places == 0 and new[1].wait > 0
    clock.forward(new[1].wait)
    assert pace.peek({1: "STANDARD"}, now=NOW)[1].places == 1
    clock.forward(1)
    places = pace.peek({1: "STANDARD"}, now=NOW)[1].places
    assert sum(g.ok for g in take(pace, *(bulk() for _ in range(100)))) == places
    pace.back_off(Scope.SENDER, 1, retry_after=5)
    held = pace.peek({1: "STANDARD"}, now=NOW)[1]
    assert (held.places, held.wait >= 5) == (0, True)
    assert pace.peek({}, now=NOW) == {} and take(pace) == []


def test_who_is_denied_and_comes_when_told_is_granted(pace: Pace, clock: Clock) -> None:
    fill(pace, clock)
    denied = take(pace, *(bulk() for _ in range(100)))[-1]
    assert (denied.ok, denied.why) == (False, "sender")
    clock.forward(denied.wait)
    assert take(pace, bulk())[0].ok


# Single messages first


def test_a_single_message_goes_before_those_of_runs_in_one_slice(pace: Pace, clock: Clock) -> None:
    fill(pace, clock)
    grants = take(pace, *(bulk() for _ in range(60)), single())
    assert grants[-1] == Grant(True, 0.0)
    assert not grants[-2].ok


@pytest.mark.parametrize("level", ["STANDARD", "COEXISTENCE"])
def test_a_single_message_leaves_soon_while_runs_take_all_they_can(
    pace: Pace, clock: Clock, level: str
) -> None:
    rng = random.Random(3)
    for turn in range(1000):
        take(pace, *(bulk(level=level) for _ in range(30)))
        if turn > 100 and rng.random() < 0.02:
            (grant,) = take(pace, single(level=level))
            assert grant.ok and grant.wait < BULK_AHEAD + 0.1
        clock.forward(0.005)


# A slower run


def test_a_run_that_is_slowed_down_leaves_the_rest_to_others(pace: Pace, clock: Clock) -> None:
    fill(pace, clock)
    slow, fast = 0, 0
    for _ in range(500):
        asks = [bulk(run_id=7, speed=25) for _ in range(20)] + [bulk(run_id=8) for _ in range(20)]
        grants = take(pace, *asks)
        slow += sum(g.ok for g in grants[:20])
        fast += sum(g.ok for g in grants[20:])
        clock.forward(0.02)
    whole = 10 * rate_of("STANDARD", NOW).a_second
    assert 0.2 * whole < slow < 0.3 * whole
    assert slow + fast > 0.95 * whole


# Pairs


def test_one_person_gets_a_burst_and_then_one_message_in_six_seconds(
    pace: Pace, clock: Clock
) -> None:
    granted = 0
    fill(pace, clock)
    while (grant := take(pace, single(person=5))[0]).ok:
        granted += 1
        clock.forward(0.02)
    assert grant.why == "pair"
    assert granted == 45
    assert 4 < grant.wait <= 6
    assert take(pace, single(person=6))[0].ok
    clock.forward(grant.wait)
    assert take(pace, single(person=5))[0].ok
    assert not take(pace, single(person=5))[0].ok


def test_a_denied_message_uses_up_nothing_of_its_pair(pace: Pace, clock: Clock) -> None:
    take(pace, bulk(person=5))
    for _ in range(100):
        assert take(pace, bulk(person=5, level="COEXISTENCE"))[0].why == "sender"
    clock.forward(5)
    assert sum(take(pace, single(person=5))[0].ok for _ in range(10)) > 1


# Pauses


def test_refusals_for_pace_hold_the_sender_longer_each_time_and_nobody_else(
    pace: Pace, clock: Clock
) -> None:
    fill(pace, clock, 1, 2)
    expected = [1, 2, 4, 8, 16, 32, 60, 60]
    for pause in expected:
        held = pace.back_off(Scope.SENDER, 1)
        assert pause <= held <= pause * 1.25 + 0.001
        mine, other = take(pace, bulk(sender=1), bulk(sender=2))
        assert (mine.ok, mine.why) == (False, "held:sender")
        assert mine.wait == pytest.approx(held, abs=0.001)
        assert other.ok
        clock.forward(held)
    assert take(pace, bulk(sender=1))[0].ok


def test_refusals_of_what_was_on_its_way_do_not_lengthen_a_pause(pace: Pace, clock: Clock) -> None:
    first = pace.back_off(Scope.SENDER, 1)
    clock.forward(0.5)
    assert pace.back_off(Scope.SENDER, 1) == pytest.approx(first - 0.5, abs=0.001)
    clock.forward(first)
    assert pace.back_off(Scope.SENDER, 1) < 2.6


def test_after_a_quiet_time_the_first_pause_is_short_again(pace: Pace, clock: Clock) -> None:
    for _ in range(5):
        clock.forward(pace.back_off(Scope.SENDER, 1))
    clock.forward(59)
    clock.forward(pace.back_off(Scope.SENDER, 1))
    clock.forward(61)
    assert pace.back_off(Scope.SENDER, 1) < 1.3


@pytest.mark.parametrize(
    ("scope", "key", "stopped", "free"),
    [
        (Scope.APP, APP, bulk(waba_id=1), None),
        (Scope.WABA, 1, bulk(waba_id=1), bulk(sender=2, waba_id=2)),
        (Scope.SENDER, 1, bulk(), bulk(sender=2)),
        (Scope.PAIR, pair_of(1, 5), single(person=5), single(person=6)),
    ],
)
def test_a_pause_that_meta_names_holds_just_what_it_is_for(
    pace: Pace, clock: Clock, scope: Scope, key: str | int, stopped: Ask, free: Ask | None
) -> None:
    fill(pace, clock, 1, 2)
    held = pace.back_off(scope, key, retry_after=600)
    assert 600 <= held <= 750.001
    assert take(pace, stopped)[0].why == f"held:{scope}"
    assert free is None or take(pace, free)[0].ok
    clock.forward(held)
    assert take(pace, stopped)[0].ok


def test_a_longer_pause_that_meta_names_meanwhile_counts(pace: Pace, clock: Clock) -> None:
    pace.back_off(Scope.WABA, 1, retry_after=60)
    assert pace.back_off(Scope.WABA, 1, retry_after=900) >= 900
    assert pace.back_off(Scope.WABA, 1, retry_after=5) >= 900


def test_a_pair_waits_four_to_the_power_of_its_refusals(pace: Pace, clock: Clock) -> None:
    for pause in (1, 4, 16, 64):
        held = pace.back_off(Scope.PAIR, pair_of(1, 5))
        assert pause <= held <= pause * 1.25 + 0.001
        clock.forward(held)


# What comes in


def test_what_came_in_is_taken_off_what_may_leave(pace: Pace, clock: Clock) -> None:
    fill(pace, clock)
    out = 0
    for _ in range(100):
        pace.debit({1: 3, 999: 4})
        out += len(leaving(take(pace, *(bulk() for _ in range(30))), clock))
        clock.forward(0.1)
    # 30 a second come in: about 50 are left.
    assert 440 <= out <= 500


def test_a_flood_that_came_in_costs_a_second_and_not_more(pace: Pace, clock: Clock) -> None:
    fill(pace, clock)
    for _ in range(50):
        pace.debit({1: 1000})
    clock.forward(1.1)
    assert take(pace, bulk())[0].ok


@pytest.mark.django_db
def test_a_webhook_with_a_message_is_counted(
    world: World,
    client: Client,
    apply_all: Callable[..., bool],
    django_capture_on_commit_callbacks: Any,
) -> None:
    at = int(NOW.timestamp())
    messages = [payloads.message(f"wamid.{n}", at=at) for n in range(30)]
    payloads.post(client, payloads.delivery(world.sender, messages=messages))
    sender = {world.sender.pk: "STANDARD"}
    before = PACE.peek(sender, now=NOW)[world.sender.pk].wait
    with django_capture_on_commit_callbacks(execute=True):
        apply_all()
    eventually(lambda: PACE.peek(sender, now=NOW)[world.sender.pk].wait > before)


@pytest.mark.django_db
def test_what_was_written_a_while_ago_is_not_counted(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        count_inbound(1, at=NOW - timedelta(minutes=1), now=NOW)
    assert not callbacks
    with django_capture_on_commit_callbacks() as callbacks:
        count_inbound(1, at=NOW - timedelta(seconds=1), now=NOW)
    assert len(callbacks) == 1


# Redis away


@pytest.fixture
def nobody() -> Pace:
    return Pace(connect(f"redis://127.0.0.1:{free_port()}/0"))


def test_with_redis_away_nothing_is_granted(nobody: Pace) -> None:
    for call in (
        lambda: take(nobody, single()),
        lambda: nobody.peek({1: "STANDARD"}, now=NOW),
        lambda: nobody.back_off(Scope.SENDER, 1),
        lambda: nobody.debit({1: 1}),
    ):
        with pytest.raises(PaceAway):
            call()


def test_a_redis_that_answers_with_an_error_is_as_good_as_away(
    pace: Pace, clock: Clock, server: redis.Redis
) -> None:
    server.set("whatsapp:pace:sender:1", "not a bucket")
    with pytest.raises(PaceAway):
        take(pace, bulk())


def test_counting_what_came_in_does_not_mind_redis_being_away(
    monkeypatch: pytest.MonkeyPatch, nobody: Pace
) -> None:
    monkeypatch.setattr(pace_module, "PACE", nobody)
    inbound = pace_module.Inbound()
    inbound.add(1, 5)
    inbound.tell()


def test_keys_name_ids_only_and_do_not_stay_for_ever(
    pace: Pace, clock: Clock, server: redis.Redis
) -> None:
    fill(pace, clock)
    take(pace, single(person=5), bulk(run_id=9, speed=50))
    pace.back_off(Scope.WABA, 3)
    keys = [key.decode() for key in server.keys("whatsapp:pace:*")]  # type: ignore[union-attr]
    assert {"whatsapp:pace:sender:1", "whatsapp:pace:pair:1:5", "whatsapp:pace:run:9"} <= set(keys)
    assert all(0 < server.pttl(key) <= 86_400_000 for key in keys)  # type: ignore[operator]


def test_without_a_clock_of_ours_it_is_redis_own(server: redis.Redis) -> None:
    pace = Pace(server)
    room = pace.peek({1: "STANDARD"}, now=NOW)[1]
    assert (room.places, 0 < room.wait < 1) == (0, True)
    eventually(lambda: take(pace, bulk())[0].ok)
