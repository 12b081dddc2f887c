"""What people do with runs, pressed once, twice, and by two at a time."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ats.tenancy import company_scope
from tests.factories.ats import CandidateFactory
from tests.factories.runs import FIRST_NAME, begin, make_run, people, run_in
from tests.factories.whatsapp import NOW, MessageFactory, SenderFactory, WabaFactory, World
from whatsapp.bulk import runs
from whatsapp.models import (
    AuditEntry,
    BulkRun,
    CompanySettings,
    HoldScope,
    LiveEvent,
    Message,
    MessageStatus,
    MessageTemplate,
    RowState,
    RunRecipient,
    RunState,
    SendAttempt,
    SendHold,
)
from whatsapp.models.run import RUN_MOVES
from whatsapp.policy.outcomes import Held, Hold
from whatsapp.selectors.runs import counts
from whatsapp.sending.holds import put_hold
from whatsapp.sending.runs import finish_if_done
from whatsapp.sending.send import NotAllowed
from whatsapp.sending.unconfirmed import leave_it, send_again

S = RunState
ACTIONS = {one.__name__: one for one in (runs.pause, runs.resume, runs.start_now, runs.stop)}
TOMORROW = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def _in_company(world: World) -> Any:
    with company_scope(world.company):
        yield


def _codes(refusal: pytest.ExceptionInfo[NotAllowed]) -> list[str]:
    return [one.code for one in refusal.value.reasons]


def test_the_same_draft_again_is_the_same_run(world: World) -> None:
    draft = uuid.uuid4()
    first = make_run(world, client_id=draft)
    assert make_run(world, client_id=draft) == first
    assert BulkRun.objects.count() == RunRecipient.objects.count() == 1


def test_another_run_under_the_same_draft_is_refused(world: World) -> None:
    draft = uuid.uuid4()
    make_run(world, client_id=draft)
    for other in (
        {"candidates": people(world, 1)},
        {"name": "Another name"},
        {"starts_at": TOMORROW},
    ):
        with pytest.raises(NotAllowed) as refusal:
            make_run(world, client_id=draft, **other)
        assert _codes(refusal) == ["run_made_otherwise"]


def test_a_time_that_is_over_is_refused_and_not_taken_as_now(world: World) -> None:
    draft = uuid.uuid4()
    with pytest.raises(NotAllowed) as refusal:
        make_run(world, starts_at=NOW - timedelta(minutes=2))
    assert _codes(refusal) == ["run_time_over"]
    assert not BulkRun.objects.exists()
    later = NOW + timedelta(minutes=5)
    made = make_run(world, client_id=draft, starts_at=later)
    # The same request again, answered after the time that it names.
    assert make_run(world, client_id=draft, starts_at=later, now=TOMORROW) == made


def test_what_would_refuse_everybody_is_said_before_anything_is_planned(world: World) -> None:
    MessageTemplate.objects.update(status="PAUSED")
    CompanySettings.objects.update(recipient_field=None)
    world.template.refresh_from_db()
    with pytest.raises(NotAllowed) as refusal:
        make_run(world, values={"body.1": {"text": " "}}, audience={"candidates": []})
    assert _codes(refusal) == [
        "template_paused",
        "missing_values",
        "no_recipient_field",
        "nobody_chosen",
    ]
    assert not BulkRun.objects.exists()


def test_a_field_that_does_not_exist_is_a_missing_value(world: World) -> None:
    with pytest.raises(NotAllowed) as refusal:
        make_run(world, values={"body.1": {"field": "salary"}})
    assert _codes(refusal) == ["missing_values"]


@pytest.mark.parametrize(
    ("action", "state", "starts_at", "becomes"),
    [
        ("pause", S.SCHEDULED, TOMORROW, S.PAUSED),
        ("pause", S.RUNNING, NOW, S.PAUSED),
        ("pause", S.WAITING, NOW, S.PAUSED),
        ("pause", S.PAUSED, NOW, S.PAUSED),
        ("pause", S.PLANNING, NOW, None),
        ("pause", S.FINISHED, NOW, None),
        ("pause", S.STOPPED, NOW, None),
        ("resume", S.PAUSED, NOW, S.RUNNING),
        ("resume", S.PAUSED, TOMORROW, S.SCHEDULED),
        ("resume", S.RUNNING, NOW, S.RUNNING),
        ("resume", S.WAITING, NOW, S.WAITING),
        ("resume", S.STOPPED, NOW, None),
        ("resume", S.FINISHED, NOW, None),
        ("start_now", S.SCHEDULED, TOMORROW, S.RUNNING),
        ("start_now", S.WAITING, TOMORROW, S.RUNNING),
        ("start_now", S.PLANNING, TOMORROW, S.PLANNING),
        ("start_now", S.RUNNING, NOW, S.RUNNING),
        ("start_now", S.PAUSED, TOMORROW, None),
        ("start_now", S.STOPPED, TOMORROW, None),
        ("stop", S.PLANNING, NOW, S.STOPPED),
        ("stop", S.SCHEDULED, TOMORROW, S.STOPPED),
        ("stop", S.RUNNING, NOW, S.STOPPED),
        ("stop", S.WAITING, NOW, S.STOPPED),
        ("stop", S.PAUSED, NOW, S.STOPPED),
        ("stop", S.STOPPED, NOW, S.STOPPED),
        ("stop", S.FINISHED, NOW, None),
    ],
)
def test_an_action_moves_a_run_or_says_that_it_has_moved_on(
    world: World, action: str, state: S, starts_at: Any, becomes: S | None
) -> None:
    run = run_in(world, state, starts_at=starts_at)
    act: Callable[..., BulkRun] = ACTIONS[action]
    if becomes is None:
        with pytest.raises(NotAllowed) as refusal:
            act(run=run, by=world.bob, now=NOW)
        [reason] = refusal.value.reasons
        assert (reason.code, reason.params["state"]) == ("run_moved_on", state.label)
    else:
        assert act(run=run, by=world.bob, now=NOW).state == becomes
        # A second press, from a page that shows the run as it was.
        entries, events = AuditEntry.objects.count(), LiveEvent.objects.count()
        assert act(run=run, by=world.alice, now=NOW).state == becomes
        assert (AuditEntry.objects.count(), LiveEvent.objects.count()) == (entries, events)
    run.refresh_from_db()
    assert run.state == (becomes or state)
    if becomes not in (None, state):
        assert state in RUN_MOVES[becomes]


def test_a_run_is_looked_at_when_something_can_happen_with_it(world: World) -> None:
    run = make_run(world, starts_at=TOMORROW)
    assert runs.pause(run=run, by=world.alice, now=NOW).look_at is None
    assert runs.resume(run=run, by=world.alice, now=NOW).look_at == TOMORROW
    started = runs.start_now(run=run, by=world.alice, now=NOW)
    assert (started.look_at, started.starts_at) == (NOW, NOW)


def test_stopping_leaves_out_whoever_was_not_begun_and_keeps_what_is_on_its_way(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    run = make_run(world, people(world, 4))
    claimed, waits, again, on_its_way = RunRecipient.objects.order_by("pk")
    RunRecipient.objects.filter(pk=claimed.pk).update(claimed_at=NOW, due_at=None)
    begin(world, again, MessageStatus.QUEUED)
    begin(world, on_its_way, MessageStatus.SENDING)
    with django_capture_on_commit_callbacks(execute=True):
        runs.stop(run=run, by=world.bob, now=NOW)
    for row in (claimed, waits):
        row.refresh_from_db()
        assert (row.state, row.due_at, row.claimed_at) == (RowState.SKIPPED, None, None)
        assert [one["code"] for one in row.causes] == ["run_stopped"]
    found = counts(run)
    assert (found["skipped"], found["failed"], found["handed_over"]) == (3, 0, 1)
    not_sent = Message.objects.get(pk=again.message_id)
    assert not_sent.status == MessageStatus.FAILED
    assert [one["code"] for one in not_sent.refusal] == ["run_stopped"]
    assert Message.objects.get(pk=on_its_way.message_id).status == MessageStatus.SENDING


def test_what_meta_says_of_earlier_messages_does_not_hold_again_what_a_person_has_mended(
    world: World,
) -> None:
    run = make_run(world, people(world, 3))
    hold = Hold(Held.ACCOUNT, None, keeps=True)
    early, late = (
        begin(world, row, MessageStatus.SENDING) for row in RunRecipient.objects.order_by("pk")[:2]
    )
    SendAttempt.objects.create(message=early, number=1, handed_over_at=NOW)
    put_hold(early, hold, 131042, "", now=NOW)
    mended = NOW + timedelta(minutes=1)
    runs.let_go_on(run=run, by=world.bob, now=mended)

    put_hold(early, hold, 131042, "", now=mended)
    assert not SendHold.objects.filter(lifted_at=None).exists()
    SendAttempt.objects.create(message=late, number=1, handed_over_at=mended + timedelta(seconds=1))
    put_hold(late, hold, 131042, "", now=mended + timedelta(seconds=2))
    assert SendHold.objects.filter(lifted_at=None).exists()


def test_letting_go_on_lifts_what_holds_this_run_and_nothing_else(world: World) -> None:
    run = run_in(world, S.PAUSED)
    other = make_run(world)
    BulkRun.objects.filter(pk=other.pk).update(state=S.WAITING, look_at=TOMORROW)
    waba = WabaFactory(company=world.company, connection=world.sender.waba.connection)
    theirs = SenderFactory(company=world.company, waba=waba)

    def hold(**of: Any) -> SendHold:
        made: SendHold = SendHold.objects.create(error_code=131048, since=NOW, **of)
        return made

    ours = [
        hold(scope=HoldScope.SENDER, sender=world.sender),
        hold(scope=HoldScope.TEMPLATE, template=world.template),
        hold(scope=HoldScope.ACCOUNT, waba=world.sender.waba),
    ]
    foreign = hold(scope=HoldScope.SENDER, sender=theirs)
    assert runs.let_go_on(run=run, by=world.bob, now=NOW).state == S.RUNNING
    for one in ours:
        one.refresh_from_db()
        assert (one.lifted_at, one.lifted_by) == (NOW, world.bob)
    foreign.refresh_from_db()
    other.refresh_from_db()
    assert foreign.lifted_at is None
    assert other.look_at == NOW


@pytest.mark.parametrize(
    ("status", "is_done"),
    [
        (None, False),
        (MessageStatus.QUEUED, False),
        (MessageStatus.SENDING, False),
        (MessageStatus.UNCONFIRMED, True),
        (MessageStatus.ACCEPTED, True),
        (MessageStatus.FAILED, True),
    ],
)
def test_a_run_is_finished_once_nothing_of_it_is_to_leave(
    world: World, status: MessageStatus | None, is_done: bool
) -> None:
    run = make_run(world)
    if status is not None:
        begin(world, RunRecipient.objects.get(), status)
    assert finish_if_done(run, now=NOW) is is_done
    assert finish_if_done(run, now=NOW) is False
    run.refresh_from_db()
    assert (run.state == S.FINISHED) is is_done


def test_a_claimed_row_keeps_its_run_open(world: World) -> None:
    run = make_run(world)
    RunRecipient.objects.update(claimed_at=NOW, due_at=None)
    assert not finish_if_done(run, now=NOW)


def test_a_new_run_reaches_those_whose_message_failed(world: World) -> None:
    run = make_run(world, people(world, 3))
    failed, arrived, _ = RunRecipient.objects.order_by("pk")
    begin(world, failed, MessageStatus.FAILED, attempts=1)
    begin(world, arrived, MessageStatus.DELIVERED)
    assert runs.candidates_of_failed(run) == {"candidates": [failed.candidate_id]}


def _unconfirmed(world: World, **given: Any) -> Message:
    message: Message = MessageFactory(
        conversation=world.conversation,
        status=MessageStatus.UNCONFIRMED,
        next_try_at=None,
        **given,
    )
    return message


def test_an_unconfirmed_message_goes_again_when_a_person_says_so(world: World) -> None:
    message = _unconfirmed(world)
    assert send_again(message, by=world.bob, now=NOW)
    assert not send_again(message, by=world.alice, now=NOW)
    assert not leave_it(message, by=world.alice, now=NOW)
    message.refresh_from_db()
    assert (message.status, message.next_try_at) == (MessageStatus.QUEUED, NOW)
    assert list(AuditEntry.objects.values_list("verb", "actor")) == [
        ("unconfirmed_sent_again", world.bob.pk)
    ]


def test_an_unconfirmed_message_that_is_left_has_failed_and_says_why(world: World) -> None:
    message = _unconfirmed(world)
    assert leave_it(message, by=world.bob, now=NOW)
    assert not send_again(message, by=world.alice, now=NOW)
    message.refresh_from_db()
    assert message.status == MessageStatus.FAILED
    assert [one["code"] for one in message.refusal] == ["given_up"]


def test_a_status_that_came_meanwhile_wins(world: World) -> None:
    message = _unconfirmed(world)
    Message.objects.filter(pk=message.pk).update(status=MessageStatus.DELIVERED)
    assert not send_again(message, by=world.bob, now=NOW)
    assert not leave_it(message, by=world.bob, now=NOW)


def test_what_is_too_old_to_be_true_does_not_go_again(world: World) -> None:
    message = _unconfirmed(world, created_at=NOW - timedelta(hours=25))
    with pytest.raises(NotAllowed) as refusal:
        send_again(message, by=world.bob, now=NOW)
    assert _codes(refusal) == ["waited_too_long"]


def test_sending_again_opens_a_finished_run_and_no_stopped_one(world: World) -> None:
    run = make_run(world)
    message = begin(world, RunRecipient.objects.get(), MessageStatus.UNCONFIRMED)
    finish_if_done(run, now=NOW)
    assert send_again(message, by=world.bob, now=NOW)
    run.refresh_from_db()
    assert (run.state, run.look_at, run.finished_at) == (S.RUNNING, NOW, None)

    Message.objects.filter(pk=message.pk).update(status=MessageStatus.UNCONFIRMED)
    runs.stop(run=run, by=world.bob, now=NOW)
    with pytest.raises(NotAllowed) as refusal:
        send_again(message, by=world.bob, now=NOW)
    assert _codes(refusal) == ["run_moved_on"]


def test_values_and_people_of_a_run_are_as_they_were_given(world: World) -> None:
    run = make_run(world, [world.amina, CandidateFactory(company=world.company)], name=" Spring ")
    assert (run.name, run.values, run.template_category) == ("Spring", FIRST_NAME, "UTILITY")
