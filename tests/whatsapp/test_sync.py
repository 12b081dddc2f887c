"""Reading a company from Meta: once at a time, each WABA on its own, and never the older last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError

from ats.models import Company, Role
from ats.tenancy import company_scope
from tests.factories.ats import CompanyFactory, UserFactory
from tests.factories.whatsapp import (
    ConnectionFactory,
    WabaFactory,
)
from tests.stack import Stack
from tests.whatsapp import payloads
from whatsapp import jobs, tasks
from whatsapp.connection import sync, vault
from whatsapp.models import (
    Connection,
    ConnectionState,
    ItemState,
    MessageTemplate,
    Sender,
    Waba,
    WebhookEvent,
    WebhookItem,
)
from whatsapp.models.connection import SYNC_LEASE
from whatsapp.webhooks import apply

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("sending"), pytest.mark.django_db]

Committed = Callable[..., Any]
NOT_THERE = (
    "Unsupported get request. Object with ID '1' does not exist, cannot be loaded due to missing "
    "permissions, or does not support this operation."
)


@dataclass
class Meta:
    """A company whose connection is to be read: a WABA that Meta lets it read, and its control."""

    stack: Stack
    company: Company
    waba_id: str
    phone_number_id: str

    def row(self) -> Connection:
        return Connection.objects.get(company=self.company)

    def other_waba(self) -> Waba:
        """One that the token may not read; before the readable one in the order of reading."""
        business = self.stack.control("businesses", name="Caravella Resorts")
        readable = Waba.objects.get()
        row = WabaFactory(
            company=self.company,
            connection=readable.connection,
            waba_id=business["waba_id"],
            name="Caravella Resorts",
        )
        Waba.objects.filter(pk=readable.pk).delete()
        WabaFactory(
            company=self.company, connection=row.connection, waba_id=self.waba_id, name="Hotels"
        )
        return row


@pytest.fixture
def meta(sandbox_alone: Stack, settings: Any) -> Any:
    settings.WHATSAPP = {**settings.WHATSAPP, "GRAPH_URL": sandbox_alone.sandbox}
    sandbox_alone.control("reset")
    business = sandbox_alone.control(
        "businesses",
        name="Caravella Hotels",
        numbers=[{"display_phone_number": "+254 700 555 001", "verified_name": "Caravella"}],
        templates=[
            {
                "name": "reminder",
                "language": "en",
                "category": "UTILITY",
                "status": "APPROVED",
                "components": [{"type": "BODY", "text": "See you tomorrow at the hotel."}],
            }
        ],
    )
    token = sandbox_alone.control("token", waba_id=business["waba_id"])["access_token"]
    company = CompanyFactory(modules=["whatsapp"])
    with company_scope(company):
        connection = ConnectionFactory(
            company=company,
            token=vault.seal(token),
            connected_at=timezone.now() - timedelta(minutes=1),
            synced_at=None,
            sync_wanted_at=timezone.now() - timedelta(minutes=1),
        )
        WabaFactory(company=company, connection=connection, waba_id=business["waba_id"])
        yield Meta(sandbox_alone, company, business["waba_id"], business["phone_number_ids"][0])


@pytest.fixture
def calls(settings: Any) -> Callable[[], int]:
    """Counts the wake-up calls that wait for a worker; none at first."""
    broker = redis.Redis.from_url(settings.REDIS_URL)
    broker.delete("sync", f"whatsapp:pending:{jobs.SYNC_CONNECTIONS}")
    return lambda: int(broker.llen("sync"))  # type: ignore[arg-type]


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def log_in_again(connection: Connection) -> datetime:
    now = timezone.now()
    Connection.objects.filter(pk=connection.pk).update(
        connected_at=now, synced_at=None, sync_wanted_at=now, sync_claimed_at=None
    )
    return now


def test_what_is_wanted_is_read_once_and_cleared(meta: Meta) -> None:
    assert sync.drain(timezone.now)
    row = meta.row()
    assert (row.sync_wanted_at, row.sync_claimed_at, row.sync_attempts) == (None, None, 0)
    assert row.synced_at is not None
    assert Sender.objects.get().phone_number_id == meta.phone_number_id
    assert MessageTemplate.objects.get().name == "reminder"
    assert meta.stack.ask("state")["subscribed"] == [meta.waba_id]
    assert not sync.sync_next(timezone.now)


def test_an_error_of_the_old_token_breaks_no_new_login(meta: Meta) -> None:
    before = meta.row()
    log_in_again(before)
    sync.break_connection(before, cause="The old token is void.", now=timezone.now())
    assert meta.row().state == ConnectionState.CONNECTED
    sync.break_connection(meta.row(), cause="This one too.", now=timezone.now())
    assert meta.row().state == ConnectionState.BROKEN


def test_a_run_that_began_before_a_login_writes_nothing(meta: Meta) -> None:
    claimed = Connection.objects.claim_sync(now=timezone.now())
    since = log_in_again(claimed)
    sync.sync_claimed(claimed, timezone.now)
    row = meta.row()
    assert (row.synced_at, row.sync_problem, row.sync_wanted_at) == (None, "", since)
    assert not Sender.objects.exists()
    # The new login's own reading is free to begin, and ends as ever.
    assert sync.drain(timezone.now)
    assert Sender.objects.exists()


def test_a_failure_of_the_old_token_is_not_the_new_logins_problem(meta: Meta) -> None:
    claimed = Connection.objects.claim_sync(now=timezone.now())
    log_in_again(claimed)
    for code in (2500, 190):
        meta.stack.control("fail", code=code, match=meta.waba_id)
        sync.sync_claimed(claimed, timezone.now)
    assert (meta.row().state, meta.row().sync_problem) == (ConnectionState.CONNECTED, "")


def test_two_workers_never_read_one_company_and_a_dead_ones_claim_ends(meta: Meta) -> None:
    now = timezone.now()
    first = Connection.objects.claim_sync(now=now)
    assert Connection.objects.claim_sync(now=now + SYNC_LEASE) is None
    later = now + SYNC_LEASE + timedelta(seconds=1)
    assert sync.drain(at(later))
    Sender.objects.update(verified_name="As read later")
    # The first one was not dead after all, but it is too late.
    sync.sync_claimed(first, timezone.now)
    assert Sender.objects.get().verified_name == "As read later"
    assert meta.row().synced_at == later


def test_news_during_a_run_are_followed_by_another(meta: Meta) -> None:
    now = timezone.now()
    claimed = Connection.objects.claim_sync(now=now)
    assert sync.request_sync(meta.row(), now=now + timedelta(seconds=1))
    sync.sync_claimed(claimed, at(now + timedelta(seconds=2)))
    assert meta.row().sync_wanted_at == now + timedelta(seconds=1)
    assert sync.sync_next(at(now + timedelta(seconds=3)))
    assert meta.row().sync_wanted_at is None


@pytest.mark.parametrize(("code", "message"), [(200, ""), (100, NOT_THERE), (2500, "")])
def test_a_waba_that_cannot_be_read_holds_back_no_other(
    meta: Meta, code: int, message: str
) -> None:
    other = meta.other_waba()
    meta.stack.control("fail", code=code, message=message, match=other.waba_id)
    sync.drain(timezone.now)
    row = meta.row()
    assert row.state == ConnectionState.CONNECTED
    assert row.sync_problem.startswith("Caravella Resorts: ")
    assert "Hotels" not in row.sync_problem
    if code == 100:
        assert "was deleted, or access to it was taken back" in row.sync_problem
    assert row.synced_at is not None
    assert Sender.objects.get().waba.waba_id == meta.waba_id
    assert MessageTemplate.objects.exists()


@pytest.mark.parametrize("code", [0, 190])
def test_a_void_token_breaks_the_connection_even_where_one_waba_says_so(
    meta: Meta, code: int
) -> None:
    meta.stack.control("fail", code=code, match=meta.other_waba().waba_id)
    sync.drain(timezone.now)
    assert meta.row().state == ConnectionState.BROKEN
    assert "no longer accepts your company's login" in meta.row().broken_cause


def test_a_token_that_may_read_nothing_breaks_the_connection(meta: Meta) -> None:
    meta.stack.control("fail", code=200, match=meta.waba_id)
    sync.drain(timezone.now)
    assert meta.row().state == ConnectionState.BROKEN
    assert not sync.request_sync(meta.row(), now=timezone.now(), skip_pause=True)


def test_numbers_are_there_before_webhooks_are_asked_for(meta: Meta) -> None:
    meta.stack.control("fail", code=2500, match="subscribed_apps")
    sync.drain(timezone.now)
    assert Sender.objects.exists()
    assert meta.stack.ask("state")["subscribed"] == []
    assert Waba.objects.get().subscribed_at is None
    assert sync.drain(lambda: timezone.now() + timedelta(minutes=1))
    assert meta.stack.ask("state")["subscribed"] == [meta.waba_id]


def test_a_failed_run_pauses_longer_each_time_then_waits_to_be_asked(meta: Meta) -> None:
    meta.stack.control("fail", code=2500, match=meta.waba_id, count=100)
    for pause in sync.PAUSES:
        due = meta.row().sync_wanted_at
        assert sync.drain(at(due))
        assert meta.row().sync_wanted_at == due + pause
    last = meta.row().sync_wanted_at
    assert sync.drain(at(last))
    assert (meta.row().sync_wanted_at, meta.row().sync_attempts) == (None, 0)
    assert meta.row().sync_problem
    meta.stack.control("faults/clear")
    sync.request_sync(meta.row(), now=last)
    sync.drain(at(last))
    assert (meta.row().synced_at, meta.row().sync_problem) == (last, "")


def test_a_person_does_not_wait_for_a_pause(meta: Meta) -> None:
    now = timezone.now()
    meta.stack.control("fail", code=2500, match=meta.waba_id)
    sync.drain(at(now))
    assert meta.row().sync_wanted_at > now
    sync.request_sync(meta.row(), now=now)
    assert meta.row().sync_wanted_at > now
    sync.request_sync(meta.row(), now=now, skip_pause=True)
    assert meta.row().sync_wanted_at == now


def test_the_button_asks_for_a_reading_and_says_so_where_there_is_no_login(
    meta: Meta, client: Client
) -> None:
    Connection.objects.update(sync_wanted_at=None)
    client.force_login(UserFactory(company=meta.company, role=Role.WHATSAPP_ADMIN))
    answer = client.post(reverse("whatsapp:sync"), follow=True).content.decode()
    assert "Reading numbers and templates from Meta" in answer
    assert meta.row().sync_wanted_at is not None
    Connection.objects.update(state=ConnectionState.BROKEN)
    answer = client.post(reverse("whatsapp:sync"), follow=True).content.decode()
    assert "log in with Facebook first" in answer


def test_two_hundred_notices_are_one_reading_and_one_call(
    meta: Meta,
    client: Client,
    calls: Callable[[], int],
    django_capture_on_commit_callbacks: Committed,
) -> None:
    Connection.objects.update(sync_wanted_at=None)
    changes = [
        {
            "field": "message_template_status_update",
            "value": {"event": "APPROVED", "message_template_id": number},
        }
        for number in range(200)
    ]
    body = {
        "object": "whatsapp_business_account",
        "entry": [{"id": meta.waba_id, "time": 1, "changes": changes}],
    }
    payloads.post(client, body)
    with django_capture_on_commit_callbacks(execute=True):
        assert apply.drain(timezone.now)
    assert WebhookItem.objects.filter(state=ItemState.APPLIED).count() == 200
    assert calls() == 1
    assert sync.sync_next(timezone.now)
    assert not sync.sync_next(timezone.now)


def test_news_of_a_waba_left_behind_ask_for_nothing(meta: Meta, client: Client) -> None:
    Connection.objects.update(sync_wanted_at=None)
    Waba.objects.update(is_gone=True)
    change = {"field": "account_update", "value": {"event": "ACCOUNT_VIOLATION"}}
    entry = {"id": meta.waba_id, "time": 1, "changes": [change]}
    payloads.post(client, {"object": "whatsapp_business_account", "entry": [entry]})
    apply.drain(timezone.now)
    assert WebhookItem.objects.get().state == ItemState.APPLIED
    assert meta.row().sync_wanted_at is None


def test_the_sweep_calls_for_what_is_due_and_for_nothing_else(
    meta: Meta, calls: Callable[[], int], django_capture_on_commit_callbacks: Committed
) -> None:
    def calls_after_a_sweep(**changes: Any) -> int:
        Connection.objects.update(**changes)
        with django_capture_on_commit_callbacks(execute=True):
            tasks.sweep()
        return calls()

    now = timezone.now()
    assert calls_after_a_sweep(sync_wanted_at=None) == 0
    assert calls_after_a_sweep(sync_wanted_at=now + timedelta(hours=1)) == 0
    assert calls_after_a_sweep(sync_wanted_at=now, state=ConnectionState.BROKEN) == 0
    assert calls_after_a_sweep(state=ConnectionState.CONNECTED, sync_claimed_at=now) == 0
    assert calls_after_a_sweep(sync_claimed_at=now - SYNC_LEASE - timedelta(seconds=1)) == 1
    # A call is pending: that is enough.
    assert calls_after_a_sweep() == 1


def test_the_night_asks_for_every_connected_company(meta: Meta) -> None:
    Connection.objects.update(sync_wanted_at=None)
    second = CompanyFactory()
    with company_scope(second):
        broken = ConnectionFactory(company=second, state=ConnectionState.BROKEN)
    tasks.sync_all()
    assert meta.row().sync_wanted_at is not None
    with company_scope(second):
        broken.refresh_from_db()
        assert broken.sync_wanted_at is None


def test_a_call_that_could_not_be_published_mutes_nobody(
    calls: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Committed,
) -> None:
    def away(*args: Any, **kwargs: Any) -> None:
        raise OperationalError

    with monkeypatch.context() as patch, django_capture_on_commit_callbacks(execute=True):
        patch.setattr(jobs.current_app, "send_task", away)
        jobs.wake(jobs.SYNC_CONNECTIONS)
    assert calls() == 0
    with django_capture_on_commit_callbacks(execute=True):
        jobs.wake(jobs.SYNC_CONNECTIONS)
    assert calls() == 1


def test_what_came_before_its_number_was_known_is_applied_once_it_is(
    meta: Meta, client: Client
) -> None:
    now = timezone.now()
    event = WebhookEvent.objects.create(body=b"", received_at=now, next_try_at=now)

    def item(key: str, **changes: Any) -> WebhookItem:
        given = {
            "kind": "messages",
            "phone_number_id": meta.phone_number_id,
            "state": ItemState.UNCLAIMED,
            "created_at": now - timedelta(days=6),
            "next_try_at": now,
        } | changes
        return WebhookItem.objects.create(event=event, key=key, payload={}, **given)

    reopened = [
        item("number"),
        item("account", phone_number_id="", waba_id=meta.waba_id, kind="account_update"),
    ]
    left = [
        item("old", created_at=now - timedelta(days=8)),
        item("broken", state=ItemState.PARKED),
        item("other number", phone_number_id="1"),
        item("other account", phone_number_id="", waba_id="1"),
    ]
    before = [row.state for row in left]
    sync.drain(timezone.now)
    for row in reopened:
        row.refresh_from_db()
        assert row.state == ItemState.WAITING
        assert row.next_try_at <= timezone.now()
    for row in left:
        row.refresh_from_db()
    assert [row.state for row in left] == before


def test_a_message_to_an_unknown_number_of_a_known_account_has_the_account_read(
    meta: Meta, client: Client
) -> None:
    Connection.objects.update(sync_wanted_at=None)
    value = {"metadata": {"phone_number_id": "77"}, "messages": [payloads.message("wamid.A")]}
    entry = {"id": meta.waba_id, "changes": [{"field": "messages", "value": value}]}
    payloads.post(client, {"object": "whatsapp_business_account", "entry": [entry]})
    apply.drain(timezone.now)
    assert WebhookItem.objects.get().state == ItemState.UNCLAIMED
    assert meta.row().sync_wanted_at is not None
