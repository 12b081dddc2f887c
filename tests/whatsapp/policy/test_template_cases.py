"""Every rule of templates on both sides: our editor's policy, and the sandbox's Meta."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox import template_review, template_rules
from sandbox.core import Sandbox
from sandbox.errors import GraphError
from sandbox.options import Options
from sandbox.records import Business
from tests.template_cases import (
    ACCEPTED,
    ADVISED,
    FILES,
    HANDLES,
    NOW,
    REFUSED,
    AtOnce,
    Beside,
    Case,
    InReview,
    Moved,
)
from whatsapp.message_templates.build import creation
from whatsapp.policy.template_rules import faults, refused
from whatsapp.policy.template_sentences import CODES, say_fault
from whatsapp.policy.written import BUTTONS, HEADERS, Around, Written

ALONE = Around()
CASES = {**REFUSED, **ADVISED}


def payload(written: Written, handle: str = "") -> dict[str, Any]:
    handle = handle or (HANDLES.get(written.header.format, "") if written.header.has_file else "")
    return creation(written, header_handle=handle)


def check(given: dict[str, Any]) -> template_rules.Definition:
    return template_rules.check(given, FILES.get)


def review(given: dict[str, Any], around: Around = ALONE) -> template_review.Verdict:
    asked = check(given)
    return template_review.review(
        asked.components,
        category=asked.category,
        language=asked.language,
        special=asked.special,
        others=around.texts,
    )


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_editor_says_what_is_wrong(case: Case) -> None:
    found = faults(case.written, case.around, now=NOW)
    ours = [one for one in found if one.code == case.code]
    assert ours, [one.code for one in found]
    assert {one.refuses for one in ours} == {not isinstance(case.at_meta, Moved)}
    said = say_fault(ours[0], tz=NOW.tzinfo or pytest.fail("no zone"))
    assert said.title and "{" not in said.title.replace("{{", "")


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sandbox, Business]:
    state: Path = tmp_path_factory.mktemp("sandbox")
    sb = Sandbox(Options("127.0.0.1", 0, state, "1", "a-secret", "", "a-token"))
    return sb, Business("1", "Caravella", "2", "Caravella Hotels")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_meta_would_have_refused_the_same(case: Case, account: tuple[Sandbox, Business]) -> None:
    match case.at_meta:
        case AtOnce(subcode):
            with pytest.raises(GraphError) as refusal:
                check(payload(case.written, case.handle))
            assert _answer(refusal.value) == (100, subcode)
        case InReview(reason):
            assert review(payload(case.written), case.around).reason == reason
        case Moved(category):
            verdict = review(payload(case.written), case.around)
            assert (verdict.reason, verdict.category) == ("NONE", category)
        case Beside(subcode, asks):
            sb, business = account
            business.templates.clear()
            business.names_left.clear()
            business.submissions.clear()
            with pytest.raises(GraphError) as refusal:
                asks(sb, business)
            assert _answer(refusal.value) == (100, subcode)
        case only:
            assert only.why
            assert review(payload(case.written), case.around).reason == "NONE"


def _answer(refusal: GraphError) -> tuple[int, int]:
    error = refusal.body("trace")["error"]
    return error["code"], error.get("error_subcode", 0)


@pytest.mark.parametrize("written", ACCEPTED.values(), ids=ACCEPTED)
def test_what_is_by_the_rules_passes_on_both_sides(written: Written) -> None:
    assert faults(written, ALONE, now=NOW) == ()
    verdict = review(payload(written))
    assert (verdict.reason, verdict.category) == ("NONE", written.category)


def test_every_fault_that_has_words_has_a_case() -> None:
    assert {case.code for case in CASES.values()} == CODES


def test_every_kind_of_component_is_accepted_somewhere() -> None:
    assert {one.header.format for one in ACCEPTED.values()} == set(HEADERS)
    assert {each.type for one in ACCEPTED.values() for each in one.buttons} == set(BUTTONS)
    assert all(not refused(faults(one, ALONE, now=NOW)) for one in ACCEPTED.values())
