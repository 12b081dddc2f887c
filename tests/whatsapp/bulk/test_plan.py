"""Planning a run: one row for each candidate, in batches, whatever dies in between."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ats.models import Application, Stage
from ats.tenancy import all_companies, company_scope
from tests.factories.ats import ApplicationFactory, CandidateFactory, JobFactory
from tests.factories.runs import make_run, people
from tests.factories.whatsapp import NOW, World
from whatsapp.bulk import plan, runs
from whatsapp.models import AuditEntry, BulkRun, CompanySettings, RowState, RunRecipient, RunState

ITALIAN = "+393205550142"


def _rows(world: World, run: BulkRun) -> list[RunRecipient]:
    with company_scope(world.company):
        return list(RunRecipient.objects.filter(run=run).order_by("pk"))


def _codes(row: RunRecipient) -> list[str]:
    return [one["code"] for one in row.causes]


def test_each_candidate_has_one_row_in_the_order_of_their_ids(world: World) -> None:
    those = people(world, 3)
    run = make_run(world, those[::-1])
    rows = _rows(world, run)
    assert [row.candidate_id for row in rows] == sorted(one.pk for one in those)
    assert {(row.state, row.region, row.due_at) for row in rows} == {("planned", "KE", NOW)}
    assert [row.number for row in rows] == [row.phone[1:] for row in rows]
    assert (run.state, run.look_at, run.total) == (RunState.RUNNING, NOW, 3)


def test_whoever_has_no_number_in_the_recipient_field_is_left_out(world: World) -> None:
    run = make_run(world, [world.amina, CandidateFactory(company=world.company)])
    assert [_codes(row) for row in _rows(world, run)] == [[], ["no_number"]]


def test_of_two_candidates_with_one_number_the_first_gets_the_message(world: World) -> None:
    brazil = [
        CandidateFactory(company=world.company, mobile=mobile)
        for mobile in ("+5511987654321", "+551187654321", "+5511987654321")
    ]
    first, *others = _rows(world, make_run(world, brazil))
    assert (first.state, first.twin_of_id) == (RowState.PLANNED, None)
    for row in others:
        assert (row.state, row.twin_of_id) == (RowState.SKIPPED, first.pk)
        assert _codes(row) == ["duplicate_number"]


def test_a_twin_is_found_in_an_earlier_batch(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "BATCH", 1)
    those = [CandidateFactory(company=world.company, mobile=ITALIAN) for _ in range(3)]
    first, *others = _rows(world, make_run(world, those))
    assert [row.twin_of_id for row in others] == [first.pk, first.pk]


def test_a_country_that_is_not_allowed_is_left_out_but_for_whom_one_may_answer(
    world: World,
) -> None:
    with company_scope(world.company):
        CompanySettings.objects.update(allowed_countries=["IT"])
    kenyan, italian = people(world, 1)[0], CandidateFactory(company=world.company, mobile=ITALIAN)
    run = make_run(world, [world.amina, kenyan, italian])
    causes = {row.candidate_id: _codes(row) for row in _rows(world, run)}
    assert causes == {world.amina.pk: [], kenyan.pk: ["country_not_allowed"], italian.pk: []}


def test_a_filter_is_read_when_the_run_is_planned(world: World) -> None:
    job = JobFactory(company=world.company)
    those = people(world, 3)
    for one in those:
        ApplicationFactory(candidate=one, job=job, stage=Stage.SCREENING)
    run = make_run(world, audience={"job": job.pk, "stage": Stage.SCREENING}, planned=False)
    with company_scope(world.company):
        Application.objects.filter(candidate=those[0]).update(stage=Stage.REJECTED)
    plan.drain(lambda: NOW)
    assert [row.candidate_id for row in _rows(world, run)] == [one.pk for one in those[1:]]


def test_candidates_of_another_company_are_nobody(world: World) -> None:
    run = make_run(world, [world.amina, CandidateFactory(mobile=ITALIAN)])
    assert [row.candidate_id for row in _rows(world, run)] == [world.amina.pk]


def test_what_a_dead_planner_left_is_planned_on_and_nobody_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "BATCH", 2)
    those = people(world, 5)
    run = make_run(world, those, planned=False)
    with all_companies():
        claimed = plan._claim(NOW)
    assert claimed is not None
    with company_scope(world.company):
        given = plan.given_of(claimed)
        assert plan._plan_batch(given, given.audience.after(0, most=2), now=NOW)
    assert plan.drain(lambda: NOW + plan.LEASE)  # it is still taken to be at work
    assert len(_rows(world, run)) == 2
    later = NOW + plan.LEASE + timedelta(seconds=1)
    plan.drain(lambda: later)
    assert [row.candidate_id for row in _rows(world, run)] == [one.pk for one in those]
    with company_scope(world.company):
        run.refresh_from_db()
        # The dead one wakes up and finds that the run is not its any more.
        assert not plan._plan_batch(given, [those[2].pk, those[3].pk], now=later)
    assert (run.total, run.state) == (5, RunState.RUNNING)


def test_a_planner_that_is_asked_to_stop_leaves_the_run_to_the_next_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "BATCH", 1)
    run = make_run(world, people(world, 3), planned=False)
    turns = iter([True, True, False, False])
    assert not plan.drain(lambda: NOW, lambda: next(turns))
    assert len(_rows(world, run)) == 1
    assert plan.drain(lambda: NOW)
    assert len(_rows(world, run)) == 3


@pytest.mark.parametrize(
    ("starts_at", "state", "look_at"),
    [
        (None, RunState.RUNNING, NOW),
        (NOW - timedelta(seconds=30), RunState.RUNNING, NOW),
        (NOW + timedelta(hours=3), RunState.SCHEDULED, NOW + timedelta(hours=3)),
    ],
)
def test_a_planned_run_starts_now_or_at_its_time(
    world: World, starts_at: datetime | None, state: RunState, look_at: datetime
) -> None:
    run = make_run(world, starts_at=starts_at)
    assert (run.state, run.look_at) == (state, look_at)


def test_a_run_that_reaches_nobody_is_finished_at_once(world: World) -> None:
    run = make_run(world, [CandidateFactory(company=world.company)])
    assert (run.state, run.finished_at) == (RunState.FINISHED, NOW)


def test_a_run_stopped_while_it_is_planned_has_no_row_that_could_leave(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "BATCH", 1)
    run = make_run(world, people(world, 3), planned=False)
    turns = iter([True, True, False, False])
    plan.drain(lambda: NOW, lambda: next(turns))
    with company_scope(world.company):
        runs.stop(run=run, by=world.bob, now=NOW)
    plan.drain(lambda: NOW)
    rows = _rows(world, run)
    assert [(row.state, _codes(row)) for row in rows] == [(RowState.SKIPPED, ["run_stopped"])]
    with company_scope(world.company):
        run.refresh_from_db()
        assert run.state == RunState.STOPPED
        assert list(AuditEntry.objects.order_by("pk").values_list("verb", "actor")) == [
            ("run_created", world.alice.pk),
            ("run_stopped", world.bob.pk),
        ]
