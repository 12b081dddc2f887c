"""When a run slows itself down, pauses or stops, and how much goes before it is judged at all."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whatsapp.policy.protection import (
    Failures,
    GoOn,
    Judgement,
    Pause,
    RunHealth,
    Slow,
    Stop,
    Thresholds,
    first_batch_size,
    first_batch_until,
    judge,
    thresholds_of,
)
from whatsapp.policy.sentences import say

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LIMITS = Thresholds()
FINE = RunHealth(delivered=60, read=40, sender_quality="GREEN", template_quality="GREEN")


def codes(judgement: Judgement) -> list[str]:
    return [] if isinstance(judgement, GoOn) else [r.code.value for r in judgement.reasons]


def failing(failures: int, total: int = 100) -> RunHealth:
    return RunHealth(delivered=total - failures, failed=Failures(other=failures))


@pytest.mark.parametrize(
    ("total", "size"),
    [(0, 0), (5, 5), (10, 10), (100, 10), (200, 10), (300, 15), (1000, 50), (100_000, 50)],
)
def test_the_first_batch_is_50_or_a_twentieth_but_at_least_10(total: int, size: int) -> None:
    assert first_batch_size(total, LIMITS) == size


def test_a_healthy_run_goes_on() -> None:
    assert judge(FINE, LIMITS) == GoOn()
    assert judge(RunHealth(), LIMITS) == GoOn()


@pytest.mark.parametrize(
    ("changes", "kind", "code"),
    [
        ({"delivered": 91, "read": 0, "failed": Failures(other=9)}, GoOn, None),
        ({"delivered": 90, "read": 0, "failed": Failures(other=10)}, Slow, "run_failures"),
        ({"delivered": 75, "read": 0, "failed": Failures(other=25)}, Pause, "run_failures"),
        ({"opt_outs": 1}, GoOn, None),
        ({"opt_outs": 2}, Slow, "run_opt_outs"),
        ({"opt_outs": 5}, Pause, "run_opt_outs"),
        ({"marketing_stops": 2}, Slow, "run_blocks"),
        ({"marketing_stops": 3, "failed": Failures(marketing_stopped=3)}, Pause, "run_blocks"),
        ({"unconfirmed": 24}, GoOn, None),
        ({"unconfirmed": 25}, Slow, "run_unconfirmed"),
        ({"unconfirmed": 900}, Slow, "run_unconfirmed"),
        ({"sender_quality": "YELLOW"}, Slow, "run_sender_quality"),
        ({"sender_quality": "RED"}, Pause, "run_sender_quality"),
        ({"sender_quality": "UNKNOWN"}, GoOn, None),
        ({"template_quality": "YELLOW"}, Slow, "run_template_quality"),
        ({"template_quality": "RED"}, Pause, "run_template_quality"),
    ],
)
def test_each_danger_slows_or_pauses_from_its_threshold_on(
    changes: dict[str, Any], kind: type[Judgement], code: str | None
) -> None:
    judgement = judge(replace(FINE, **changes), LIMITS)
    assert isinstance(judgement, kind)
    assert codes(judgement) == ([code] if code else [])
    if isinstance(judgement, Slow):
        assert judgement.percent == 50


@pytest.mark.parametrize(
    ("failed", "code"),
    [
        (Failures(not_on_whatsapp=20, other=10), "run_many_not_on_whatsapp"),
        (Failures(marketing_limit=16, other=14), "run_many_marketing_limited"),
        (Failures(not_on_whatsapp=15, marketing_limit=15), "run_failures"),
    ],
)
def test_failures_are_told_by_what_most_of_them_are(failed: Failures, code: str) -> None:
    assert codes(judge(RunHealth(delivered=70, failed=failed), LIMITS)) == [code]


def test_people_who_stopped_marketing_earlier_count_as_failures_and_as_blocks() -> None:
    judgement = judge(RunHealth(delivered=70, failed=Failures(marketing_stopped=30)), LIMITS)
    assert codes(judgement) == ["run_failures", "run_blocks"]


def test_the_gravest_answer_is_given_with_its_own_reasons_only() -> None:
    both = replace(FINE, opt_outs=2, sender_quality="RED")
    assert codes(judge(both, LIMITS)) == ["run_sender_quality"]


def test_nothing_is_judged_on_less_than_the_sample_or_on_a_case_or_two() -> None:
    assert judge(failing(19, 19), LIMITS) == GoOn()
    assert isinstance(judge(failing(20, 20), LIMITS), Pause)
    # Two of twenty people are a tenth of them, and still only two.
    two = RunHealth(delivered=20, opt_outs=2)
    assert isinstance(judge(two, LIMITS), Slow)
    assert judge(replace(two, opt_outs=1), LIMITS) == GoOn()


def test_a_first_batch_smaller_than_the_sample_is_sample_enough() -> None:
    assert judge(failing(10, 10), LIMITS) == GoOn()
    assert isinstance(judge(failing(10, 10), LIMITS, first_batch=10), Pause)
    assert judge(failing(9, 9), LIMITS, first_batch=10) == GoOn()


def test_a_run_stops_only_where_the_settings_say_when() -> None:
    assert isinstance(judge(failing(100), LIMITS), Pause)
    limits = thresholds_of({"failures_stop": 50})
    assert isinstance(judge(failing(50), limits), Stop)
    assert isinstance(judge(failing(49), limits), Pause)


def test_a_threshold_of_none_never_acts() -> None:
    limits = thresholds_of({"failures_slow": None, "failures_pause": None})
    assert judge(failing(100), limits) == GoOn()
    only_pause = thresholds_of({"opt_outs_slow": None})
    assert isinstance(judge(replace(FINE, opt_outs=5), only_pause), Pause)
    assert judge(replace(FINE, opt_outs=4), only_pause) == GoOn()


def test_a_quality_that_a_person_went_on_with_slows_and_does_not_pause_again() -> None:
    agreed = replace(FINE, sender_quality="RED", quality_agreed="RED")
    assert isinstance(judge(agreed, LIMITS), Slow)
    assert isinstance(judge(replace(agreed, quality_agreed="YELLOW"), LIMITS), Pause)
    assert isinstance(judge(replace(agreed, quality_agreed=""), LIMITS), Pause)


def test_the_words_tell_cases_rate_and_what_the_run_does() -> None:
    paused = judge(RunHealth(delivered=60, failed=Failures(not_on_whatsapp=20)), LIMITS)
    assert isinstance(paused, Pause)
    said = say(paused.reasons[0])
    assert "20 of 80 messages could not be delivered (25 %)" in said.sentence
    assert said.remedy.endswith("It waits until you let it go on or stop it.")
    slowed = judge(replace(FINE, sender_quality="YELLOW"), LIMITS)
    assert isinstance(slowed, Slow)
    said = say(slowed.reasons[0])
    assert "rates the quality of this company number yellow" in said.sentence
    assert "more slowly" in said.remedy


def until(health: RunHealth, now: datetime) -> datetime | None:
    return first_batch_until(health, size=50, since=NOW, now=now, limits=LIMITS)


def test_the_rest_waits_for_the_fate_of_most_of_the_first_batch() -> None:
    leaving = RunHealth(sent=10, accepted=39)
    assert until(leaving, NOW) is None
    left = RunHealth(sent=11, delivered=39)
    assert until(left, NOW) == NOW + 10 * MINUTE
    assert until(replace(left, delivered=35, sent=10, failed=Failures(other=5)), NOW) is None


def test_the_first_batch_is_waited_for_ten_minutes_and_an_hour_where_meta_holds_some() -> None:
    slow = RunHealth(sent=50)
    assert until(slow, NOW + 10 * MINUTE - timedelta(microseconds=1)) == NOW + 10 * MINUTE
    assert until(slow, NOW + 10 * MINUTE) is None
    held = RunHealth(sent=20, held=30)
    assert until(held, NOW + 10 * MINUTE) == NOW + 60 * MINUTE
    assert until(held, NOW + 60 * MINUTE) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"failure_slow": 5}, "no such threshold: failure_slow"),
        ({"failures_slow": "5"}, "a number from 0 on"),
        ({"failures_slow": -1}, "a number from 0 on"),
        ({"failures_slow": True}, "a number from 0 on"),
        ({"minimum_sample": None}, "a number from 0 on"),
        ({"slow_speed": 0}, "percentage"),
        ({"slow_speed": 101}, "percentage"),
        ({"first_batch_most": 0}, "at least one message"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_words(
    changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        thresholds_of(changes)


GRAVITY: dict[type[Judgement], int] = {GoOn: 0, Slow: 1, Pause: 2, Stop: 3}
counts = st.integers(0, 200)
colours = st.sampled_from(["", "GREEN", "YELLOW", "RED", "UNKNOWN"])
healths = st.builds(
    RunHealth,
    **dict.fromkeys(
        ["sending", "unconfirmed", "accepted", "held", "sent", "delivered", "read"], counts
    ),
    failed=st.builds(Failures, counts, counts, counts, counts),
    opt_outs=counts,
    marketing_stops=counts,
    sender_quality=colours,
    quality_agreed=colours,
    template_quality=colours,
    template_quality_agreed=colours,
)


@given(healths)
def test_what_is_bad_enough_to_pause_never_goes_on_and_reasons_can_be_said(some: RunHealth) -> None:
    judgement = judge(some, LIMITS)
    told = some.sent + some.delivered + some.read + some.failed.total
    if told >= 20 and some.failed.total * 4 >= told:
        assert isinstance(judgement, Pause)
    if some.sender_quality == "RED":
        assert not isinstance(judgement, GoOn)
    if not isinstance(judgement, GoOn):
        assert judgement.reasons
        for reason in judgement.reasons:
            said = say(reason)
            assert "{" not in said.sentence + said.remedy and "None" not in said.sentence


@given(healths, st.integers(1, 50))
def test_more_opt_outs_and_a_worse_colour_never_make_it_milder(some: RunHealth, more: int) -> None:
    before = GRAVITY[type(judge(some, LIMITS))]
    worse = replace(some, opt_outs=some.opt_outs + more)
    assert GRAVITY[type(judge(worse, LIMITS))] >= before
    red = replace(some, sender_quality="RED", quality_agreed="GREEN")
    assert GRAVITY[type(judge(red, LIMITS))] >= max(before, 2)
