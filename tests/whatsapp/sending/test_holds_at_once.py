"""At one moment Meta's refusal puts a hold, and the gate lifts the one that stood."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from django.db import connection, transaction

from ats.tenancy import company_scope
from tests.factories.runs import begin, make_run, people
from tests.factories.whatsapp import NOW, World
from tests.stack import eventually
from whatsapp.models import HoldScope, MessageStatus, RunRecipient, SendAttempt, SendHold
from whatsapp.policy.outcomes import Held, Hold
from whatsapp.sending.holds import holds_of, lift, put_hold, runs_under

TOLD = Hold(Held.TEMPLATE, None, keeps=True)


@pytest.mark.django_db(transaction=True)
def test_putting_and_lifting_one_hold_wait_for_each_other(world: World) -> None:
    with company_scope(world.company):
        run = make_run(world, people(world, 1))
        message = begin(world, RunRecipient.objects.get(), MessageStatus.SENDING)
        SendAttempt.objects.create(message=message, number=1, handed_over_at=NOW)
        SendHold.objects.create(
            scope=HoldScope.TEMPLATE, template=world.template, error_code=132015, since=NOW
        )
    has_runs = threading.Event()

    def puts() -> None:
        with closing(connection), company_scope(world.company), transaction.atomic():
            list(runs_under({"template_id": world.template.pk}).select_for_update())
            has_runs.set()
            eventually(somebody_waits)
            put_hold(message, TOLD, 132015, "", now=NOW)

    def lifts() -> None:
        assert has_runs.wait(10)
        with closing(connection), company_scope(world.company):
            assert lift(holds_of(run), by=None, now=NOW) == 1

    with ThreadPoolExecutor(2) as pool:
        for one in [pool.submit(puts), pool.submit(lifts)]:
            one.result()
    with company_scope(world.company):
        assert not SendHold.objects.filter(lifted_at=None).exists()


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])
