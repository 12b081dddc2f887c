"""The nightly check names whatever is not as it must be."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from ats.tenancy import all_companies, company_scope
from tests.factories.runs import begin, make_run, people
from tests.factories.whatsapp import NOW, World
from whatsapp.bulk.check import RULES, check_sends
from whatsapp.models import MessageStatus, PortfolioLimit, RunRecipient, SendAttempt, SendCheck

# Breaks a rule in the tables of `sent`; %(now)s and the ids of a row, its message and its run.
FAULTS: dict[str, str] = {
    "sent_twice_in_run": "UPDATE whatsapp_runrecipient SET number = '254', twin_of_id = %(row)s"
    " WHERE id = %(other)s; UPDATE whatsapp_runrecipient SET number = '254' WHERE id = %(row)s",
    "accepted_twice": "UPDATE whatsapp_message SET attempts = 2 WHERE id = %(message)s;"
    " INSERT INTO whatsapp_sendattempt (company_id, message_id, number, callback_id,"
    " handed_over_at, outcome, wamid) SELECT company_id, message_id, 2, gen_random_uuid(), %(now)s,"
    " 'accepted', '' FROM whatsapp_sendattempt WHERE message_id = %(message)s",
    "row_without_message": "UPDATE whatsapp_runrecipient SET state = 'begun', due_at = NULL"
    " WHERE id = %(waiting)s",
    "message_without_row": "UPDATE whatsapp_runrecipient SET message_id = NULL, state = 'skipped'"
    " WHERE id = %(row)s",
    "row_lost": "UPDATE whatsapp_runrecipient SET due_at = NULL WHERE id = %(waiting)s",
    "message_lost": "UPDATE whatsapp_message SET status = 'queued' WHERE id = %(message)s",
    "attempts_miscounted": "UPDATE whatsapp_message SET attempts = 3 WHERE id = %(message)s",
    "accepted_without_wamid": "UPDATE whatsapp_message SET wamid = '' WHERE id = %(message)s",
    "row_claimed_long": "UPDATE whatsapp_runrecipient SET claimed_at = %(long_ago)s, due_at = NULL"
    " WHERE id = %(waiting)s",
    "message_claimed_long": "UPDATE whatsapp_message SET claimed_at = %(long_ago)s"
    " WHERE id = %(message)s",
    "run_planned_long": "UPDATE whatsapp_bulkrun SET state = 'planning', created_at = %(long_ago)s"
    " WHERE id = %(run)s",
    "sending_long": "UPDATE whatsapp_message SET status = 'sending', claimed_at = NULL"
    " WHERE id = %(message)s",
    "waits_after_handing_over": "UPDATE whatsapp_sendattempt SET outcome = ''"
    " WHERE message_id = %(message)s; UPDATE whatsapp_message SET status = 'queued',"
    " next_try_at = %(now)s WHERE id = %(message)s",
    "rows_after_the_end": "UPDATE whatsapp_bulkrun SET state = 'finished' WHERE id = %(run)s",
    "run_miscounted": "UPDATE whatsapp_bulkrun SET total = 9 WHERE id = %(run)s",
    "limit_miscounted": "UPDATE whatsapp_portfoliolimit SET used = 5 WHERE portfolio_id = '200'",
}


@pytest.fixture
def sent(world: World) -> dict[str, object]:
    """Two messages of a run that Meta has accepted, and a row that waits."""
    run = make_run(world, people(world, 3))
    with company_scope(world.company):
        rows = list(RunRecipient.objects.order_by("pk"))
    for row in rows[:2]:
        message = begin(world, row, MessageStatus.ACCEPTED)
        with company_scope(world.company):
            SendAttempt.objects.create(
                message=message, number=1, handed_over_at=NOW, outcome="accepted"
            )
    PortfolioLimit.objects.create(portfolio_id="200", used=0)
    return {
        "now": NOW,
        "long_ago": NOW - timedelta(hours=2),
        "run": run.pk,
        "row": rows[0].pk,
        "message": rows[0].message_id,
        "other": rows[1].pk,
        "waiting": rows[2].pk,
    }


def _check() -> SendCheck:
    with all_companies():
        return check_sends(now=NOW)


def test_what_is_in_order_is_said_to_be(sent: dict[str, object]) -> None:
    check = _check()
    assert check.problems == []
    assert check.counts == {
        "unconfirmed": 0,
        "held_by_meta": 0,
        "attempts_today": 2,
        "runs_not_over": 1,
    }


def test_every_rule_is_broken_once_below() -> None:
    assert set(FAULTS) == {rule.code for rule in RULES}


@pytest.mark.parametrize("rule", list(FAULTS))
def test_a_broken_rule_is_named_with_its_rows(
    rule: str, sent: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FAULTS[rule], sent)
    problems = {one["code"]: one for one in _check().problems}
    assert set(problems) == {rule}
    assert problems[rule]["rows"] == 1
    assert len(problems[rule]["ids"]) == 1
    assert f"send_check_failed rule={rule}" in caplog.text


def test_the_command_fails_and_names_what_is_broken(
    sent: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("whatsapp_check_sends")
    assert f"All {len(RULES)} rules hold." in capsys.readouterr().out
    with connection.cursor() as cursor:
        cursor.execute(FAULTS["run_miscounted"], sent)
    with pytest.raises(CommandError, match="1 of"):
        call_command("whatsapp_check_sends")
    said = capsys.readouterr().out
    assert "run_miscounted: A bulk send counts other rows than there are." in said
    assert f"1, run {sent['run']}" in said
