"""Company numbers: how many, what Meta's words for one mean, and what a refusal is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from whatsapp.policy.number_sentences import NUMBER_SENTENCES, number_sentence
from whatsapp.policy.numbers import (
    NumberProblem,
    Standing,
    Step,
    cap,
    problem_of,
    propose_label,
    standing,
)

NOW = datetime(2026, 11, 20, 14, 18, tzinfo=UTC)
P = NumberProblem


@pytest.mark.parametrize(
    ("status", "code", "name", "expected"),
    [
        ("CONNECTED", "VERIFIED", "APPROVED", Standing.APPROVED),
        # A code expires, and a name is declined, without an end to sending.
        ("CONNECTED", "EXPIRED", "DECLINED", Standing.APPROVED),
        ("PENDING", "NOT_VERIFIED", "PENDING_REVIEW", Standing.VERIFY),
        ("PENDING", "EXPIRED", "NONE", Standing.VERIFY),
        ("", "", "", Standing.VERIFY),
        ("PENDING", "VERIFIED", "PENDING_REVIEW", Standing.CONNECT),
        ("DISCONNECTED", "VERIFIED", "APPROVED", Standing.CONNECT),
        ("PENDING", "NOT_VERIFIED", "DECLINED", Standing.NAME_DECLINED),
        ("BANNED", "VERIFIED", "APPROVED", Standing.BANNED),
        ("RATE_LIMITED", "VERIFIED", "APPROVED", Standing.RESTRICTED),
        ("MIGRATED", "VERIFIED", "APPROVED", Standing.MOVED),
        ("HIBERNATING", "VERIFIED", "APPROVED", Standing.OTHER),
    ],
)
def test_what_metas_words_mean(status: str, code: str, name: str, expected: Standing) -> None:
    assert standing(status=status, code_verification=code, name_status=name) is expected


@pytest.mark.parametrize(
    ("used", "verified", "most_people", "most", "is_full"),
    [
        (1, False, 250, 2, False),
        (2, False, 250, 2, True),
        (2, True, 250, 20, False),
        (2, False, 2000, 20, False),
        (2, False, None, 20, False),
        # Whoever has three was allowed more than two.
        (3, False, 250, 20, False),
        (20, True, None, 20, True),
    ],
)
def test_how_many_numbers_there_may_be(
    used: int, verified: bool, most_people: int | None, most: int, is_full: bool
) -> None:
    found = cap(used=used, verified=verified, most_people=most_people, now=NOW)
    assert (found.most, found.is_full) == (most, is_full)


@pytest.mark.parametrize(
    ("used", "verified", "told", "most"),
    [(1, False, 5, 5), (1, False, 1, 1), (1, True, 2, 20), (1, True, 50, 50), (3, False, 2, 20)],
)
def test_what_meta_said_of_numbers_goes_first(
    used: int, verified: bool, told: int, most: int
) -> None:
    assert cap(used=used, verified=verified, most_people=250, told=told, now=NOW).most == most


def test_the_words_carry_metas_figures() -> None:
    for problem in NumberProblem:
        said = number_sentence(problem, now=NOW)
        assert "{" not in said.sentence + said.remedy
    full = number_sentence(P.CAP_UNVERIFIED, now=NOW)
    assert "may have 2 numbers" in full.sentence and "then 20 are possible" in full.remedy


@pytest.mark.parametrize(
    ("step", "code", "subcode", "said", "expected"),
    [
        (Step.CHECK_CODE, 136025, None, "Incorrect Code", P.CODE_WRONG),
        (Step.CHECK_CODE, 136025, None, "The verification code has expired.", P.CODE_EXPIRED),
        (Step.CHECK_CODE, 136025, 2388093, "Tried Too Many Times", P.TOO_MANY_TRIES),
        (Step.ASK_CODE, 136024, 2388091, "Wait 31 seconds before …", P.TOO_SOON),
        (Step.ASK_CODE, 136024, 2388091, "You requested too many codes.", P.TOO_MANY_CODES),
        (Step.ASK_CODE, 136024, 2388091, "A text in a new wording", P.CODE_NOT_SENT),
        (Step.ADD, 100, 2388001, "registered to an existing WhatsApp account", P.ON_THE_APP),
        (Step.ADD, 100, 2388103, "", P.HELD_ELSEWHERE),
        (Step.ADD, 100, 2388012, "", P.ALREADY_HERE),
        (Step.ADD, 100, None, "Phone Number Limit Reached", P.CAP_VERIFIED),
        (Step.REGISTER, 133005, None, "", P.PIN_WRONG),
        (Step.DEREGISTER, 133016, None, "", P.TOO_MANY_REGISTRATIONS),
        (Step.REGISTER, 131000, None, "Something went wrong", None),
    ],
)
def test_what_a_refusal_means(
    step: Step, code: int, subcode: int | None, said: str, expected: NumberProblem | None
) -> None:
    assert problem_of(step, code=code, subcode=subcode, said=said) is expected


def test_every_problem_has_its_words() -> None:
    assert set(NUMBER_SENTENCES) == set(NumberProblem)


@pytest.mark.parametrize(
    ("name", "taken", "expected"),
    [
        ("Nairobi hiring", [], "NAI"),
        ("Nairobi hiring", ["NAI"], "NHI"),
        ("Front desk Rome", ["FRO"], "FDR"),
        ("Île-de-France", [], "ILE"),
        ("HR", [], "HAA"),
        ("نيروبي", [], "AAA"),
    ],
)
def test_a_label_reminds_of_the_name(name: str, taken: list[str], expected: str) -> None:
    assert propose_label(name, taken) == expected


def test_labels_never_run_out_of_being_different() -> None:
    taken: set[str] = set()
    for _ in range(300):
        taken.add(propose_label("Nairobi hiring", taken))
    assert len(taken) == 300
