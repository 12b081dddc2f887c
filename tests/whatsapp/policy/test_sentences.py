"""The words for reasons, as a recruiter reads them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from whatsapp.policy.reasons import Reason, ReasonCode
from whatsapp.policy.sentences import Who, say

CLOSED = datetime(2026, 11, 23, 7, 10, tzinfo=UTC)


def test_a_closed_window_names_its_end_in_the_readers_zone() -> None:
    said = say(Reason(ReasonCode.WINDOW_CLOSED, {"closed_at": CLOSED}), tz=ZoneInfo("Europe/Rome"))
    assert "That ended on Monday, 23 November 2026, 08:10 (Rome)." in said.sentence
    assert said.action == "choose_template"


def test_somebody_who_never_wrote_is_said_so() -> None:
    said = say(Reason(ReasonCode.WINDOW_CLOSED, {"closed_at": None}))
    assert said.sentence.endswith("They have not written in this conversation yet.")


def test_a_country_is_called_by_the_name_that_the_caller_knows() -> None:
    reason = Reason(ReasonCode.COUNTRY_NOT_ALLOWED, {"region": "KE"})
    assert "(Kenya)" in say(reason, country_name={"KE": "Kenya"}.__getitem__).sentence
    assert "(KE)" in say(reason).sentence


def test_missing_values_are_named() -> None:
    said = say(Reason(ReasonCode.MISSING_VALUES, {"names": ("name", "time")}))
    assert said.sentence == "The template still needs: name, time."


def test_braces_in_a_templates_name_are_shown_as_they_are() -> None:
    assert "“{x}”" in say(Reason(ReasonCode.TEMPLATE_PENDING, {"name": "{x}"})).sentence


def test_a_pause_says_its_end_or_that_meta_will_say() -> None:
    with_end = Reason(ReasonCode.TEMPLATE_PAUSED, {"name": "t", "until": CLOSED})
    without = Reason(ReasonCode.TEMPLATE_PAUSED, {"name": "t", "until": None})
    assert "07:10 (UTC)" in say(with_end).sentence
    assert "Meta will say" in say(without).sentence


def test_only_the_candidate_takes_an_opt_out_back() -> None:
    said = say(Reason(ReasonCode.OPTED_OUT, {"since": CLOSED}))
    assert said.who is Who.CANDIDATE and "since Monday" in said.sentence
