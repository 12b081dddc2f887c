"""May a bulk run go on now: stops, pauses for a person, waits with and without an end."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whatsapp.policy.decision import Allowed, Paused, RunDecision, Stopped, Waits
from whatsapp.policy.outcomes import Held
from whatsapp.policy.protection import GoOn, Pause, Slow, Stop
from whatsapp.policy.quiet import QuietTime, quiet_until, read_quiet
from whatsapp.policy.reasons import Reason, ReasonCode
from whatsapp.policy.runs import (
    HoldFacts,
    Places,
    RunFacts,
    RunSender,
    RunTemplate,
    may_go_on,
)
from whatsapp.policy.sentences import say

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)
TEMPLATE = RunTemplate("interview_reminder", "APPROVED", "UTILITY", "UTILITY")
FAILURES = (
    Reason(ReasonCode.RUN_FAILURES, {"cases": 25, "total": 100, "percent": 25, "effect": "pause"}),
)
ALL_WELL = RunFacts(
    connection="connected",
    sender=RunSender("CONNECTED"),
    template=TEMPLATE,
    places=Places(free=225),
    starts_at=NOW - HOUR,
)


def facts(**changes: Any) -> RunFacts:
    return replace(ALL_WELL, **changes)


def codes(decision: RunDecision) -> list[str]:
    return [reason.code.value for reason in decision.reasons]


def quiet(start: str, end: str, zone: str = "UTC") -> QuietTime:
    return read_quiet([{"days": list(range(7)), "start": start, "end": end}], zone)


def test_a_run_with_nothing_in_its_way_goes_on() -> None:
    assert may_go_on(ALL_WELL, now=NOW) == Allowed()
    assert may_go_on(facts(places=Places(None)), now=NOW) == Allowed()
    # Slower is not waiting.
    assert may_go_on(facts(judgement=Slow(50, FAILURES)), now=NOW) == Allowed()


@pytest.mark.parametrize(
    ("changes", "code", "until"),
    [
        ({"starts_at": NOW + HOUR}, "run_not_started", NOW + HOUR),
        ({"quiet": quiet("08:00", "11:30")}, "run_quiet_time", NOW + 2.5 * HOUR),
        ({"places": Places(0, NOW + 3 * HOUR)}, "run_no_places", NOW + 3 * HOUR),
        ({"places": Places(0)}, "run_no_places", None),
        # The ledger's answer is a moment old: soon, and not at once for ever.
        ({"places": Places(0, NOW - HOUR)}, "run_no_places", NOW + timedelta(minutes=1)),
        ({"connection": "broken"}, "run_connection_broken", None),
        ({"sender": RunSender("RESTRICTED")}, "run_sender_not_connected", None),
        ({"sender": RunSender("NEW_WORD")}, "run_sender_not_connected", None),
        (
            {"template": replace(TEMPLATE, status="PAUSED", paused_until=NOW + HOUR)},
            "run_template_paused",
            NOW + HOUR,
        ),
        ({"template": replace(TEMPLATE, status="PAUSED")}, "run_template_paused", None),
        # Its end has passed, but Meta has not said that the template is approved again.
        (
            {"template": replace(TEMPLATE, status="PAUSED", paused_until=NOW)},
            "run_template_paused",
            None,
        ),
        ({"template": replace(TEMPLATE, status="PENDING")}, "run_template_in_review", None),
        ({"template": replace(TEMPLATE, status="IN_APPEAL")}, "run_template_in_review", None),
        (
            {"holds": (HoldFacts(Held.SENDER, 131048, NOW + HOUR),)},
            "run_sender_held",
            NOW + HOUR,
        ),
        ({"holds": (HoldFacts(Held.ACCOUNT, 131042),)}, "run_account_held", None),
        ({"holds": (HoldFacts(Held.TEMPLATE, 132015),)}, "run_template_held", None),
        ({"first_batch_until": NOW + HOUR}, "run_first_batch", NOW + HOUR),
    ],
)
def test_it_waits_by_itself_and_says_until_when(
    changes: dict[str, Any], code: str, until: datetime | None
) -> None:
    decision = may_go_on(facts(**changes), now=NOW)
    assert isinstance(decision, Waits)
    assert (codes(decision), decision.until) == ([code], until)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"module_on": False}, "module_off"),
        ({"author_may_write": False}, "run_author"),
        ({"connection": "none"}, "run_not_connected"),
        ({"template": replace(TEMPLATE, status="REJECTED")}, "run_template_unusable"),
        ({"template": replace(TEMPLATE, status="ARCHIVED")}, "run_template_unusable"),
        ({"template": replace(TEMPLATE, status="NEW_WORD")}, "run_template_unusable"),
        ({"template": replace(TEMPLATE, category="MARKETING")}, "run_category_changed"),
        ({"judgement": Pause(FAILURES)}, "run_failures"),
    ],
)
def test_it_pauses_for_a_person(changes: dict[str, Any], code: str) -> None:
    decision = may_go_on(facts(**changes), now=NOW)
    assert isinstance(decision, Paused)
    assert codes(decision) == [code]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sender": RunSender("CONNECTED", is_gone=True)}, "run_sender_gone"),
        ({"template": replace(TEMPLATE, status="DISABLED")}, "run_template_lost"),
        ({"template": replace(TEMPLATE, status="DELETED")}, "run_template_lost"),
        ({"template": replace(TEMPLATE, status="PENDING_DELETION")}, "run_template_lost"),
        ({"judgement": Stop(FAILURES)}, "run_failures"),
    ],
)
def test_it_stops_where_it_never_could_go_on(changes: dict[str, Any], code: str) -> None:
    decision = may_go_on(facts(**changes), now=NOW)
    assert isinstance(decision, Stopped)
    assert codes(decision) == [code]


def test_the_gravest_answer_is_given() -> None:
    waits = {"quiet": quiet("08:00", "11:00"), "connection": "broken"}
    pauses = waits | {"module_on": False, "author_may_write": False}
    stops = pauses | {"sender": RunSender("BANNED", is_gone=True)}
    decision = may_go_on(facts(**waits), now=NOW)
    assert codes(decision) == ["run_connection_broken", "run_quiet_time"]
    assert codes(may_go_on(facts(**pauses), now=NOW)) == ["module_off", "run_author"]
    assert codes(may_go_on(facts(**stops), now=NOW)) == ["run_sender_gone"]


def test_several_waits_end_with_the_last_and_an_unknown_end_is_waited_for() -> None:
    two: dict[str, Any] = {"quiet": quiet("08:00", "10:00"), "places": Places(0, NOW + 3 * HOUR)}
    decision = may_go_on(facts(**two), now=NOW)
    assert isinstance(decision, Waits) and decision.until == NOW + 3 * HOUR
    three = two | {"connection": "broken"}
    decision = may_go_on(facts(**three), now=NOW)
    assert isinstance(decision, Waits) and decision.until is None


def test_before_its_start_only_the_start_is_waited_for() -> None:
    early = facts(starts_at=NOW + HOUR, connection="broken", places=Places(0))
    decision = may_go_on(early, now=NOW)
    assert isinstance(decision, Waits)
    assert (codes(decision), decision.until) == (["run_not_started"], NOW + HOUR)


def test_a_run_begins_and_leaves_quiet_time_at_the_very_moment() -> None:
    planned = facts(starts_at=NOW)
    assert isinstance(may_go_on(planned, now=NOW - TICK), Waits)
    assert may_go_on(planned, now=NOW) == Allowed()
    night = facts(quiet=quiet("20:00", "09:00"))
    assert isinstance(may_go_on(night, now=NOW - TICK), Waits)
    assert may_go_on(night, now=NOW) == Allowed()


def test_a_hold_ends_at_its_moment_and_one_of_another_category_holds_nobody() -> None:
    hold = HoldFacts(Held.SENDER, 131048, NOW + HOUR)
    assert may_go_on(facts(holds=(hold,)), now=NOW + HOUR) == Allowed()
    marketing = HoldFacts(Held.ACCOUNT, 131063)
    assert may_go_on(facts(holds=(marketing,)), now=NOW) == Allowed()
    vacancy = RunTemplate("new_vacancy", "APPROVED", "MARKETING", "MARKETING")
    assert isinstance(may_go_on(facts(holds=(marketing,), template=vacancy), now=NOW), Waits)


def test_a_change_of_the_text_is_asked_about_once_meta_has_decided_it() -> None:
    changed = replace(TEMPLATE, is_changed=True)
    decision = may_go_on(facts(template=changed), now=NOW)
    assert isinstance(decision, Paused)
    assert [one.code for one in decision.reasons] == [ReasonCode.RUN_TEMPLATE_CHANGED]
    in_review = replace(changed, status="PENDING")
    assert isinstance(may_go_on(facts(template=in_review), now=NOW), Waits)


def test_the_words_tell_what_holds_it_up_who_mends_it_and_when_it_goes_on() -> None:
    until = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    decision = may_go_on(facts(holds=(HoldFacts(Held.SENDER, 131048, until),)), now=NOW)
    said = say(decision.reasons[0], tz=ZoneInfo("Europe/Rome"))
    assert "blocked or reported" in said.sentence
    assert "WhatsApp Manager" in said.remedy
    assert said.remedy.endswith("It goes on by itself on Saturday, 21 November 2026, 11:00 (Rome).")
    decision = may_go_on(facts(connection="broken"), now=NOW)
    assert say(decision.reasons[0]).remedy.endswith(
        "It goes on by itself as soon as that has changed."
    )


def test_an_error_that_nobody_knows_is_named_by_its_code() -> None:
    decision = may_go_on(facts(holds=(HoldFacts(Held.ACCOUNT, 999999),)), now=NOW)
    assert "999999" in say(decision.reasons[0]).sentence


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        may_go_on(ALL_WELL, now=datetime(2026, 11, 21, 9, 0))


# Against an oracle that asks for each rule by itself.
moments = st.sampled_from([NOW - HOUR, NOW - TICK, NOW, NOW + TICK, NOW + HOUR])
maybe = st.none() | moments
nights = st.none() | st.builds(
    quiet,
    st.sampled_from(["00:00", "08:59", "09:00", "20:00", "02:30"]),
    st.sampled_from(["00:00", "09:00", "09:01", "10:00", "02:30"]),
    st.sampled_from(["UTC", "Europe/Rome", "Asia/Kolkata", "America/New_York"]),
)
holds = st.builds(
    HoldFacts,
    st.sampled_from([Held.TEMPLATE, Held.SENDER, Held.ACCOUNT]),
    st.sampled_from([131048, 131042, 132015, 131063, 131064, 999999]),
    maybe,
)
templates = st.builds(
    RunTemplate,
    st.just("t"),
    st.sampled_from(["APPROVED", "PAUSED", "PENDING", "REJECTED", "DELETED", "NEW"]),
    st.sampled_from(["UTILITY", "MARKETING"]),
    st.sampled_from(["UTILITY", "MARKETING"]),
    st.booleans(),
    maybe,
)
# What may be in the way, two at once at most, so that each is often the only one.
AMISS: dict[str, st.SearchStrategy[Any]] = {
    "connection": st.sampled_from(["broken", "none"]),
    "sender": st.builds(RunSender, st.sampled_from(["CONNECTED", "BANNED"]), st.booleans()),
    "template": templates,
    "places": st.builds(Places, st.sampled_from([None, 0, 1]), maybe),
    "starts_at": moments,
    "holds": st.lists(holds, min_size=1, max_size=2).map(tuple),
    "quiet": nights,
    "judgement": st.sampled_from([GoOn(), Slow(50, FAILURES), Pause(FAILURES), Stop(FAILURES)]),
    "first_batch_until": maybe,
    "module_on": st.just(False),
    "author_may_write": st.just(False),
}
run_facts = st.sets(st.sampled_from(sorted(AMISS)), max_size=2).flatmap(
    lambda names: st.fixed_dictionaries({name: AMISS[name] for name in names}).map(
        lambda changes: facts(**changes)
    )
)


def is_forbidden(some: RunFacts, now: datetime) -> bool:
    held = [
        hold
        for hold in some.holds
        if (hold.until is None or now < hold.until)
        and not (hold.code == 131063 and some.template.category != "MARKETING")
        and not (hold.code == 131064 and some.template.category != "UTILITY")
    ]
    return (
        not some.module_on
        or not some.author_may_write
        or some.connection != "connected"
        or some.sender.is_gone
        or some.sender.status != "CONNECTED"
        or some.template.status != "APPROVED"
        or some.template.category != some.template.category_planned
        or some.template.is_changed
        or some.places.free == 0
        or now < some.starts_at
        or (some.quiet is not None and quiet_until(some.quiet, now) is not None)
        or bool(held)
        or isinstance(some.judgement, Pause | Stop)
        or (some.first_batch_until is not None and now < some.first_batch_until)
    )


@given(run_facts)
def test_a_run_goes_on_just_when_no_rule_forbids_it(some: RunFacts) -> None:
    decision = may_go_on(some, now=NOW)
    assert isinstance(decision, Allowed) is not is_forbidden(some, NOW)
    if isinstance(decision, Waits) and decision.until is not None:
        assert decision.until > NOW


@given(run_facts)
def test_every_reason_can_be_stored_and_said(some: RunFacts) -> None:
    decision = may_go_on(some, now=NOW)
    given_codes = [reason.code for reason in decision.reasons]
    assert given_codes == sorted(given_codes, key=list(ReasonCode).index)
    for reason in decision.reasons:
        json.dumps(
            {k: v.isoformat() if isinstance(v, datetime) else v for k, v in reason.params.items()}
        )
        said = say(reason)
        assert said.title and said.sentence and said.remedy
        assert "{" not in said.sentence + said.remedy
        assert "None" not in said.sentence + said.remedy
