"""People pause, resume and stop a bulk run while workers send for it."""

from __future__ import annotations

from functools import partial

import pytest

from ats.tenancy import company_scope
from tests.sandboxed import Sandboxed
from tests.whatsapp.sending.crowd import run_to, states
from tests.whatsapp.sending.play import (
    Time,
    after,
    causes,
    drain,
    judged,
    left_out,
    outgoing,
    page,
    reached,
    together,
)
from whatsapp.bulk import runs
from whatsapp.models import BulkRun, RunState
from whatsapp.sending import engine

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("sending")]

CROWD = 150
# As many as one process may have handed over at a time.
AHEAD = 2 * 16


def steered(meta: Sandboxed, run: BulkRun, time: Time, verb: str) -> None:
    with company_scope(meta.world.company):
        getattr(runs, verb)(run=run, by=meta.world.bob, now=time())


def test_of_a_paused_run_no_more_than_what_was_claimed_leaves_and_resumed_everybody_gets_it_once(
    meta: Sandboxed,
) -> None:
    time = Time()
    run = judged(run_to(meta, CROWD))
    engine.drain(time, after(meta, 10, partial(steered, meta, run, time, "pause")))
    gone = len(outgoing(meta))
    assert gone <= 10 + AHEAD
    now = page(run, time())
    assert now.run.state == RunState.PAUSED
    assert "Bob Okafor" in now.causes[0].sentence
    drain(time)
    assert len(outgoing(meta)) == gone

    steered(meta, run, time, "resume")
    drain(time)
    assert states(run) == {"accepted": CROWD}
    assert set(reached(meta).values()) == {1}


def test_of_a_stopped_run_nothing_more_is_begun_and_every_row_says_so(meta: Sandboxed) -> None:
    time = Time()
    run = judged(run_to(meta, CROWD))
    engine.drain(time, after(meta, 10, partial(steered, meta, run, time, "stop")))
    drain(time)
    found = states(run)
    assert found.keys() <= {"accepted", "failed", "skipped"}
    assert sum(found.values()) == CROWD
    assert found["accepted"] == len(outgoing(meta)) <= 10 + AHEAD
    assert set(map(tuple, left_out(run).values())) == {("run_stopped",)}
    assert causes(run) == ["run_stopped_by"]


def test_any_number_of_workers_share_a_run_and_write_to_each_person_once(meta: Sandboxed) -> None:
    time = Time()
    run = judged(run_to(meta, CROWD))
    together(*[partial(engine.drain, time)] * 3)
    drain(time)
    assert states(run) == {"accepted": CROWD}
    assert len(reached(meta)) == CROWD
    assert set(reached(meta).values()) == {1}


def test_two_runs_of_one_number_take_turns(meta: Sandboxed) -> None:
    time = Time()
    first, second = judged(run_to(meta, 110)), judged(run_to(meta, 110, begin=200))
    counts = {}

    def look() -> None:
        counts.update({run.pk: states(run).get("planned", 0) for run in (first, second)})

    engine.drain(time, after(meta, 60, look))
    drain(time)
    assert all(planned < 110 for planned in counts.values()), counts
    assert states(first) == states(second) == {"accepted": 110}
