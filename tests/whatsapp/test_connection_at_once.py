"""Two who change a company’s connection at one moment wait for each other, and neither fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict

import pytest
from django.db import connection as database
from django.db import transaction

from ats.models import Role, User
from ats.tenancy import company_scope
from tests.factories.ats import UserFactory
from tests.factories.runs import make_run, people
from tests.factories.whatsapp import NOW, World
from tests.stack import eventually
from whatsapp import events
from whatsapp.connection import vault
from whatsapp.connection.choosing import choose_wabas
from whatsapp.connection.granted import LoginFailed
from whatsapp.connection.leave import disconnect
from whatsapp.connection.sync import break_connection
from whatsapp.meta import types
from whatsapp.models import (
    BulkRun,
    ConnectAttempt,
    Connection,
    ConnectionState,
    PortfolioLimit,
    WebhookItem,
)
from whatsapp.webhooks.handlers import limits

pytestmark = pytest.mark.django_db(transaction=True)


def waiting() -> int:
    """How many of this database's transactions wait for a lock."""
    with database.cursor() as cursor:
        # In a transaction they are read once only.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return int(cursor.fetchone()[0])


Start = Callable[[Callable[[], object]], Future[object]]


@contextmanager
def beside(world: World) -> Iterator[Start]:
    """Starts what must come to wait for this thread's transaction, one after another."""
    with ThreadPoolExecutor(2) as pool:
        begun: list[Future[object]] = []

        def start(act: Callable[[], object]) -> Future[object]:
            def run() -> object:
                with closing(database), company_scope(world.company):
                    return act()

            begun.append(pool.submit(run))
            eventually(lambda: waiting() == len(begun), seconds=8)
            return begun[-1]

        yield start


def offered(world: World, user: User, waba_id: str) -> None:
    granted = types.Waba(id=waba_id, name="Resorts", business_id="9")
    ConnectAttempt.objects.create(
        user=user,
        state_hash=waba_id,
        created_at=NOW,
        used_at=NOW,
        outcome="choosing",
        token=vault.seal("EAA"),
        offered={"scopes": [], "expires_at": "", "wabas": [asdict(granted)], "senders": {}},
    )


def test_a_limit_that_is_told_while_the_account_is_read(world: World) -> None:
    item = WebhookItem(
        waba_id=world.sender.waba.waba_id,
        created_at=NOW,
        payload={"item": {limits.LIMIT: "TIER_2K"}},
    )

    def handle() -> None:
        with transaction.atomic():
            limits.handle(item, now=NOW)

    with company_scope(world.company), beside(world) as start, transaction.atomic():
        Connection.objects.select_for_update(no_key=True).get()
        told = start(handle)
        PortfolioLimit.objects.locked(world.sender.waba.portfolio_id)
    told.result()


def test_a_login_that_breaks_while_a_bulk_send_goes_on(world: World) -> None:
    with company_scope(world.company), beside(world) as start:
        make_run(world, people(world, 1))
        row = Connection.objects.get()
        with transaction.atomic():
            BulkRun.objects.select_for_update().get()
            broken = start(lambda: break_connection(row, cause="", now=NOW))
            events.publish(world.company.pk, "run", now=NOW)
        broken.result()
        assert Connection.objects.get().state == ConnectionState.BROKEN


def test_one_who_leaves_while_another_chooses(world: World) -> None:
    wanda = UserFactory(company=world.company, role=Role.WHATSAPP_ADMIN)
    with company_scope(world.company), beside(world) as start:
        offered(world, wanda, "10777")
        # No question to Meta.
        Connection.objects.update(token=b"")
        row = Connection.objects.get()
        with transaction.atomic():
            Connection.objects.select_for_update(no_key=True).get()
            left = start(lambda: disconnect(connection=row, by=world.alice, now=NOW))
            chosen = start(lambda: choose_wabas(user=wanda, waba_ids=["10777"], now=NOW))
        left.result()
        with pytest.raises(LoginFailed, match="no login of yours that waits"):
            chosen.result()
        assert Connection.objects.get().state == ConnectionState.DISCONNECTED


def test_two_who_choose(world: World) -> None:
    wanda, bella = (UserFactory(company=world.company, role=Role.WHATSAPP_ADMIN) for _ in range(2))
    with company_scope(world.company), beside(world) as start:
        offered(world, wanda, "10777")
        offered(world, bella, "10888")
        with transaction.atomic():
            Connection.objects.select_for_update(no_key=True).get()
            first = start(lambda: choose_wabas(user=wanda, waba_ids=["10777"], now=NOW))
            second = start(lambda: choose_wabas(user=bella, waba_ids=["10888"], now=NOW))
        first.result()
        with pytest.raises(LoginFailed, match="somebody else logged in"):
            second.result()
        [waba] = Connection.objects.get().wabas.filter(is_gone=False)
        assert waba.waba_id == "10777"
