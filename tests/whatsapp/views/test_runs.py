"""Pages of bulk sends."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ats.models import Role, Stage
from ats.tenancy import company_scope
from tests.factories.ats import (
    ApplicationFactory,
    CandidateFactory,
    CandidateFieldFactory,
    JobFactory,
    UserFactory,
)
from tests.factories.runs import begin, make_run, people
from tests.factories.whatsapp import NOW, ContactFactory, MessageFactory, World
from whatsapp.models import (
    BulkRun,
    Message,
    MessageStatus,
    PortfolioLimit,
    RunRecipient,
    RunState,
    SendAttempt,
    SendHold,
    TierUse,
)

NEW = "/whatsapp/runs/new/"


@pytest.fixture
def alice(world: World, client: Client) -> Client:
    client.force_login(world.alice)
    return client


@pytest.fixture
def rows(world: World) -> list[RunRecipient]:
    """Of a run with a row of each kind."""
    those = [
        *people(world, 4),
        CandidateFactory(company=world.company, first_name="Nina", last_name="Ohne"),
    ]
    run = make_run(world, those, name="Winter season")
    with company_scope(world.company):
        return list(RunRecipient.objects.filter(run=run).order_by("pk"))


def _typed(world: World, **given: Any) -> dict[str, Any]:
    return {
        "client_id": "b3b3c1e0-0000-4000-8000-000000000007",
        "sender": world.sender.pk,
        "template": world.template.pk,
        "who": "people",
        "people": "+254722555014",
        "field-body.1": "first_name",
        "text-body.1": "there",
        "when": "now",
        "step": "check",
    } | given


def _runs(world: World) -> list[BulkRun]:
    with company_scope(world.company):
        return list(BulkRun.objects.all())


def test_a_run_is_checked_first_and_then_sent_once(alice: Client, world: World) -> None:
    checked = alice.post(NEW, _typed(world))
    assert checked.status_code == 200
    assert "Hello Amina, when would an interview suit you best?" in checked.content.decode()
    assert not _runs(world)
    for _ in range(2):
        sent = alice.post(NEW, _typed(world, step="send"))
        [run] = _runs(world)
        assert sent["Location"] == reverse("whatsapp:run", args=[run.pk])
    assert run.values == {"body.1": {"field": "first_name", "fallback": "there"}}
    assert run.audience == {"candidates": [world.amina.pk]}


def test_the_list_of_candidates_hands_its_filters_over(alice: Client, world: World) -> None:
    job = JobFactory(company=world.company)
    ApplicationFactory(candidate=world.amina, job=job, stage=Stage.SCREENING)
    listed = alice.get(f"/candidates/?job={job.pk}&stage=screening").content.decode()
    assert f"{NEW}?job={job.pk}&amp;stage=screening" in listed
    form = alice.get(f"{NEW}?job={job.pk}&stage=screening").content.decode()
    assert f'<option value="{job.pk}" selected>' in form
    typed = _typed(world, who="filter", job=job.pk, stage="screening", step="send")
    alice.post(NEW, typed)
    [run] = _runs(world)
    assert run.audience == {"job": job.pk, "stage": "screening"}


def test_a_pasted_list_names_the_lines_that_are_nobodys(alice: Client, world: World) -> None:
    typed = _typed(world, people=f"{world.amina.email.upper()}\n0722 555 014\nnobody@x.example")
    counted = alice.post(reverse("whatsapp:run_count"), typed).content.decode()
    assert "nobody@x.example" in counted
    assert '<b class="u-num">1</b> candidate' in counted


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"field-body.1": "", "text-body.1": ""}, "Write a text, or choose a field"),
        ({"template": ""}, "Choose the template that they get."),
        ({"template": "12345678"}, "does not belong to the number"),
        ({"when": "later"}, "Choose the day and time"),
        ({"when": "later", "at": "2026-11-20T08:00"}, "This time is over."),
        ({"people": "nobody@x.example"}, "There is no candidate to write to."),
    ],
)
def test_what_is_missing_is_said_and_nothing_typed_is_lost(
    alice: Client, world: World, given: dict[str, str], words: str
) -> None:
    answer = alice.post(NEW, _typed(world, name="Winter season", **given))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "Winter season" in answer.content.decode()
    assert not _runs(world)


def test_a_time_is_read_in_the_companys_zone(alice: Client, world: World) -> None:
    typed = _typed(world, when="later", at="2026-11-23T08:10", step="send")
    alice.post(NEW, typed)
    [run] = _runs(world)
    assert run.starts_at.isoformat() == "2026-11-23T07:10:00+00:00"


def test_the_check_counts_who_is_left_out_and_why(alice: Client, world: World) -> None:
    CandidateFactory(company=world.company, first_name="Twin", mobile="+254722555014")
    CandidateFactory(company=world.company, first_name="Nina")
    page = alice.post(NEW, _typed(world, who="filter")).content.decode()
    assert "No validated mobile number" in page
    assert "Another candidate here has this number" in page


def test_the_check_names_the_values_that_people_have_nothing_for(
    alice: Client, world: World
) -> None:
    given = {"field-body.1": "field:visa", "text-body.1": ""}
    CandidateFieldFactory(company=world.company, key="visa", label="Visa")
    page = alice.post(NEW, _typed(world, **given))
    assert page.context["forecast"].lacking == [("body 1", 1)]
    assert "Values missing: <b>body 1</b> for 1." in page.content.decode()


def test_each_row_says_where_it_stands_and_why(
    alice: Client, world: World, rows: list[RunRecipient]
) -> None:
    read, failed, unconfirmed, _, _ = rows
    begin(world, read, MessageStatus.READ, read_at=NOW)
    begin(world, failed, MessageStatus.FAILED, error_code=131026, failed_at=NOW)
    begin(world, unconfirmed, MessageStatus.UNCONFIRMED)
    page = alice.get(reverse("whatsapp:run", args=[read.run_id])).content.decode()
    assert '<b>1</b><span><span class="dot is-accent"></span>Read' in page
    assert "of 4 handed to Meta" in page
    assert "No validated mobile number" in page
    assert "Sent again, they may get it twice." in page
    for fate, name in (("failed", failed), ("unconfirmed", unconfirmed), ("waiting", rows[3])):
        shown = alice.get(f"{reverse('whatsapp:run', args=[read.run_id])}?fate={fate}")
        table = shown.content.decode().partition("<tbody")[2]
        assert table.count("<tr") == 1
        assert name.candidate.name in table


def test_pages_of_rows_follow_each_other(
    alice: Client, world: World, monkeypatch: pytest.MonkeyPatch, rows: list[RunRecipient]
) -> None:
    monkeypatch.setattr("whatsapp.selectors.runs.PAGE", 2)
    url: str | None = reverse("whatsapp:run", args=[rows[0].run_id])
    seen = []
    while url:
        page = alice.get(url).context["page"]
        seen += [one.row.pk for one in page.rows]
        url = f"{url.partition('?')[0]}?after={page.later}" if page.later else None
    assert seen == [row.pk for row in rows]


def test_buttons_act_once_and_say_when_they_come_too_late(
    alice: Client, world: World, rows: list[RunRecipient]
) -> None:
    act = reverse("whatsapp:run_act", args=[rows[0].run_id])
    for action, state in (
        ("pause", RunState.PAUSED),
        ("pause", RunState.PAUSED),
        ("resume", RunState.RUNNING),
        ("stop", RunState.STOPPED),
    ):
        assert alice.post(act, {"action": action}).status_code == 302
        assert _runs(world)[0].state == state
    page = alice.post(act, {"action": "resume"}, follow=True).content.decode()
    assert "It is “Stopped” by now" in page
    assert "Alice Ferrante stopped it." in page


def test_a_held_run_offers_to_go_on_once_the_cause_is_mended(
    alice: Client, world: World, rows: list[RunRecipient]
) -> None:
    run = rows[0].run
    with company_scope(world.company):
        SendHold.objects.create(scope="sender", sender=world.sender, error_code=131048, since=NOW)
        BulkRun.objects.filter(pk=run.pk).update(state=RunState.WAITING)
    url = reverse("whatsapp:run", args=[run.pk])
    assert "It is mended, go on" in alice.get(url).content.decode()
    alice.post(reverse("whatsapp:run_act", args=[run.pk]), {"action": "let_go_on"})
    assert "It is mended, go on" not in alice.get(url).content.decode()


def test_readers_see_runs_and_no_buttons(
    world: World, client: Client, rows: list[RunRecipient]
) -> None:
    client.force_login(UserFactory(company=world.company, role=Role.READ_ONLY))
    run_id = rows[0].run_id
    page = client.get(reverse("whatsapp:run", args=[run_id])).content.decode()
    assert 'name="action"' not in page
    assert client.get(reverse("whatsapp:runs")).status_code == 200
    assert client.get(NEW).status_code == 403
    assert client.post(reverse("whatsapp:run_act", args=[run_id])).status_code == 403


def test_the_ledger_of_a_run_can_be_exported(
    alice: Client, world: World, rows: list[RunRecipient]
) -> None:
    with company_scope(world.company):
        rows[0].candidate.first_name = "=HYPERLINK(1)"
        rows[0].candidate.save()
    message = begin(world, rows[0], MessageStatus.DELIVERED, delivered_at=NOW)
    with company_scope(world.company):
        SendAttempt.objects.create(message=message, number=1, handed_over_at=NOW)
    answer = alice.get(reverse("whatsapp:run_export", args=[rows[0].run_id]))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    read = list(csv.DictReader(io.StringIO(text)))
    assert [int(one["row"]) for one in read] == [row.pk for row in rows]
    first, *_, last = read
    assert first["candidate"] == "'=HYPERLINK(1) Otieno"
    assert (first["state"], first["wamid"], first["attempts"]) == ("delivered", message.wamid, "1")
    assert first["handed_over_at"] == first["delivered_at"] == NOW.isoformat()
    assert (last["state"], last["causes"]) == ("skipped", "no_number")


def test_what_is_unconfirmed_is_decided_on_its_row(
    alice: Client, world: World, rows: list[RunRecipient]
) -> None:
    message = begin(world, rows[0], MessageStatus.UNCONFIRMED)
    back = {"run": rows[0].run_id}
    answer = alice.post(reverse("whatsapp:send_again", args=[message.pk]), back)
    assert answer["Location"] == reverse("whatsapp:run", args=[rows[0].run_id])
    with company_scope(world.company):
        assert Message.objects.get(pk=message.pk).status == MessageStatus.QUEUED


def test_what_is_unconfirmed_is_decided_in_the_thread(alice: Client, world: World) -> None:
    message = MessageFactory(
        conversation=world.conversation, status=MessageStatus.UNCONFIRMED, next_try_at=None
    )
    thread = reverse("whatsapp:conversation", args=[world.conversation.pk])
    assert "they may get it twice" in alice.get(thread).content.decode()
    leave = reverse("whatsapp:leave_it", args=[message.pk])
    assert alice.post(leave, headers={"HX-Request": "true"}).status_code == 204
    assert "Nobody knows whether it arrived" in alice.get(thread).content.decode()


def test_what_is_too_old_to_go_again_says_so(alice: Client, world: World) -> None:
    message = MessageFactory(
        conversation=world.conversation,
        status=MessageStatus.UNCONFIRMED,
        next_try_at=None,
        created_at=NOW - timedelta(days=2),
    )
    again = reverse("whatsapp:send_again", args=[message.pk])
    answer = alice.post(again, headers={"HX-Request": "true"})
    thread = reverse("whatsapp:conversation", args=[world.conversation.pk])
    assert answer["HX-Redirect"] == thread
    assert "could not leave for 24 hours" in alice.get(thread).content.decode()


def test_the_check_asks_every_rule_that_is_asked_when_sending(alice: Client, world: World) -> None:
    those = [*people(world, 2, agreed=True), *people(world, 1, begin=2)]
    with company_scope(world.company):
        ContactFactory(
            company=world.company,
            portfolio_id=world.sender.waba.portfolio_id,
            phone="+254722500000",
            candidate=those[0],
            opted_out_at=NOW,
        )
    shown = alice.post(NEW, _typed(world, who="filter", q="Otieno"))
    causes = {words.title: people for words, people in shown.context["causes"]}
    assert causes == {"They asked us to stop": 1, "No recorded basis to write": 1}
    assert shown.context["forecast"].reached == 1
    with company_scope(world.company):
        assert Message.objects.count() == RunRecipient.objects.count() == 0


def test_a_full_limit_says_how_many_wait_and_when_places_come_free(
    alice: Client, world: World, rows: list[RunRecipient]
) -> None:
    portfolio_id = world.sender.waba.portfolio_id
    PortfolioLimit.objects.update_or_create(
        portfolio_id=portfolio_id,
        defaults={"tier": "TIER_250", "most": 2, "used": 2, "learned_at": NOW},
    )
    for number in range(2):
        TierUse.objects.create(
            portfolio_id=portfolio_id,
            recipient=uuid.uuid4(),
            holder=f"m{number}",
            company=world.company,
            sender=world.sender,
            taken_at=NOW - timedelta(hours=20),
        )
    page = alice.get(reverse("whatsapp:run", args=[rows[0].run_id])).content.decode()
    assert "4 wait for their turn. Places come free: 2 from 19:19." in page
