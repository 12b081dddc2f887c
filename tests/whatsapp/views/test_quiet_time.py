"""Quiet time on the configuration page: what is said, what is kept, and what is lost: nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from ats.models import Role
from ats.tenancy import company_scope
from tests.factories.ats import UserFactory
from tests.factories.runs import RunFactory
from tests.factories.whatsapp import NOW, World
from whatsapp.models import AuditEntry, BulkRun, CompanySettings, RunState
from whatsapp.policy.quiet import read_quiet
from whatsapp.selectors.quiet import words_of

NIGHTS = {"days": [0, 1, 2, 3, 4], "start": "20:00", "end": "08:00"}
WEEKEND = {"days": [5, 6], "start": "00:00", "end": "00:00"}
URL = "whatsapp:save_quiet"


@pytest.fixture
def wanda(world: World, client: Client) -> Client:
    client.force_login(UserFactory(company=world.company, role=Role.WHATSAPP_ADMIN))
    return client


def typed(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """As the form sends it."""
    body: dict[str, Any] = {"quiet-TOTAL_FORMS": len(rows), "quiet-INITIAL_FORMS": 0, "zone": ""}
    for number, row in enumerate(rows):
        body |= {f"quiet-{number}-{name}": value for name, value in row.items()}
    return body | more


def stored(world: World) -> CompanySettings:
    with company_scope(world.company):
        return CompanySettings.objects.get()


def rome(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Rome"))


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (
            "2026-11-20T14:18",
            "Not quiet now. The next quiet time begins today, Friday, at 20:00 and ends on Monday,"
            " 23 November, at 08:00 (Rome).",
        ),
        (
            "2026-11-19T23:00",
            "Quiet now. It ends tomorrow, Friday, at 08:00 (Rome). The next one begins tomorrow,"
            " Friday, at 20:00.",
        ),
    ],
)
def test_it_says_in_words_when_it_begins_and_ends(now: str, words: str) -> None:
    quiet = read_quiet([NIGHTS, WEEKEND | {"days": [5, 6]}, NIGHTS | {"days": [6]}], "Europe/Rome")
    assert " ".join(words_of(quiet, rome(now))) == words


@pytest.mark.parametrize(
    ("now", "start", "end", "words"),
    [
        (
            "2026-03-28T12:00",
            "20:00",
            "08:00",
            "begins today, Saturday, at 20:00 and ends tomorrow, Sunday, at 08:00 (Rome). Clocks go"
            " forward in between: it lasts 11 hours, not 12 hours.",
        ),
        (
            "2026-10-24T12:00",
            "20:00",
            "08:00",
            "at 08:00 (Rome). Clocks go back in between: it lasts 13 hours, not 12 hours.",
        ),
        # The clock jumps over the beginning, and shows the end twice.
        ("2026-03-28T12:00", "02:30", "04:00", "begins tomorrow, Sunday, at 03:00 and ends"),
        (
            "2026-10-24T12:00",
            "01:00",
            "02:30",
            "ends tomorrow, Sunday, at 02:30, the second time the clock shows it (Rome).",
        ),
    ],
)
def test_the_words_are_right_where_the_clocks_change(
    now: str, start: str, end: str, words: str
) -> None:
    quiet = read_quiet([{"days": list(range(7)), "start": start, "end": end}], "Europe/Rome")
    assert words in " ".join(words_of(quiet, rome(now)))


@pytest.mark.django_db
def test_several_ranges_are_kept_and_the_audit_has_both_sides(world: World, wanda: Client) -> None:
    night = {"days": ["0", "4"], "start": "2000", "end": "8"}
    rows = typed(night, {"days": ["5"], "start": "00:00", "end": "24:00"}, zone="Africa/Nairobi")
    assert wanda.post(reverse(URL), rows).status_code == 302
    kept = [NIGHTS | {"days": [0, 4]}, WEEKEND | {"days": [5]}]
    assert (stored(world).quiet_times, stored(world).quiet_zone) == (kept, "Africa/Nairobi")
    with company_scope(world.company):
        entry = AuditEntry.objects.get(verb="quiet_time_set")
    assert entry.data == {
        "before": {"ranges": [], "zone": ""},
        "after": {"ranges": kept, "zone": "Africa/Nairobi"},
    }
    page = wanda.get(reverse("whatsapp:configuration")).content.decode()
    assert "Not quiet now." in page and 'value="24:00"' in page
    assert "Saturday, all day" in page


@pytest.mark.django_db
def test_a_row_that_was_removed_or_never_filled_in_is_no_range(world: World, wanda: Client) -> None:
    body = typed({}, {"days": ["0"], "start": "20:00", "end": "08:00"}, {"start": "", "end": ""})
    wanda.post(reverse(URL), body)
    assert stored(world).quiet_times == [NIGHTS | {"days": [0]}]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"days": ["0"], "start": "half past", "end": "08:00"}, "From: Write a time from 00:00"),
        ({"start": "half past", "end": "26:00"}, "Choose the days on which it begins."),
        ({"days": [str(d) for d in range(7)], "start": "half past", "end": "24:01"}, "To: Write"),
        ({"days": ["0"], "start": "half past", "end": ""}, "To: Write a time"),
    ],
)
def test_bad_input_is_explained_and_stays_typed(
    world: World, wanda: Client, row: dict[str, Any], says: str
) -> None:
    answer = wanda.post(reverse(URL), typed(row, {"days": ["6"], "start": "9", "end": "10"}))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert says in page
    assert 'value="half past"' in page and 'value="10"' in page
    with company_scope(world.company):
        assert CompanySettings.objects.first() is None or stored(world).quiet_times == []


@pytest.mark.django_db
def test_a_week_without_a_free_minute_is_refused(world: World, wanda: Client) -> None:
    body = typed({"days": [str(d) for d in range(7)], "start": "8", "end": "08:00"})
    answer = wanda.post(reverse(URL), body)
    assert answer.status_code == 422
    assert "leave no minute of the week" in answer.content.decode()


@pytest.mark.django_db
def test_rows_come_and_go_without_a_script(world: World, wanda: Client) -> None:
    rows = typed(
        {"days": ["0"], "start": "half past", "end": "08:00"},
        {"days": ["6"], "start": "9", "end": "10"},
    )
    more = wanda.post(reverse(URL), rows | {"add": "1"}).content.decode()
    assert 'name="quiet-2-start"' in more and 'value="half past"' in more
    assert "Write a time" not in more and "not saved yet" in more
    fewer = wanda.post(reverse(URL), rows | {"remove": "0"}).content.decode()
    assert 'value="half past"' not in fewer and 'name="quiet-0-start" value="9"' in fewer
    assert 'name="quiet-1-start"' not in fewer
    with company_scope(world.company):
        assert not AuditEntry.objects.exists()


@pytest.mark.django_db
def test_bulk_sends_on_their_way_ask_again_whether_they_may_go_on(
    world: World, wanda: Client
) -> None:
    with company_scope(world.company):
        common = {"company": world.company, "sender": world.sender, "template": world.template}
        runs = [
            RunFactory(**common, state=state).pk for state in (RunState.RUNNING, RunState.WAITING)
        ]
        wanda.post(reverse(URL), typed({"days": ["0"], "start": "20:00", "end": "08:00"}))
        found = BulkRun.objects.filter(pk__in=runs)
        assert set(found.values_list("state", "look_at")) == {(RunState.WAITING, NOW)}


def test_of_two_tabs_the_later_one_is_told_before_it_wins(world: World, wanda: Client) -> None:
    drawn = wanda.get(reverse("whatsapp:configuration")).context["quiet_form"].drawn
    wanda.post(reverse(URL), typed(NIGHTS, drawn=drawn))
    refused = wanda.post(reverse(URL), typed(WEEKEND, drawn=drawn))
    assert refused.status_code == 422
    assert "Somebody else saved the quiet time meanwhile" in refused.content.decode()
    assert stored(world).quiet_times == [NIGHTS]
    # What was typed stands there; sent again it is kept.
    form = refused.context["quiet_form"]
    assert [row["start"].value() for row in form.ranges.rows()] == [WEEKEND["start"]]
    assert wanda.post(reverse(URL), typed(WEEKEND, drawn=form.drawn)).status_code == 302
    assert stored(world).quiet_times == [WEEKEND]


def test_an_unread_mistake_does_not_renew_what_the_tab_has_seen(
    world: World, wanda: Client
) -> None:
    drawn = wanda.get(reverse("whatsapp:configuration")).context["quiet_form"].drawn
    wanda.post(reverse(URL), typed(NIGHTS, drawn=drawn))
    wrong = wanda.post(reverse(URL), typed(WEEKEND | {"end": "noon"}, drawn=drawn))
    assert wrong.context["quiet_form"].drawn == drawn


def test_more_than_twenty_are_refused_in_our_words(world: World, wanda: Client) -> None:
    rows = [NIGHTS | {"start": f"20:{minute:02}"} for minute in range(21)]
    answer = wanda.post(reverse(URL), typed(*rows))
    assert answer.status_code == 422
    assert "There are more than 20 quiet times. Remove some" in answer.content.decode()
    answer = wanda.post(reverse(URL), typed(*rows, **{"quiet-TOTAL_FORMS": 5000}))
    assert "There are more than 20 quiet times. Remove some" in answer.content.decode()
    # Rows that were removed do not count.
    rest = typed(**{"quiet-TOTAL_FORMS": 30})
    rest |= {f"quiet-29-{name}": value for name, value in NIGHTS.items()}
    assert wanda.post(reverse(URL), rest).status_code == 302


def test_the_same_twice_is_kept_once_and_an_empty_one_is_said_to_be_left_out(
    world: World, wanda: Client
) -> None:
    empty = {"start": "", "end": ""}
    answer = wanda.post(reverse(URL), typed(NIGHTS, NIGHTS, empty), follow=True)
    assert "A quiet time without days and hours was left out." in answer.content.decode()
    assert stored(world).quiet_times == [NIGHTS]
