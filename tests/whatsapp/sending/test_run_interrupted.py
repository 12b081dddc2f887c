"""What Meta stops in the middle of a bulk run waits with its cause in words, and goes on once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from ats.tenancy import company_scope
from tests.factories.runs import people
from tests.sandboxed import Sandboxed
from tests.whatsapp.sending.crowd import run_to, states, switch_on
from tests.whatsapp.sending.play import (
    Time,
    after,
    causes,
    drain,
    field_told,
    judged,
    page,
    reached,
    read_account,
    tell,
    template_id,
    write_to,
)
from whatsapp.bulk import runs
from whatsapp.connection import vault
from whatsapp.models import (
    BulkRun,
    Connection,
    MessageStatus,
    RunState,
)
from whatsapp.sending import engine

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("sending")]

CROWD = 60


def interrupted(meta: Sandboxed, time: Time, act: Callable[[], Any]) -> BulkRun:
    """A run in whose middle something happens at Meta."""
    run = judged(run_to(meta, CROWD))
    engine.drain(time, after(meta, 15, act))
    drain(time)
    nothing_lost(run)
    return run


def nothing_lost(run: BulkRun) -> None:
    """Everybody has the message, or waits for it."""
    found = states(run)
    assert found.keys() <= {"accepted", "planned", "queued"}
    assert sum(found.values()) == CROWD
    assert 15 <= found["accepted"] < CROWD


def everybody_once(meta: Sandboxed, run: BulkRun) -> None:
    assert states(run) == {"accepted": CROWD}
    run.refresh_from_db()
    assert run.state == RunState.FINISHED
    assert len(reached(meta)) == CROWD
    assert set(reached(meta).values()) == {1}


def template_is(meta: Sandboxed, status: str) -> dict[str, Any]:
    said = meta.stack.control("templates/status", template_id=template_id(meta), status=status)
    return dict(said)


def number_is(meta: Sandboxed, status: str) -> None:
    meta.stack.control("numbers/status", number=meta.phone_number_id, status=status)


def test_a_template_that_meta_pauses_holds_the_run_until_meta_approves_it(meta: Sandboxed) -> None:
    time = Time()
    run = interrupted(meta, time, partial(template_is, meta, "PAUSED"))
    assert causes(run) == ["run_template_held"]
    [said] = page(run, time()).causes
    assert said.title == "Meta refuses this template"
    assert "paused" in said.sentence

    # What Meta answered is read, and from here on Meta's word about the template counts.
    read_account(meta, time)
    drain(time)
    assert causes(run) == ["run_template_paused"]
    nothing_lost(run)

    field_told(meta, template_is(meta, "APPROVED"), time)
    read_account(meta, time)
    drain(time)
    everybody_once(meta, run)


def test_nobody_is_left_out_because_meta_was_read_before_the_run_was_looked_at(
    meta: Sandboxed,
) -> None:
    time = Time()

    def pause_and_read() -> None:
        template_is(meta, "PAUSED")
        with company_scope(meta.world.company):
            Connection.objects.update(sync_wanted_at=time())
        read_account(meta, time)

    run = interrupted(meta, time, pause_and_read)
    assert causes(run) == ["run_template_paused"]
    field_told(meta, template_is(meta, "APPROVED"), time)
    read_account(meta, time)
    drain(time)
    everybody_once(meta, run)


def test_a_token_that_is_revoked_holds_the_run_until_somebody_logs_in(meta: Sandboxed) -> None:
    time = Time()
    revoke = partial(meta.stack.control, "token/revoke", access_token=meta.token)
    run = interrupted(meta, time, revoke)
    assert causes(run) == ["run_connection_broken"]
    [said] = page(run, time()).causes
    assert "Nothing is lost" in said.sentence

    fresh = meta.stack.control("token", waba_id=meta.world.sender.waba.waba_id)["access_token"]
    with company_scope(meta.world.company):
        assert Connection.objects.get().state == "broken"
        Connection.objects.update(
            state="connected", token=vault.seal(fresh), connected_at=time(), sync_wanted_at=time()
        )
    read_account(meta, time)
    drain(time)
    everybody_once(meta, run)


def test_a_restricted_number_rests_for_an_hour_and_single_messages_are_still_tried(
    meta: Sandboxed,
) -> None:
    time = Time()
    run = interrupted(meta, time, partial(number_is, meta, "RESTRICTED"))
    assert causes(run) == ["run_sender_held"]
    now = page(run, time())
    assert now.run.waits_until is not None
    assert timedelta(minutes=55) < now.run.waits_until - time() <= timedelta(hours=1)
    assert now.next_words.startswith("It goes on by itself on ")

    switch_on(meta, (500, 501))
    [one, other] = people(meta.world, 2, begin=500, agreed=True)
    refused = write_to(meta, one)
    drain(time)
    refused.refresh_from_db()
    assert (refused.status, refused.error_code) == (MessageStatus.FAILED, 131048)
    nothing_lost(run)

    number_is(meta, "CONNECTED")
    taken = write_to(meta, other)
    drain(time)
    taken.refresh_from_db()
    assert taken.status == MessageStatus.ACCEPTED
    nothing_lost(run)

    time.passes(timedelta(hours=1, minutes=1), meta)
    drain(time)
    assert states(run) == {"accepted": CROWD}
    assert set(reached(meta).values()) == {1}


def test_a_number_that_may_send_again_is_noticed_though_meta_tells_nobody(meta: Sandboxed) -> None:
    time = Time()
    run = interrupted(meta, time, partial(number_is, meta, "RESTRICTED"))
    read_account(meta, time)
    drain(time)
    assert causes(run) == ["run_sender_not_connected"]

    number_is(meta, "CONNECTED")
    time.passes(timedelta(minutes=11), meta)
    drain(time)
    read_account(meta, time)
    drain(time)
    everybody_once(meta, run)


def test_an_account_that_meta_cannot_charge_waits_until_a_person_says_that_it_is_mended(
    meta: Sandboxed,
) -> None:
    time = Time()
    unpaid = partial(meta.stack.control, "fail", code=131042, count=0, match="/messages")
    run = interrupted(meta, time, unpaid)
    assert causes(run) == ["run_account_held"]
    now = page(run, time())
    assert "let_go_on" in now.can
    assert now.run.waits_until is None

    time.passes(timedelta(hours=3), meta)
    drain(time)
    assert causes(run) == ["run_account_held"]
    meta.stack.control("faults/clear")
    with company_scope(meta.world.company):
        runs.let_go_on(run=run, by=meta.world.bob, now=time())
    drain(time)
    everybody_once(meta, run)


def test_what_meta_keeps_back_for_a_quality_check_is_told_apart_and_goes_or_fails(
    meta: Sandboxed,
) -> None:
    time = Time()
    meta.stack.control("templates/hold", template_id=template_id(meta))
    run = judged(run_to(meta, 20))
    drain(time)
    assert states(run) == {"held": 20}
    now = page(run, time())
    assert [one.count for one in now.tallies if one.fate.key == "held"] == [20]
    meta.stack.control("templates/let_go", template_id=template_id(meta))
    tell(meta, time)
    assert states(run) == {"delivered": 20}


def test_when_meta_drops_what_it_kept_back_the_rest_is_not_sent(meta: Sandboxed) -> None:
    time = Time()
    meta.stack.control("templates/hold", template_id=template_id(meta))
    run = run_to(meta, 40)
    drain(time)
    assert states(run) == {"held": 10, "planned": 30}
    assert causes(run) == ["run_first_batch"]
    meta.stack.control("templates/let_go", template_id=template_id(meta), drop=True)
    tell(meta, time)
    drain(time)
    assert states(run) == {"failed": 10, "planned": 30}
    run.refresh_from_db()
    assert run.state == RunState.PAUSED
    [said] = page(run, time()).causes
    assert said.title == "Many messages fail"
