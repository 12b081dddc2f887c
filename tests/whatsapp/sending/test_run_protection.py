"""A first small batch, and what is seen of a bulk run, protect the number that it is sent from."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from ats.tenancy import company_scope
from tests.sandboxed import Sandboxed
from tests.whatsapp import payloads
from tests.whatsapp.sending.crowd import run_to, states
from tests.whatsapp.sending.play import (
    Time,
    after,
    causes,
    drain,
    judged,
    outgoing,
    page,
    reached,
    read_account,
    tell,
)
from whatsapp.bulk import runs
from whatsapp.models import BulkRun, Connection, RunState
from whatsapp.sending import engine
from whatsapp.webhooks import apply

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("sending")]

# What becomes of a first batch is looked at this often.
MOMENT = timedelta(seconds=3)


def resume(meta: Sandboxed, run: BulkRun, time: Time) -> None:
    with company_scope(meta.world.company):
        runs.resume(run=run, by=meta.world.bob, now=time())


def quality(meta: Sandboxed, colour: str, time: Time) -> None:
    """Meta rates the number anew, and it is read."""
    meta.stack.control("numbers/quality", number=meta.phone_number_id, quality=colour)
    with company_scope(meta.world.company):
        Connection.objects.update(sync_wanted_at=time())
    read_account(meta, time)


def test_a_few_go_first_and_the_rest_once_these_have_arrived(meta: Sandboxed) -> None:
    time = Time()
    run = run_to(meta, 40)
    drain(time)
    assert states(run) == {"accepted": 10, "planned": 30}
    now = page(run, time())
    assert [one.title for one in now.causes] == ["Looking at the first messages"]
    time.passes(MOMENT)
    drain(time)
    assert states(run) == {"accepted": 10, "planned": 30}

    tell(meta, time)
    time.passes(MOMENT)
    drain(time)
    assert states(run) == {"delivered": 10, "accepted": 30}
    assert set(reached(meta).values()) == {1}
    assert page(run, time()).run.state == RunState.FINISHED


def test_a_first_batch_of_which_nothing_is_heard_holds_the_rest_up_for_minutes_only(
    meta: Sandboxed,
) -> None:
    time = Time()
    run = run_to(meta, 20)
    drain(time)
    assert states(run) == {"accepted": 10, "planned": 10}
    until = page(run, time()).run.waits_until
    assert until is not None
    time.passes(until - time())
    drain(time)
    assert states(run) == {"accepted": 20}


def test_a_first_batch_that_fails_pauses_the_run_and_who_resumes_it_is_not_asked_twice(
    meta: Sandboxed,
) -> None:
    time = Time()
    run = run_to(meta, 40, not_on_whatsapp=4)
    drain(time)
    tell(meta, time)
    time.passes(MOMENT)
    drain(time)
    assert states(run) == {"delivered": 6, "failed": 4, "planned": 30}
    now = page(run, time())
    assert now.run.state == RunState.PAUSED
    [said] = now.causes
    assert said.title == "Many people are not on WhatsApp"
    assert "4 of 10" in said.sentence
    drain(time)
    assert states(run)["planned"] == 30

    resume(meta, run, time)
    drain(time)
    tell(meta, time)
    drain(time)
    assert states(run) == {"delivered": 36, "failed": 4}
    assert page(run, time()).run.state == RunState.FINISHED


def test_people_who_ask_us_to_stop_after_it_pause_the_run(meta: Sandboxed) -> None:
    time = Time()
    run = run_to(meta, 40)
    drain(time)
    tell(meta, time)
    time.passes(MOMENT)
    for number, person in enumerate(sorted(reached(meta))[:3]):
        said = payloads.message(
            f"wamid.stop{number}", "STOP", wa_id=person[1:], at=int(time().timestamp())
        )
        payloads.post(Client(), payloads.delivery(meta.world.sender, messages=[said]))
    apply.drain(time)
    drain(time)
    assert states(run) == {"delivered": 10, "planned": 30}
    [said_of_run] = page(run, time()).causes
    assert said_of_run.title == "Many people ask us to stop"
    assert "3 of 10" in said_of_run.sentence


def test_yellow_quality_slows_the_run_and_red_pauses_it_until_a_person_has_looked(
    meta: Sandboxed,
) -> None:
    time = Time()
    quality(meta, "YELLOW", time)
    run = judged(run_to(meta, 100))
    slowed = []

    def turn_red() -> None:
        slowed.extend(page(run, time()).slowed)
        quality(meta, "RED", time)

    engine.drain(time, after(meta, 10, turn_red))
    drain(time)
    assert [one.title for one in slowed] == ["The number's quality has fallen"]
    run.refresh_from_db()
    assert (run.state, causes(run)) == (RunState.PAUSED, ["run_sender_quality"])
    begun = len(outgoing(meta))
    assert begun < 100
    assert states(run).keys() <= {"accepted", "planned", "queued"}

    resume(meta, run, time)
    drain(time)
    assert states(run) == {"accepted": 100}
    assert set(reached(meta).values()) == {1}
    # Red is what Bob saw: it goes slower, but nobody asks him again.
    assert page(run, time()).run.speed == 50
