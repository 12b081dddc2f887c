"""What dead workers and a lost Redis leave behind is settled: nobody twice, nobody lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from ats.tenancy import all_companies, company_scope
from tests.sandboxed import Sandboxed
from tests.whatsapp.sending.crowd import run_to, states
from tests.whatsapp.sending.play import (
    Time,
    drain,
    judged,
    outgoing,
    page,
    reached,
    status_of,
    told,
)
from whatsapp.models import BulkRun, Message, RunRecipient, RunState, SendAttempt
from whatsapp.models.outbox import Handed
from whatsapp.sending import claims, engine, outcome, pace
from whatsapp.sending.rows import prepare_rows
from whatsapp.sending.unconfirmed import send_again

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("sending")]


@pytest.fixture
def lease(settings: Any) -> timedelta:
    return timedelta(seconds=settings.WHATSAPP["SENDING_LEASE"] + 1)


def claimed(run: BulkRun, most: int, time: Time) -> list[Any]:
    """What a worker that is gone had claimed, and its messages."""
    now = time()
    with company_scope(run.company_id):
        BulkRun.objects.filter(pk=run.pk).update(first_batch_up_to=2**62)
        run = BulkRun.objects.select_related(
            "sender__waba__connection", "template", "author", "agreed_by", "company"
        ).get(pk=run.pk)
        rows = RunRecipient.objects.claim(run.pk, now=now, most=most)
        return [run, rows, now]


def expire(time: Time) -> int:
    with all_companies():
        return outcome.expire_claims(now=time())


def attempts(message: Message) -> list[tuple[int, str]]:
    rows = SendAttempt.objects.filter(message=message).order_by("number")
    return list(rows.values_list("number", "outcome"))


def test_rows_that_a_dead_worker_had_claimed_go_after_its_lease(
    meta: Sandboxed, lease: timedelta
) -> None:
    time = Time()
    run = judged(run_to(meta, 10))
    claimed(run, 4, time)
    drain(time)
    assert states(run) == {"accepted": 6, "planned": 4}
    assert page(run, time()).run.state == RunState.RUNNING
    assert [one.count for one in page(run, time()).tallies if one.fate.key == "preparing"] == [4]

    time.passes(lease)
    assert expire(time) == 0
    drain(time)
    assert states(run) == {"accepted": 10}
    assert set(reached(meta).values()) == {1}
    assert page(run, time()).run.state == RunState.FINISHED


def test_messages_that_a_dead_worker_had_not_handed_over_go_after_its_lease(
    meta: Sandboxed, lease: timedelta
) -> None:
    time = Time()
    planned = judged(run_to(meta, 10))
    run, rows, claim = claimed(planned, 4, time)
    with company_scope(run.company_id):
        prepare_rows(run, rows, claim=claim, clock=lambda: claim)
    drain(time)
    assert states(run) == {"accepted": 6, "queued": 4}
    time.passes(lease)
    assert expire(time) == 0
    drain(time)
    assert states(run) == {"accepted": 10}
    assert set(reached(meta).values()) == {1}


def test_what_a_dead_worker_had_handed_over_waits_for_a_person_and_never_goes_by_itself(
    meta: Sandboxed, lease: timedelta
) -> None:
    time = Time()
    planned = judged(run_to(meta, 3))
    run, rows, claim = claimed(planned, 1, time)
    with company_scope(run.company_id):
        [one] = prepare_rows(run, rows, claim=claim, clock=lambda: claim)
        handed = [Handed(one.message_id, one.company_id, claim, one.attempt, one.callback_id)]
        assert Message.objects.hand_over(handed, now=time()) == {one.message_id}
    drain(time)
    assert page(run, time()).run.state == RunState.RUNNING
    time.passes(lease)
    assert expire(time) == 1
    time.passes(timedelta(hours=1))
    drain(time)
    assert states(run) == {"accepted": 2, "unconfirmed": 1}
    now = page(run, time())
    assert now.run.state == RunState.FINISHED
    assert "waits for a person" in now.next_words


def test_a_status_settles_a_message_whose_answer_was_lost_also_by_its_second_attempt(
    meta: Sandboxed,
) -> None:
    time = Time()
    lost = {"code": 2, "after_accept": True, "match": "/messages", "to": "+254722500001"}
    meta.stack.control("fail", count=2, **lost)
    run = judged(run_to(meta, 3))
    drain(time)
    assert states(run) == {"accepted": 2, "unconfirmed": 1}
    with company_scope(meta.world.company):
        message = Message.objects.get(run_recipient__phone="+254722500001")
        assert attempts(message) == [(1, "lost")]
        # Bob takes the risk that it arrives twice, and this answer is lost as well.
        assert send_again(message, by=meta.world.bob, now=time())
        drain(time)
        assert attempts(message) == [(1, "lost"), (2, "lost")]
        assert states(run) == {"accepted": 2, "unconfirmed": 1}

        sent = [one for one in outgoing(meta) if one["number"] == "+254722500001"]
        names = {one["biz_opaque_callback_data"] for one in sent}
        assert len(sent) == len(names) == 2
        [second] = [
            one for one in sent if one["biz_opaque_callback_data"] != str(message.callback_id)
        ]
        told(meta, {**status_of(second), "status": "sent"}, clock=time)
        assert attempts(message) == [(1, "lost"), (2, "accepted")]
        message.refresh_from_db()
        assert (message.status, message.wamid) == ("sent", second["wamid"])
        assert not send_again(message, by=meta.world.bob, now=time())


def test_without_redis_nothing_leaves_and_nothing_is_lost(
    meta: Sandboxed, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = judged(run_to(meta, 10))
    here = pace.PACE
    monkeypatch.setattr(pace, "PACE", pace.Pace(pace.connect("redis://127.0.0.1:1/0")))
    assert not engine.drain(timezone.now)
    assert states(run).keys() <= {"planned", "queued"}
    assert not outgoing(meta)
    with all_companies():
        assert not Message.objects.filter(claimed_at__isnull=False).exists()
        assert not RunRecipient.objects.filter(claimed_at__isnull=False).exists()

    monkeypatch.setattr(pace, "PACE", here)
    drain()
    assert states(run) == {"accepted": 10}
    assert set(reached(meta).values()) == {1}


def test_a_row_that_cannot_be_made_ready_does_not_stand_in_the_way_of_the_others(
    meta: Sandboxed, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = Time()
    run = judged(run_to(meta, 12))
    with company_scope(meta.world.company):
        broken = RunRecipient.objects.filter(run=run).order_by("pk")[5].pk

    def stumbles(run: BulkRun, rows: Any, **given: Any) -> Any:
        if any(row.id == broken for row in rows):
            raise ValueError("a fault of ours")
        return prepare_rows(run, rows, **given)

    monkeypatch.setattr(claims, "prepare_rows", stumbles)
    drain(time)
    assert states(run) == {"accepted": 11, "planned": 1}
    monkeypatch.undo()
    time.passes(outcome.AGAIN_AFTER + timedelta(seconds=3))
    drain(time)
    assert states(run) == {"accepted": 12}
    assert set(reached(meta).values()) == {1}
