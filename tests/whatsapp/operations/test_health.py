"""The figures: how old the oldest unapplied event is, how many stopped, and who may ask."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import DatabaseError, connection
from django.test import Client

from tests.factories.whatsapp import NOW, WebhookEventFactory, WebhookItemFactory
from whatsapp.models import EventState, ItemState, WebhookEvent, WebhookItem
from whatsapp.selectors import operations as selector

pytestmark = pytest.mark.django_db

URL = "/healthz/webhooks"
TOKEN = "a-monitors-token-0123456789"


def ago(**how_long: float) -> dict[str, object]:
    return {"received_at": NOW - timedelta(**how_long)}


@pytest.fixture
def monitor(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setitem(settings.WHATSAPP, "HEALTH_TOKEN", TOKEN)
    return {"Authorization": f"Bearer {TOKEN}"}


def test_nothing_waits(ops: Client) -> None:
    WebhookItemFactory(event__received_at=NOW - timedelta(days=1), state=ItemState.APPLIED)
    answer = ops.get(URL)
    assert answer.status_code == 200
    assert answer.json() == {
        "oldest_unapplied_seconds": 0,
        "new": 0,
        "waiting": 0,
        "parked": 0,
        "parked_deliveries": 0,
        "unclaimed": 0,
        "unhandled": 0,
        "alarm_seconds": 300,
        "counts_stop_at": 10_000,
    }
    assert "no-store" in answer["Cache-Control"]


def test_each_state_is_counted_and_what_stopped_is_no_delay(ops: Client) -> None:
    old = {"event__received_at": NOW - timedelta(days=2)}
    WebhookItemFactory(**old)
    for _ in range(2):
        WebhookItemFactory(**old, state=ItemState.UNCLAIMED)
    for _ in range(3):
        WebhookItemFactory(**old, state=ItemState.UNHANDLED)
    WebhookEventFactory(**ago(days=2), state=EventState.PARKED)
    told = ops.get(URL).json()
    names = ("parked", "unclaimed", "unhandled", "parked_deliveries", "oldest_unapplied_seconds")
    assert [told[name] for name in names] == [1, 2, 3, 1, 0]


def test_the_oldest_counts_whether_it_is_split_or_due_or_not(ops: Client) -> None:
    WebhookEventFactory(**ago(seconds=20), state=EventState.NEW)
    assert ops.get(URL).json()["oldest_unapplied_seconds"] == 20
    WebhookItemFactory(
        event__received_at=NOW - timedelta(seconds=80),
        state=ItemState.WAITING,
        next_try_at=NOW + timedelta(hours=1),
    )
    assert ops.get(URL).json()["oldest_unapplied_seconds"] == 80
    # Could not be split, and waits for a later try behind the newest.
    WebhookEventFactory(
        **ago(seconds=200),
        state=EventState.NEW,
        attempts=5,
        next_try_at=NOW + timedelta(minutes=5),
    )
    assert ops.get(URL).json()["oldest_unapplied_seconds"] == 200


@pytest.mark.parametrize(("seconds", "status"), [(300, 200), (301, 503)])
def test_above_the_alarm_it_answers_503_with_the_same_figures(
    ops: Client, seconds: int, status: int
) -> None:
    WebhookEventFactory(**ago(seconds=seconds), state=EventState.NEW)
    answer = ops.get(URL)
    assert answer.status_code == status
    assert answer.json()["oldest_unapplied_seconds"] == seconds


def test_a_clock_that_runs_behind_gives_no_negative_age() -> None:
    WebhookEventFactory(received_at=NOW + timedelta(seconds=2), state=EventState.NEW)
    assert selector.oldest_unapplied(now=NOW) == 0


def test_a_monitor_asks_with_its_token(client: Client, monitor: dict[str, str]) -> None:
    assert client.get(URL, headers=monitor).json()["waiting"] == 0
    assert client.post(URL, headers=monitor).status_code == 405


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer tökén"]
)
def test_any_other_word_finds_nothing(client: Client, monitor: dict[str, str], given: str) -> None:
    headers = {"Authorization": given.encode().decode("latin-1")}
    assert client.get(URL, headers=headers).status_code == 404


def test_without_a_token_set_no_word_opens_it(client: Client, charlie: Client) -> None:
    assert settings.WHATSAPP["HEALTH_TOKEN"] == ""
    assert client.get(URL, headers={"Authorization": "Bearer "}).status_code == 404
    assert client.get(URL).status_code == 404
    assert charlie.get(URL).status_code == 404


def test_a_database_that_is_gone_is_told(
    client: Client, monitor: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(**_: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(selector, "health", gone)
    answer = client.get(URL, headers=monitor)
    assert (answer.status_code, answer.json()) == (503, {"database": "unreachable"})


def test_the_plain_health_check_stays_as_it_is(client: Client) -> None:
    WebhookEventFactory(**ago(days=1), state=EventState.NEW)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"database": "ok"})


def test_counting_stops_at_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        WebhookItemFactory()
    assert selector.counted(WebhookItem.objects.all(), up_to=3) == 3


def test_every_figure_comes_from_an_index() -> None:
    """With tables in which nearly all is applied, as they are."""
    events = WebhookEvent.objects.bulk_create(
        WebhookEvent(
            body=b"{}",
            received_at=NOW - timedelta(seconds=20 * number),
            next_try_at=NOW,
            state=EventState.NEW if number % 500 == 0 else EventState.SPLIT,
        )
        for number in range(5_000)
    )
    states = [state for state in ItemState if state != ItemState.APPLIED]
    WebhookItem.objects.bulk_create(
        WebhookItem(
            event=event,
            kind="statuses",
            key=str(event.pk),
            payload={},
            state=states[number % 4] if number % 200 < 4 else ItemState.APPLIED,
            created_at=event.received_at,
            next_try_at=NOW,
        )
        for number, event in enumerate(events)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE whatsapp_webhookevent, whatsapp_webhookitem")
        plans: list[str] = []
        with connection.execute_wrapper(_explained(plans)):
            selector.health(now=NOW)
            selector.received_in_the_last_hour(now=NOW)
    assert len(plans) == 10
    assert [plan for plan in plans if "Index" not in plan or "Seq Scan" in plan] == []


def _explained(plans: list[str]) -> object:
    def run(execute: object, sql: str, params: object, many: bool, context: dict) -> object:
        with context["connection"].connection.cursor() as raw:
            raw.execute(f"EXPLAIN {sql}", params)
            plans.append("\n".join(line for (line,) in raw.fetchall()))
        return execute(sql, params, many, context)  # type: ignore[operator]

    return run
