"""What each error of Meta asks of the message, its person, template, number and account."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whatsapp.figures.errors import Scope, known_codes
from whatsapp.policy.outcomes import (
    AgainAt,
    Fail,
    FailRecipient,
    Fault,
    Held,
    Hold,
    HoldBefore,
    Remember,
    WhatNow,
    what_now,
)

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def bulk(code: int, *, attempts: int = 1, details: str = "", http: int = 400) -> WhatNow:
    fault = Fault(code, details, http_status=http)
    return what_now(fault, attempts=attempts, is_bulk=True, now=NOW, spread=0.0)


def single(code: int, *, attempts: int = 1, details: str = "", http: int = 400) -> WhatNow:
    fault = Fault(code, details, http_status=http)
    return what_now(fault, attempts=attempts, is_bulk=False, now=NOW, spread=0.0)


def pause(answer: WhatNow) -> float:
    assert isinstance(answer, AgainAt), answer
    return (answer.when - NOW).total_seconds()


@pytest.mark.parametrize(
    ("codes", "scope", "seconds"),
    [
        ((2, 131016, 1, 131000), None, 2),
        ((130429,), Scope.SENDER, 1),
        ((131057,), Scope.SENDER, 60),
        ((131056,), Scope.PAIR, 1),
        ((80007,), Scope.WABA, 60),
        ((4,), Scope.APP, 60),
    ],
)
def test_again_later_and_whose_other_messages_wait_too(
    codes: tuple[int, ...], scope: Scope | None, seconds: float
) -> None:
    for code in codes:
        for answer in (single(code), bulk(code)):
            assert isinstance(answer, AgainAt) and answer.scope is scope, code
            assert pause(answer) == seconds, code


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ((132001, 132007, 132016), Hold(Held.TEMPLATE, None, keeps=False)),
        ((132015, 132068, 132069), Hold(Held.TEMPLATE, None, keeps=True)),
        ((131048,), Hold(Held.SENDER, NOW + HOUR, keeps=True)),
        ((33, 131037, 131045, 133010), Hold(Held.SENDER, None, keeps=True)),
        ((368, 131031, 131042, 131044), Hold(Held.ACCOUNT, None, keeps=True)),
        ((10, 200, 299, 131005), Hold(Held.ACCOUNT, None, keeps=True)),
        ((131063,), Hold(Held.ACCOUNT, None, keeps=True, category="MARKETING")),
        ((131064,), Hold(Held.ACCOUNT, None, keeps=True, category="UTILITY")),
        ((0, 104, 190), Hold(Held.CONNECTION, None, keeps=True)),
    ],
)
def test_what_would_refuse_all_others_holds_the_bulk_messages(
    codes: tuple[int, ...], expected: Hold
) -> None:
    for code in codes:
        assert bulk(code) == expected, code


def test_a_wrong_pin_holds_its_number_and_not_the_account() -> None:
    answer = bulk(131031, details="Two-step verification PIN mismatch")
    assert isinstance(answer, Hold) and answer.held is Held.SENDER


def test_a_single_message_fails_at_once_where_a_hold_stands_but_for_a_broken_login() -> None:
    for code in (132015, 131048, 131042, 133010, 368):
        answer = single(code)
        assert isinstance(answer, Hold) and not answer.keeps, code
    assert single(190) == Hold(Held.CONNECTION, None, keeps=True)


def test_a_missing_permission_is_tried_again_for_one_person_while_meta_is_read_anew() -> None:
    assert [pause(single(200, attempts=n)) for n in (1, 2, 5)] == [2, 4, 32]
    assert single(200, attempts=6) == Hold(Held.ACCOUNT, None, keeps=False)


@pytest.mark.parametrize(
    ("code", "remember"),
    [
        (131026, Remember.NOT_ON_WHATSAPP),
        (131049, Remember.MARKETING_LIMITED),
        (131050, Remember.MARKETING_STOPPED),
        (130403, None),
        (130472, None),
        (130497, None),
        (131021, None),
        (137000, None),
    ],
)
def test_what_is_about_one_person_fails_for_them_alone_and_is_remembered(
    code: int, remember: Remember | None
) -> None:
    for attempts in (1, 2, 9):
        assert single(code, attempts=attempts) == FailRecipient(remember)
        assert bulk(code, attempts=attempts) == FailRecipient(remember)


@pytest.mark.parametrize("code", [100, 131008, 131047, 131053, 132000, 132012, 135000, 3, 131030])
def test_a_message_that_is_wrong_fails_and_stops_nobody_else(code: int) -> None:
    assert single(code) == bulk(code) == Fail()


@pytest.mark.parametrize(
    ("code", "is_bulk", "most"),
    [
        (1, False, 2),
        (1, True, 2),
        (131000, False, 3),
        (131000, True, 3),
        (2, False, 5),
        (2, True, 8),
    ],
)
def test_retries_are_counted(code: int, is_bulk: bool, most: int) -> None:
    ask = bulk if is_bulk else single
    assert all(isinstance(ask(code, attempts=n), AgainAt) for n in range(1, most + 1))
    assert ask(code, attempts=most + 1) == Fail()


def test_what_a_whole_number_waits_for_is_never_held_against_a_message() -> None:
    for code in (130429, 131056, 80007, 4):
        assert isinstance(single(code, attempts=50), AgainAt)


def test_pauses_double_up_to_an_hour() -> None:
    seconds = [pause(bulk(130429, attempts=n)) for n in (1, 2, 3, 8, 12, 13, 30, 10_000)]
    assert seconds == [1, 2, 4, 128, 2048, 3600, 3600, 3600]


def test_the_same_person_is_tried_again_after_4_to_the_power_of_the_tries() -> None:
    seconds = [pause(single(131056, attempts=n)) for n in (1, 2, 3, 4, 5, 6, 7)]
    assert seconds == [1, 4, 16, 64, 256, 1024, 3600]


def test_never_sooner_than_meta_says() -> None:
    fault = Fault(80007, retry_after=900.0)
    for spread in (0.0, 1.0):
        answer = what_now(fault, attempts=1, is_bulk=True, now=NOW, spread=spread)
        assert 900 <= pause(answer) <= 1125


@pytest.mark.parametrize(
    ("http", "expected"),
    [(400, Fail()), (403, Fail()), (401, Hold(Held.CONNECTION, None, keeps=True))],
)
def test_an_unknown_code_stops_and_is_shown(http: int, expected: WhatNow) -> None:
    assert single(999999, http=http) == bulk(999999, http=http) == expected


def test_an_unknown_code_of_a_server_in_trouble_is_tried_again_three_times() -> None:
    assert [pause(bulk(999999, attempts=n, http=500)) for n in (1, 2, 3)] == [2, 4, 8]
    assert bulk(999999, attempts=4, http=500) == Fail()
    slow = bulk(999999, http=429)
    assert isinstance(slow, AgainAt) and slow.scope is Scope.SENDER
    # A status that failed comes without one.
    assert what_now(Fault(-1), attempts=1, is_bulk=True, now=NOW) == Fail()


def spam(before: HoldBefore | None) -> timedelta:
    answer = what_now(Fault(131048), attempts=1, is_bulk=True, now=NOW, before=before)
    assert isinstance(answer, Hold) and answer.until is not None
    return answer.until - NOW


def test_a_number_restricted_again_waits_twice_as_long_up_to_a_day() -> None:
    assert spam(None) == HOUR
    hours = []
    length = HOUR
    for _ in range(7):
        length = spam(HoldBefore(NOW - length - HOUR, NOW - HOUR))
        hours.append(length / HOUR)
    assert hours == [2, 4, 8, 16, 24, 24, 24]


def test_messages_under_way_when_the_restriction_came_do_not_lengthen_it() -> None:
    assert spam(HoldBefore(NOW - HOUR / 2, NOW + HOUR / 2)) == HOUR / 2


def test_a_restriction_that_a_person_ended_early_comes_back_for_an_hour_at_least() -> None:
    assert spam(HoldBefore(NOW - HOUR / 4, NOW - HOUR / 6)) == HOUR


def test_a_restriction_after_a_quiet_day_is_a_new_one() -> None:
    length = 8 * HOUR
    assert spam(HoldBefore(NOW - DAY - length, NOW - DAY)) == HOUR
    shortly = NOW - DAY + timedelta(seconds=1)
    assert spam(HoldBefore(shortly - length, shortly)) == 16 * HOUR


@given(
    st.sampled_from(sorted(known_codes())) | st.integers(-1, 3_000_000),
    st.sampled_from(["", "pin", "pacing", "authorization code"]),
    st.sampled_from([None, 200, 400, 401, 403, 429, 500, 503]),
    st.integers(1, 1000),
    st.booleans(),
    st.none() | st.floats(0, 86_400),
    st.floats(0, 1),
)
def test_every_error_has_an_answer_and_none_goes_again_at_once_or_out_of_sight(
    code: int,
    details: str,
    http: int | None,
    attempts: int,
    is_bulk: bool,
    told: float | None,
    spread: float,
) -> None:
    fault = Fault(code, details, http, told)
    answer = what_now(fault, attempts=attempts, is_bulk=is_bulk, now=NOW, spread=spread)
    if isinstance(answer, AgainAt):
        assert code not in (131049, 131026, 131050)
        wait = answer.when - NOW
        assert timedelta(seconds=max(1, told or 0)) <= wait + timedelta(microseconds=1)
        assert wait <= 1.25 * timedelta(hours=72)
    if isinstance(answer, Hold):
        assert answer.until is None or answer.until > NOW
