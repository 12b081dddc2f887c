"""Bulk sends made and steered by programs: the REST API and the command."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from rest_framework.test import APIClient

from ats.models import Role
from ats.tenancy import company_scope
from tests.factories.ats import UserFactory
from tests.factories.runs import begin, make_run, people
from tests.factories.whatsapp import NOW, MessageTemplateFactory, SenderFactory, World
from whatsapp.bulk import plan
from whatsapp.models import BulkRun, Message, MessageStatus, RunRecipient, RunState

RUNS = "/api/whatsapp/runs/"


@pytest.fixture
def api(world: World) -> APIClient:
    client = APIClient()
    client.force_authenticate(world.alice)
    return client


def _given(world: World, **more: Any) -> dict[str, Any]:
    return {
        "client_id": "b3b3c1e0-0000-4000-8000-000000000009",
        "sender_id": world.sender.pk,
        "template_id": world.template.pk,
        "values": {"body.1": {"field": "first_name", "fallback": "there"}},
        "candidates": [world.amina.pk],
    } | more


def _runs(world: World) -> list[BulkRun]:
    with company_scope(world.company):
        return list(BulkRun.objects.order_by("pk"))


def test_the_same_request_twice_makes_one_bulk_send(api: APIClient, world: World) -> None:
    first = api.post(RUNS, _given(world), format="json")
    second = api.post(RUNS, _given(world), format="json")
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    [run] = _runs(world)
    assert (run.author, run.audience) == (world.alice, {"candidates": [world.amina.pk]})


def test_another_request_under_the_same_key_is_refused(api: APIClient, world: World) -> None:
    api.post(RUNS, _given(world), format="json")
    other = api.post(RUNS, _given(world, candidates=[people(world, 1)[0].pk]), format="json")
    assert other.status_code == 409
    assert [one["code"] for one in other.json()["reasons"]] == ["run_made_otherwise"]


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"filter": {}}, "non_field_errors"),
        ({"values": {"body.1": {"field": "salary"}}}, "values"),
        ({"values": {"body.1": {"text": "a", "field": "name"}}}, "values"),
        ({"values": {"body.1": {"text": "a"}, "body.2": {"text": "b"}}}, "values"),
        ({"candidates": [999_999_999]}, "candidates"),
        ({"candidates": ["1_0"]}, "candidates"),
        ({"starts_at": "tomorrow"}, "starts_at"),
    ],
)
def test_what_cannot_be_read_is_named(
    api: APIClient, world: World, given: dict[str, Any], where: str
) -> None:
    answer = api.post(RUNS, _given(world, **given), format="json")
    assert answer.status_code == 400
    assert where in answer.json()
    assert not _runs(world)


def test_what_the_rules_refuse_is_said_with_every_reason(api: APIClient, world: World) -> None:
    answer = api.post(RUNS, _given(world, values={}, candidates=[]), format="json")
    assert answer.status_code == 409
    codes = [one["code"] for one in answer.json()["reasons"]]
    assert codes == ["missing_values", "nobody_chosen"]


def test_a_bulk_send_is_watched_and_steered(api: APIClient, world: World) -> None:
    run = make_run(world, people(world, 3))
    with company_scope(world.company):
        row = RunRecipient.objects.order_by("pk")[0]
    begin(world, row, MessageStatus.DELIVERED)
    url = f"{RUNS}{run.pk}/"
    assert [one["id"] for one in api.get(RUNS).json()["results"]] == [run.pk]
    detail = api.get(url).json()
    assert (detail["state"], detail["total"]) == ("running", 3)
    assert (detail["counts"]["delivered"], detail["counts"]["waiting"]) == (1, 2)
    delivered = api.get(f"{url}rows/?fate=delivered").json()["results"]
    assert [(one["id"], one["number"]) for one in delivered] == [(row.pk, row.phone)]
    for act, state in (("pause", "paused"), ("resume", "running"), ("stop", "stopped")):
        assert api.post(f"{url}{act}/").json()["state"] == state
    late = api.post(f"{url}resume/")
    assert late.status_code == 409
    assert [one["code"] for one in late.json()["reasons"]] == ["run_moved_on"]
    skipped = api.get(f"{url}rows/?fate=skipped").json()["results"]
    assert [one["causes"] for one in skipped] == [["run_stopped"], ["run_stopped"]]


def test_rows_come_in_pages(api: APIClient, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whatsapp.selectors.runs.PAGE", 2)
    run = make_run(world, people(world, 3))
    url = reverse("whatsapp_api:run_rows", args=[run.pk])
    first = api.get(url).json()
    second = api.get(f"{url}?after={first['next']}").json()
    ids = [one["id"] for one in (*first["results"], *second["results"])]
    assert (len(set(ids)), second["next"]) == (3, None)


def test_readers_make_nothing(world: World) -> None:
    client = APIClient()
    client.force_authenticate(UserFactory(company=world.company, role=Role.READ_ONLY))
    assert client.get(RUNS).status_code == 200
    assert client.post(RUNS, _given(world), format="json").status_code == 403


def _command(world: World, *more: str) -> None:
    call_command(
        "whatsapp_run",
        f"--company={world.company.slug}",
        f"--by={world.alice.email}",
        f"--template={world.template.name}",
        "--value=body.1=field:first_name,there",
        *more,
    )


def test_the_command_makes_a_bulk_send_and_says_how_it_stands(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    _command(world, f"--candidates={world.amina.pk}", "--at=2026-11-23T08:10")
    [run] = _runs(world)
    assert run.starts_at.isoformat() == "2026-11-23T07:10:00+00:00"
    assert run.values == {"body.1": {"field": "first_name", "fallback": "there"}}
    plan.drain(lambda: NOW)
    capsys.readouterr()
    call_command("whatsapp_run", f"--company={world.company.slug}", f"--status={run.pk}")
    said = capsys.readouterr().out
    assert "planned for later" in said
    assert "Sending begins on Monday, 23 November, 08:10 (Rome)." in said
    assert "Waiting: 1" in said


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "Say whom"),
        (["--candidates=1", "--words=Amina"], "Say whom"),
        (["--candidates=1,x"], "is not an id"),
        (["--candidates=1", "--at=soon"], "is no time"),
        (["--candidates=1", "--value=body.1=field:salary"], "There is no field"),
        (["--words=Nobody"], "There is no candidate to write to."),
        (["--candidates=1", "--by=nobody@x.example"], "Nobody at"),
    ],
)
def test_the_command_says_what_it_cannot_read(world: World, given: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        _command(world, *given)
    assert not _runs(world)


def test_the_command_asks_which_number_and_language_where_there_are_several(world: World) -> None:
    waba = world.sender.waba
    SenderFactory(company=world.company, waba=waba)
    chosen = f"--candidates={world.amina.pk}"
    with pytest.raises(CommandError, match="--sender ID"):
        _command(world, chosen)
    MessageTemplateFactory(
        company=world.company, waba=waba, name=world.template.name, language="it"
    )
    sender = f"--sender={world.sender.pk}"
    with pytest.raises(CommandError, match="--language"):
        _command(world, chosen, sender)
    _command(world, chosen, sender, "--language=en")
    assert [run.state for run in _runs(world)] == [RunState.PLANNING]
    with company_scope(world.company):
        assert not Message.objects.exists()
