"""May this message go to this person now: every rule, its boundary, and all reasons at once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from whatsapp.policy.decision import Allowed, Refused, Wait
from whatsapp.policy.facts import (
    ConnectionFacts,
    ConsentFacts,
    FreeContent,
    RecipientFacts,
    SenderFacts,
    SendFacts,
    TemplateContent,
    TextContent,
)
from whatsapp.policy.reasons import Reason, ReasonCode
from whatsapp.policy.send import may_send, window
from whatsapp.policy.sentences import SENTENCES, say

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
REMINDER = TemplateContent("interview_reminder", "en_US", "UTILITY", "APPROVED")
VACANCY = TemplateContent("new_vacancy", "en_US", "MARKETING", "APPROVED")
AMINA = RecipientFacts(mobile="+254722555014", region="KE")
AMINA_WROTE = replace(AMINA, last_inbound_at=NOW - timedelta(hours=2))
STATUSES = [
    "APPROVED",
    "PENDING",
    "REJECTED",
    "PAUSED",
    "DISABLED",
    "IN_APPEAL",
    "PENDING_DELETION",
    "DELETED",
    "LIMIT_EXCEEDED",
    "ARCHIVED",
    "UNKNOWN",
    "SOMETHING_NEW",
]

ALL_WELL = SendFacts(
    connection=ConnectionFacts("connected"),
    sender=SenderFacts("CONNECTED", registered=True),
    recipient=AMINA,
    content=REMINDER,
    consent=ConsentFacts(legal_basis=True, marketing_opt_in=True),
)


def facts(**changes: Any) -> SendFacts:
    return replace(ALL_WELL, **changes)


def codes(given_facts: SendFacts, now: datetime = NOW) -> list[str]:
    return [reason.code.value for reason in may_send(given_facts, now=now).reasons]


def test_an_approved_template_with_a_basis_goes_out_of_the_window() -> None:
    assert may_send(ALL_WELL, now=NOW) == Allowed()


def test_text_goes_to_somebody_who_wrote_two_hours_ago_without_any_consent() -> None:
    free = facts(recipient=AMINA_WROTE, content=TextContent(12), consent=ConsentFacts(False, False))
    assert may_send(free, now=NOW) == Allowed()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"module_on": False}, ["module_off"]),
        ({"author_may_write": False}, ["author_may_not_write"]),
        ({"connection": ConnectionFacts("none")}, ["not_connected"]),
        ({"connection": ConnectionFacts("broken")}, ["connection_broken"]),
        ({"sender": SenderFacts("CONNECTED", registered=False)}, ["sender_not_registered"]),
        ({"sender": SenderFacts("RESTRICTED", registered=True)}, ["sender_not_connected"]),
        ({"sender": SenderFacts("NEW_WORD", registered=True)}, ["sender_not_connected"]),
        ({"recipient": RecipientFacts(mobile=None)}, ["no_number"]),
        ({"recipient": replace(AMINA, blocked_by_us=True)}, ["blocked_by_us"]),
        ({"recipient": replace(AMINA, opted_out_at=NOW - DAY)}, ["opted_out"]),
        ({"recipient": replace(AMINA, undeliverable_since=NOW - DAY)}, ["not_on_whatsapp"]),
        ({"allowed_regions": frozenset({"IT", "BR"})}, ["country_not_allowed"]),
        (
            {"allowed_regions": frozenset({"IT"}), "recipient": replace(AMINA, region=None)},
            ["country_unknown"],
        ),
        ({"content": TextContent(5)}, ["window_closed"]),
        ({"content": TextContent(0), "recipient": AMINA_WROTE}, ["text_empty"]),
        ({"content": TextContent(4097), "recipient": AMINA_WROTE}, ["text_too_long"]),
        ({"content": FreeContent("image")}, ["window_closed"]),
        (
            {"content": FreeContent("image", ("Too large.",)), "recipient": AMINA_WROTE},
            ["bad_content"],
        ),
        ({"content": replace(REMINDER, missing_values=("name", "time"))}, ["missing_values"]),
        ({"content": replace(REMINDER, category="NEW")}, ["template_category_unknown"]),
        ({"content": VACANCY, "consent": ConsentFacts(True, False)}, ["no_marketing_opt_in"]),
        ({"consent": ConsentFacts(False, True)}, ["no_legal_basis"]),
    ],
)
def test_one_thing_in_the_way_gives_exactly_its_reason(
    changes: dict[str, Any], expected: list[str]
) -> None:
    decision = may_send(facts(**changes), now=NOW)
    assert isinstance(decision, Refused)
    assert codes(facts(**changes)) == expected


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("PENDING", "template_pending"),
        ("REJECTED", "template_rejected"),
        ("PAUSED", "template_paused"),
        ("DISABLED", "template_disabled"),
        ("IN_APPEAL", "template_in_appeal"),
        ("PENDING_DELETION", "template_deleted"),
        ("DELETED", "template_deleted"),
        ("LIMIT_EXCEEDED", "template_over_cap"),
        ("ARCHIVED", "template_archived"),
        ("UNKNOWN", "template_status_unknown"),
        ("SOMETHING_NEW", "template_status_unknown"),
        ("", "template_status_unknown"),
    ],
)
def test_only_an_approved_template_goes_and_each_other_status_has_its_own_word(
    status: str, code: str
) -> None:
    assert codes(facts(content=replace(REMINDER, status=status))) == [code]


def test_all_reasons_are_given_at_once() -> None:
    everything = SendFacts(
        connection=ConnectionFacts("none"),
        sender=SenderFacts("BANNED", registered=False),
        recipient=RecipientFacts(
            mobile="+16505550123",
            region="US",
            opted_out_at=NOW - DAY,
            undeliverable_since=NOW - DAY,
            blocked_by_us=True,
        ),
        content=replace(VACANCY, status="REJECTED", missing_values=("job",)),
        consent=ConsentFacts(False, False),
        allowed_regions=frozenset({"IT"}),
        module_on=False,
        author_may_write=False,
    )
    assert codes(everything) == [
        "module_off",
        "author_may_not_write",
        "not_connected",
        "sender_not_registered",
        "sender_not_connected",
        "blocked_by_us",
        "opted_out",
        "not_on_whatsapp",
        "country_not_allowed",
        "template_rejected",
        "missing_values",
        "no_marketing_opt_in",
        "no_marketing_to_country",
    ]


@pytest.mark.parametrize(
    ("ago", "is_open"),
    [
        (timedelta(0), True),
        (DAY - timedelta(microseconds=1), True),
        (DAY, False),
        (DAY + timedelta(microseconds=1), False),
    ],
)
def test_the_window_is_shut_from_exactly_24_hours_on(ago: timedelta, is_open: bool) -> None:
    assert window(NOW - ago, NOW).open is is_open
    text = facts(content=TextContent(5), recipient=replace(AMINA, last_inbound_at=NOW - ago))
    assert isinstance(may_send(text, now=NOW), Allowed) is is_open


def test_the_window_says_when_it_closes_and_what_is_left() -> None:
    state = window(NOW - timedelta(hours=23), NOW)
    assert (state.closes_at, state.seconds_left) == (NOW + timedelta(hours=1), 3600)
    assert window(NOW - 3 * DAY, NOW).seconds_left == 0
    assert window(None, NOW).closes_at is None


def test_a_closed_window_says_when_it_closed() -> None:
    late = facts(content=TextContent(5), recipient=replace(AMINA, last_inbound_at=NOW - 2 * DAY))
    assert may_send(late, now=NOW).reasons == (
        Reason(ReasonCode.WINDOW_CLOSED, {"closed_at": NOW - DAY}),
    )


def test_the_length_of_a_text_is_bounded_at_both_ends() -> None:
    for length in (1, 4096):
        assert not codes(facts(content=TextContent(length), recipient=AMINA_WROTE))


def test_an_open_window_is_a_basis_for_utility_but_not_for_marketing() -> None:
    nothing = ConsentFacts(False, False)
    assert not codes(facts(recipient=AMINA_WROTE, consent=nothing))
    assert codes(facts(recipient=AMINA_WROTE, consent=nothing, content=VACANCY)) == [
        "no_marketing_opt_in"
    ]


def test_after_stop_text_waits_for_a_new_message_and_templates_stay_shut() -> None:
    stopped = replace(AMINA, opted_out_at=NOW - DAY / 2, last_inbound_at=NOW - DAY / 2)
    again = replace(stopped, last_inbound_at=NOW - timedelta(hours=1))
    assert codes(facts(recipient=stopped, content=TextContent(5))) == ["opted_out"]
    assert codes(facts(recipient=again, content=TextContent(5))) == []
    assert codes(facts(recipient=again)) == ["opted_out"]


def test_somebody_undeliverable_who_wrote_since_is_on_whatsapp() -> None:
    back = replace(AMINA, undeliverable_since=NOW - 5 * DAY, last_inbound_at=NOW - 4 * DAY)
    assert codes(facts(recipient=back)) == []


def test_a_country_that_is_not_allowed_may_still_be_answered() -> None:
    only_italy = frozenset({"IT"})
    assert codes(facts(allowed_regions=only_italy, recipient=AMINA_WROTE)) == []
    assert (
        codes(facts(allowed_regions=only_italy, recipient=AMINA_WROTE, content=TextContent(5)))
        == []
    )


@pytest.mark.parametrize(
    ("ago", "refused"),
    [
        (timedelta(0), True),
        (DAY - timedelta(microseconds=1), True),
        (DAY, False),
    ],
)
def test_after_131049_marketing_is_refused_for_exactly_24_hours_and_never_waits(
    ago: timedelta, refused: bool
) -> None:
    person = replace(AMINA, marketing_refused_at=NOW - ago)
    expected = ["marketing_limited"] if refused else []
    decision = may_send(facts(recipient=person, content=VACANCY), now=NOW)
    assert codes(facts(recipient=person, content=VACANCY)) == expected
    assert not isinstance(decision, Wait)
    # What is about their application still goes.
    assert codes(facts(recipient=person)) == []


@pytest.mark.parametrize("kind", ["image", "document", "location", "interactive", "reaction"])
def test_free_content_of_any_kind_goes_in_the_window_only(kind: str) -> None:
    content = FreeContent(kind)
    assert (
        codes(facts(recipient=AMINA_WROTE, content=content, consent=ConsentFacts(False, False)))
        == []
    )
    shut = replace(AMINA, last_inbound_at=NOW - DAY)
    assert codes(facts(recipient=shut, content=content)) == ["window_closed"]


def test_every_problem_of_a_content_is_told() -> None:
    content = FreeContent("interactive", ("Write a text.", "Name the button."))
    (reason,) = may_send(facts(recipient=AMINA_WROTE, content=content), now=NOW).reasons
    assert say(reason).sentence == "Write a text. Name the button."


def test_a_bsuid_alone_is_an_address_and_tells_the_country() -> None:
    luca = RecipientFacts(mobile=None, bsuid="IT.13491208655302741918")
    assert codes(facts(recipient=luca, allowed_regions=frozenset({"IT"}))) == []
    assert codes(facts(recipient=luca, allowed_regions=frozenset({"KE"}))) == [
        "country_not_allowed"
    ]


@pytest.mark.parametrize(
    ("mobile", "region", "refused"),
    [
        ("+16505550123", "US", True),
        ("+16505550123", None, True),
        ("+14165550123", "CA", False),
        ("+254722555014", "KE", False),
    ],
)
def test_american_numbers_get_no_marketing(mobile: str, region: str | None, refused: bool) -> None:
    person = RecipientFacts(mobile=mobile, region=region)
    expected = ["no_marketing_to_country"] if refused else []
    assert codes(facts(recipient=person, content=VACANCY)) == expected
    assert codes(facts(recipient=person)) == []


def test_american_numbers_got_marketing_before_april_2025() -> None:
    person = RecipientFacts(mobile="+16505550123", region="US")
    before = datetime(2025, 3, 31, 23, 59, tzinfo=UTC)
    assert codes(facts(recipient=person, content=VACANCY), now=before) == []


def test_a_pause_with_an_end_waits_until_then_unless_more_is_in_the_way() -> None:
    until = NOW + timedelta(hours=3)
    paused = replace(REMINDER, status="PAUSED", paused_until=until)
    decision = may_send(facts(content=paused), now=NOW)
    assert isinstance(decision, Wait) and decision.until == until
    assert isinstance(may_send(facts(content=paused, module_on=False), now=NOW), Refused)
    # Its end has passed, but Meta has not said that the template is approved again.
    assert isinstance(may_send(facts(content=paused), now=until), Refused)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        may_send(ALL_WELL, now=datetime(2026, 11, 21, 9, 0))


times = st.none() | st.datetimes(
    min_value=datetime(2026, 11, 10), max_value=datetime(2026, 11, 30), timezones=st.just(UTC)
)
recipients = st.builds(
    RecipientFacts,
    mobile=st.sampled_from([None, "+254722555014", "+16505550123", "+393205550142"]),
    bsuid=st.sampled_from([None, "US.13491208655302741918", "odd"]),
    region=st.sampled_from([None, "KE", "US", "IT"]),
    opted_out_at=times,
    last_inbound_at=times,
    undeliverable_since=times,
    blocked_by_us=st.booleans(),
    marketing_refused_at=times,
)
free = st.builds(TextContent, st.integers(0, 5000)) | st.builds(
    FreeContent, st.sampled_from(["image", "location"]), st.sampled_from([(), ("Too large.",)])
)
contents = free | st.builds(
    TemplateContent,
    name=st.just("t"),
    language=st.just("en"),
    category=st.sampled_from(["UTILITY", "MARKETING", "AUTHENTICATION", "", "NEW"]),
    status=st.sampled_from(STATUSES),
    missing_values=st.sampled_from([(), ("name",)]),
    paused_until=times,
)
any_facts = st.builds(
    SendFacts,
    connection=st.builds(ConnectionFacts, st.sampled_from(["connected", "broken", "none"])),
    sender=st.builds(SenderFacts, st.sampled_from(["CONNECTED", "BANNED", "?"]), st.booleans()),
    recipient=recipients,
    content=contents,
    consent=st.builds(ConsentFacts, st.booleans(), st.booleans()),
    allowed_regions=st.frozensets(st.sampled_from(["KE", "IT", "US"])),
    module_on=st.booleans(),
    author_may_write=st.booleans(),
)


@given(any_facts)
def test_every_combination_gets_a_decision_whose_reasons_can_all_be_said(some: SendFacts) -> None:
    decision = may_send(some, now=NOW)
    assert isinstance(decision, Allowed) == (not decision.reasons)
    given_codes = [reason.code for reason in decision.reasons]
    assert len(set(given_codes)) == len(given_codes)
    assert given_codes == sorted(given_codes, key=list(ReasonCode).index)
    for reason in decision.reasons:
        said = say(reason)
        assert said.title and said.remedy
        assert "{" not in said.sentence and "None" not in said.sentence


@given(any_facts, st.data())
def test_adding_a_refusing_fact_never_takes_a_reason_away(some: SendFacts, data: Any) -> None:
    worse = data.draw(
        st.sampled_from(
            [
                replace(some, module_on=False),
                replace(some, author_may_write=False),
                replace(some, sender=SenderFacts("BANNED", some.sender.registered)),
                replace(some, sender=SenderFacts(some.sender.status, False)),
                replace(some, consent=ConsentFacts(False, False)),
                replace(some, recipient=replace(some.recipient, blocked_by_us=True)),
                replace(some, recipient=replace(some.recipient, last_inbound_at=None)),
                replace(some, connection=ConnectionFacts("none"))
                if some.connection.state == "connected"
                else some,
            ]
        )
    )
    before = {reason.code for reason in may_send(some, now=NOW).reasons}
    after = {reason.code for reason in may_send(worse, now=NOW).reasons}
    assert before <= after


@given(any_facts)
def test_nothing_but_an_approved_template_goes_outside_the_window(some: SendFacts) -> None:
    assume(not window(some.recipient.last_inbound_at, NOW).open)
    if isinstance(may_send(some, now=NOW), Allowed):
        assert isinstance(some.content, TemplateContent)
        assert some.content.status == "APPROVED"
        assert some.recipient.opted_out_at is None


def test_every_status_category_and_connection_together_has_an_answer() -> None:
    states = ("connected", "broken", "none")
    categories = ("UTILITY", "MARKETING", "AUTHENTICATION", "SERVICE", "")
    for state, category, status in product(states, categories, STATUSES):
        content = TemplateContent("t", "en", category, status)
        decision = may_send(facts(connection=ConnectionFacts(state), content=content), now=NOW)  # type: ignore[arg-type]
        fine = state == "connected" and category in categories[:3] and status == "APPROVED"
        assert isinstance(decision, Allowed) is fine


def test_every_reason_has_its_words() -> None:
    assert set(SENTENCES) == set(ReasonCode)
