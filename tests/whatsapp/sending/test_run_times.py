"""When a bulk run may send, and to whom still, once its time has come."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ats.models import Candidate
from ats.tenancy import company_scope
from tests.factories.ats import CandidateFactory
from tests.factories.runs import make_run, people
from tests.factories.whatsapp import ContactFactory
from tests.sandboxed import Sandboxed
from tests.whatsapp.sending.crowd import run_to, states
from tests.whatsapp.sending.play import (
    Time,
    causes,
    drain,
    judged,
    left_out,
    page,
    reached,
    write_to,
)
from whatsapp.models import (
    CompanySettings,
    Consent,
    Contact,
    Conversation,
    Message,
    MessageStatus,
    RunState,
)

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("sending")]

NAIROBI = "Africa/Nairobi"


def chosen(meta: Sandboxed, **values: Any) -> None:
    with company_scope(meta.world.company):
        CompanySettings.objects.update(**values)


def quiet_around(now: datetime) -> tuple[list[dict[str, Any]], datetime]:
    """From an hour ago to an hour ahead by the clock of Nairobi, every day; and its end."""
    local = now.astimezone(ZoneInfo(NAIROBI)).replace(second=0, microsecond=0)
    begin, end = local - timedelta(hours=1), local + timedelta(hours=1)
    times = {"start": f"{begin:%H:%M}", "end": f"{end:%H:%M}"}
    return [{"days": [0, 1, 2, 3, 4, 5, 6], **times}], end


def test_in_quiet_time_a_run_waits_until_its_end_and_single_messages_go(meta: Sandboxed) -> None:
    time = Time()
    times, end = quiet_around(time())
    chosen(meta, quiet_times=times, quiet_zone=NAIROBI)
    run = judged(run_to(meta, 10))
    single = write_to(meta, meta.world.amina)
    drain(time)
    single.refresh_from_db()
    assert single.status == MessageStatus.ACCEPTED
    assert states(run) == {"planned": 10}
    now = page(run, time())
    assert (now.run.state, now.run.waits_until) == (RunState.WAITING, end)
    assert [one.title for one in now.causes] == ["Quiet time"]

    time.passes(end - timedelta(seconds=30) - time())
    drain(time)
    assert states(run) == {"planned": 10}
    time.passes(timedelta(seconds=30))
    drain(time)
    assert states(run) == {"accepted": 10}


def test_a_run_for_later_begins_at_its_time(meta: Sandboxed) -> None:
    time = Time()
    run = judged(run_to(meta, 5, starts_at=time() + timedelta(hours=8)))
    drain(time)
    assert states(run) == {"planned": 5}
    time.passes(timedelta(hours=8))
    drain(time)
    assert states(run) == {"accepted": 5}


def test_countries_that_are_not_allowed_are_left_out_at_planning_and_at_sending(
    meta: Sandboxed,
) -> None:
    time = Time()
    chosen(meta, allowed_countries=["KE"])
    italian: Candidate = CandidateFactory(
        company=meta.world.company, first_name="Giulia", mobile="+393401234567"
    )
    with company_scope(meta.world.company):
        Consent.objects.create(
            candidate=italian, purpose="application", granted=True, source="form", at=time()
        )
    kenyans = people(meta.world, 2, agreed=True)
    run = judged(make_run(meta.world, [italian, *kenyans], now=time()))
    assert left_out(run) == {"+393401234567": ["country_not_allowed"]}

    chosen(meta, allowed_countries=["IT"])
    drain(time)
    refused = ["country_not_allowed"]
    assert left_out(run) == dict.fromkeys(
        ["+393401234567", "+254722500000", "+254722500001"], refused
    )
    assert causes(run) == []
    assert not reached(meta)


def test_whoever_asked_us_to_stop_after_it_was_planned_is_left_out_and_not_written_to(
    meta: Sandboxed,
) -> None:
    time = Time()
    run = judged(run_to(meta, 5))
    with company_scope(meta.world.company):
        gone = Candidate.objects.get(first_name="Person3")
        ContactFactory(
            company=meta.world.company,
            portfolio_id=meta.world.sender.waba.portfolio_id,
            phone="+254722500003",
            wa_id="254722500003",
            candidate=gone,
            opted_out_at=time(),
        )
    drain(time)
    assert left_out(run) == {"+254722500003": ["opted_out"]}
    assert states(run) == {"accepted": 4, "skipped": 1}
    assert "+254722500003" not in reached(meta)
    with company_scope(meta.world.company):
        contact = Contact.objects.get(phone="+254722500003")
        assert not Conversation.objects.filter(contact=contact).exists()
        assert Message.objects.filter(run=run).count() == 4
