"""What Meta refuses to single people, and for a while: again later, never, or remembered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import redis
from django.utils import timezone

from ats.models import Candidate
from ats.tenancy import company_scope
from tests.factories.runs import make_run
from tests.factories.whatsapp import MessageTemplateFactory
from tests.sandboxed import INVITATION, Sandboxed, connect_sister
from tests.whatsapp.sending.crowd import run_to, states
from tests.whatsapp.sending.play import (
    Time,
    after,
    drain,
    judged,
    left_out,
    outgoing,
    reached,
    tell,
)
from whatsapp.models import (
    BulkRun,
    Consent,
    ConsentPurpose,
    RunState,
    SendAttempt,
)
from whatsapp.sending import engine

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("sending")]

ONE = "+254722500002"


@pytest.fixture
def over(settings: Any) -> Any:
    """What Meta held up is over by Redis's clock, which no test sets forward."""
    return redis.Redis.from_url(settings.REDIS_URL).flushdb


def refuse(meta: Sandboxed, code: int, **which: Any) -> None:
    meta.stack.control("fail", **{"code": code, "count": 0, "match": "/messages", **which})


def again_to_all(meta: Sandboxed, time: Time, **given: Any) -> BulkRun:
    """Another run to everybody who was written to before."""
    with company_scope(meta.world.company):
        everybody = list(Candidate.objects.filter(first_name__startswith="Person"))
    return judged(make_run(meta.world, everybody, now=time(), **given))


def marketing_template(meta: Sandboxed) -> Any:
    advert = {**INVITATION, "name": "season_opens", "category": "MARKETING"}
    meta.stack.control("templates", waba_id=meta.world.sender.waba.waba_id, templates=[advert])
    return MessageTemplateFactory(
        company=meta.world.company,
        waba=meta.world.sender.waba,
        name=advert["name"],
        category="MARKETING",
        components=advert["components"],
    )


def agree_to_marketing(meta: Sandboxed) -> None:
    with company_scope(meta.world.company):
        Consent.objects.bulk_create(
            Consent(
                candidate=one,
                purpose=ConsentPurpose.MARKETING,
                granted=True,
                source="careers page",
                at=timezone.now() - timedelta(days=1),
            )
            for one in Candidate.objects.all()
        )


def attempts_of(run: BulkRun, phone: str) -> list[tuple[int, str, int | None]]:
    with company_scope(run.company_id):
        rows = SendAttempt.objects.filter(message__run_recipient__phone=phone, message__run=run)
        return list(rows.order_by("number").values_list("number", "outcome", "error_code"))


def test_whoever_meta_spares_marketing_is_not_tried_again_and_left_out_for_a_day(
    meta: Sandboxed,
) -> None:
    time = Time()
    template = marketing_template(meta)
    refuse(meta, 131049, to=ONE)
    useful = judged(run_to(meta, 5))
    agree_to_marketing(meta)
    run = again_to_all(meta, time, template=template)
    with company_scope(meta.world.company):
        BulkRun.objects.filter(pk=useful.pk).update(state=RunState.PAUSED)
    drain(time)
    assert states(run) == {"accepted": 4, "failed": 1}
    time.passes(timedelta(hours=1), meta)
    drain(time)
    assert attempts_of(run, ONE) == [(1, "refused", 131049)]

    meta.stack.control("faults/clear")
    same_day = again_to_all(meta, time, template=template)
    drain(time)
    assert left_out(same_day) == {ONE: ["marketing_limited"]}
    with company_scope(meta.world.company):
        BulkRun.objects.filter(pk=useful.pk).update(state=RunState.RUNNING, look_at=time())
    drain(time)
    assert states(useful) == {"accepted": 5}
    time.passes(timedelta(hours=24), meta)
    next_day = again_to_all(meta, time, template=template)
    drain(time)
    assert states(next_day) == {"accepted": 5}


def test_whoever_is_not_on_whatsapp_is_left_out_of_the_next_run(meta: Sandboxed) -> None:
    time = Time()
    run = judged(run_to(meta, 5, not_on_whatsapp=1))
    drain(time)
    tell(meta, time)
    assert states(run) == {"delivered": 4, "failed": 1}
    following = again_to_all(meta, time)
    drain(time)
    assert left_out(following) == {"+254722500000": ["not_on_whatsapp"]}
    assert states(following) == {"accepted": 4, "skipped": 1}


def test_a_number_that_is_too_fast_rests_while_another_goes_on(meta: Sandboxed, over: Any) -> None:
    time = Time()
    sister = connect_sister(meta.stack, meta, now=timezone.now())
    refuse(meta, 130429, phone_number_id=meta.phone_number_id)
    resting, other = judged(run_to(meta, 20)), judged(run_to(sister, 20, begin=100))
    # The clock stands still: however slow the machine is, no rest is over meanwhile.
    now = time()
    for _ in range(3):
        engine.drain(lambda: now)
    assert states(other) == {"accepted": 20}
    assert states(resting).keys() <= {"queued", "planned"}
    # The number rests: not everything is tried on it.
    with company_scope(meta.world.company):
        assert SendAttempt.objects.filter(message__run=resting).count() <= 32

    meta.stack.control("faults/clear")
    time.passes(timedelta(minutes=2))
    over()
    drain(time)
    assert states(resting) == {"accepted": 20}
    assert set(reached(meta).values()) == {1}


def test_a_person_who_gets_too_many_waits_alone(meta: Sandboxed, over: Any) -> None:
    time = Time()
    refuse(meta, 131056, to=ONE, count=1)
    run = judged(run_to(meta, 10))
    drain(time)
    assert states(run) == {"accepted": 9, "queued": 1}
    time.passes(timedelta(minutes=2))
    over()
    drain(time)
    assert states(run) == {"accepted": 10}
    assert attempts_of(run, ONE) == [(1, "not_taken", 131056), (2, "accepted", None)]


@pytest.mark.parametrize("refuses", [False, True])
def test_an_account_near_its_limit_of_calls_rests_for_as_long_as_meta_says(
    meta: Sandboxed, over: Any, refuses: bool
) -> None:
    time = Time()

    def near_the_end() -> None:
        meta.stack.control(
            "usage",
            waba_id=meta.world.sender.waba.waba_id,
            call_count=100 if refuses else 85,
            estimated_time_to_regain_access=5,
            refuse=refuses,
        )

    run = judged(run_to(meta, 120))
    engine.drain(time, after(meta, 10, near_the_end))
    taken = len(outgoing(meta))
    assert 10 <= taken < 120
    time.passes(timedelta(minutes=4))
    engine.drain(time)
    assert len(outgoing(meta)) == taken
    assert states(run).keys() <= {"accepted", "queued", "planned"}

    meta.stack.control("usage", waba_id=meta.world.sender.waba.waba_id)
    # A quarter more than Meta said, at the most.
    time.passes(timedelta(minutes=8))
    over()
    drain(time)
    assert states(run) == {"accepted": 120}
    assert set(reached(meta).values()) == {1}
