"""Applying again: what is taken, what is left alone, and that it changes nothing that is right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from ats.tenancy import company_scope
from tests.factories.whatsapp import NOW, WebhookEventFactory, WebhookItemFactory, World
from tests.whatsapp.payloads import delivery, message, post, status
from whatsapp import jobs
from whatsapp.models import (
    EventState,
    ItemState,
    LiveEvent,
    Message,
    MessageStatus,
    WebhookEvent,
    WebhookItem,
)
from whatsapp.webhooks import apply, replay

pytestmark = pytest.mark.django_db

STOPPED = ["parked", "unclaimed", "unhandled"]


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    calls: list[str] = []
    monkeypatch.setattr(jobs, "wake", calls.append)
    return calls


def state_of(row: Any) -> str:
    row.refresh_from_db()
    return str(row.state)


def command(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("whatsapp_replay", *arguments)
    return capsys.readouterr().out


@pytest.mark.parametrize("state", STOPPED)
def test_what_stopped_is_due_at_once_with_all_its_tries(state: str, woken: list[str]) -> None:
    item = WebhookItemFactory(state=state, next_try_at=NOW - timedelta(days=3))
    assert replay.again(WebhookItem.objects.all(), now=NOW) == 1
    item.refresh_from_db()
    assert (item.state, item.attempts, item.next_try_at) == (ItemState.WAITING, 0, NOW)
    assert woken == [jobs.APPLY_WEBHOOKS]


def test_what_waits_keeps_its_turn_and_wakes_nobody(woken: list[str]) -> None:
    later = NOW + timedelta(minutes=15)
    item = WebhookItemFactory(state=ItemState.WAITING, attempts=4, next_try_at=later)
    assert replay.again(WebhookItem.objects.all(), now=NOW, also_applied=True) == 0
    item.refresh_from_db()
    assert (item.attempts, item.next_try_at) == (4, later)
    assert woken == []


def test_what_is_applied_is_taken_only_when_asked_for(woken: list[str]) -> None:
    item = WebhookItemFactory(state=ItemState.APPLIED, applied_at=NOW)
    assert replay.again(WebhookItem.objects.all(), now=NOW) == 0
    assert replay.again(WebhookItem.objects.all(), now=NOW, also_applied=True) == 1
    assert state_of(item) == ItemState.WAITING
    assert item.applied_at is None


def test_more_than_a_batch_is_taken_whole(
    monkeypatch: pytest.MonkeyPatch, woken: list[str]
) -> None:
    monkeypatch.setattr(replay, "BATCH", 3)
    for _ in range(8):
        WebhookItemFactory()
    assert replay.again(WebhookItem.objects.order_by("-created_at"), now=NOW) == 8
    assert WebhookItem.objects.filter(state=ItemState.WAITING).count() == 8


def test_a_parked_delivery_is_split_again_and_applied(
    world: World, client: Client, apply_all: Callable[..., bool]
) -> None:
    post(client, delivery(world.sender, messages=[message("wamid.A")]))
    WebhookEvent.objects.update(state=EventState.PARKED, cause="DataError: could not be split.")
    assert apply_all()
    assert not WebhookItem.objects.exists()
    assert replay.split_again(WebhookEvent.objects.all(), now=NOW) == 1
    apply_all()
    with company_scope(world.company):
        assert Message.objects.get(wamid="wamid.A").text == "Hello"


def test_applying_all_of_a_day_again_changes_nothing(
    world: World, client: Client, apply_all: Callable[..., bool]
) -> None:
    post(client, delivery(world.sender, messages=[message("wamid.A"), message("wamid.B", "STOP")]))
    post(client, delivery(world.sender, messages=[message("wamid.C", "Yes, I can")]))
    apply_all()
    with company_scope(world.company):
        ours = Message.objects.create(
            conversation=world.conversation,
            sender=world.sender,
            direction="out",
            kind="text",
            text="Hello",
            wamid="wamid.OURS",
            status=MessageStatus.ACCEPTED,
            at=NOW,
            created_at=NOW,
            next_try_at=NOW,
        )
    post(client, delivery(world.sender, statuses=[status("wamid.OURS", "sent")]))
    post(client, delivery(world.sender, statuses=[status("wamid.OURS", "read")]))
    apply_all()
    with company_scope(world.company):
        world.conversation.refresh_from_db()
        before = (
            list(Message.objects.order_by("pk").values()),
            world.conversation.unread_count,
            LiveEvent.objects.count(),
        )
        assert Message.objects.get(pk=ours.pk).status == MessageStatus.READ
    items = WebhookItem.objects.count()

    later = NOW + timedelta(hours=2)
    assert replay.again(WebhookItem.objects.all(), now=later, also_applied=True) == items
    WebhookEvent.objects.update(state=EventState.PARKED)
    assert replay.split_again(WebhookEvent.objects.all(), now=later) > 0
    assert apply.drain(lambda: later)

    assert WebhookItem.objects.filter(state=ItemState.APPLIED).count() == items
    assert WebhookItem.objects.count() == items
    with company_scope(world.company):
        world.conversation.refresh_from_db()
        after = (
            list(Message.objects.order_by("pk").values()),
            world.conversation.unread_count,
            LiveEvent.objects.count(),
        )
    assert after == before


class TestCommand:
    def test_it_asks_which(self) -> None:
        for arguments in ([], ["--dry-run"]):
            with pytest.raises(CommandError, match="Say which: --item ID, --event ID, --since"):
                call_command("whatsapp_replay", *arguments)

    def test_a_dry_run_counts_and_changes_nothing(
        self, capsys: pytest.CaptureFixture[str], woken: list[str]
    ) -> None:
        WebhookItemFactory(kind="statuses")
        WebhookItemFactory(kind="messages")
        WebhookItemFactory(kind="messages")
        WebhookEventFactory(state=EventState.PARKED)
        said = command(capsys, "--state", "parked", "--dry-run")
        assert said.splitlines() == [
            "2 parked items of the field messages",
            "1 parked item of the field statuses",
            "1 parked delivery, to be split again",
            "Dry run: nothing was changed.",
        ]
        assert WebhookItem.objects.filter(state=ItemState.PARKED).count() == 3
        assert WebhookEvent.objects.filter(state=EventState.PARKED).count() == 1
        assert woken == []

    def test_it_says_what_it_did_and_wakes_the_worker(
        self, capsys: pytest.CaptureFixture[str], woken: list[str]
    ) -> None:
        WebhookItemFactory(state=ItemState.UNHANDLED, kind="user_preferences")
        WebhookEventFactory(state=EventState.PARKED)
        said = command(capsys, "--since", "2026-11-20")
        assert said.endswith("2 are due now, and the worker is woken.\n")
        assert set(woken) == {jobs.APPLY_WEBHOOKS}
        assert command(capsys, "--since", "2026-11-20") == "Nothing matches.\n"

    def test_times_are_those_of_arrival_in_utc_and_a_day_as_the_end_is_included(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        hours = {}
        for hours_ago in (0, 10, 20, 40):
            event = WebhookEventFactory(received_at=NOW - timedelta(hours=hours_ago))
            # Split late: the worker was down.
            hours[hours_ago] = WebhookItemFactory(event=event, created_at=NOW)
        command(capsys, "--since", "2026-11-19T18:00", "--until", "2026-11-20T08:00+04:00")
        assert {h for h, item in hours.items() if state_of(item) == "waiting"} == {20}
        command(capsys, "--until", "2026-11-19")
        assert {h for h, item in hours.items() if state_of(item) == "waiting"} == {20, 40}
        command(capsys, "--since", "2026-11-20", "--until", "2026-11-20")
        assert all(state_of(item) == "waiting" for item in hours.values())

    @pytest.mark.parametrize(
        ("arguments", "taken"),
        [
            (["--field", "statuses"], {"statuses"}),
            (["--account", "300000000000009"], {"unclaimed"}),
            (["--account", "100000000000009"], {"unclaimed"}),
            (["--state", "unhandled"], {"unhandled"}),
            (["--state", "unhandled", "--state", "unclaimed"], {"unhandled", "unclaimed"}),
            (["--state", "parked", "--field", "user_preferences"], set()),
            (["--state", "applied"], {"applied"}),
            (["--since", "2026-11-01"], {"statuses", "unclaimed", "unhandled"}),
        ],
    )
    def test_all_that_is_said_has_to_match(
        self, capsys: pytest.CaptureFixture[str], arguments: list[str], taken: set[str]
    ) -> None:
        items = {
            "statuses": WebhookItemFactory(kind="statuses"),
            "unclaimed": WebhookItemFactory(
                state=ItemState.UNCLAIMED,
                waba_id="100000000000009",
                phone_number_id="300000000000009",
            ),
            "unhandled": WebhookItemFactory(state=ItemState.UNHANDLED, kind="user_preferences"),
            "applied": WebhookItemFactory(state=ItemState.APPLIED),
        }
        command(capsys, *arguments)
        assert {name for name, item in items.items() if state_of(item) == "waiting"} == taken

    def test_one_item_and_one_delivery(self, capsys: pytest.CaptureFixture[str]) -> None:
        one, sibling, other = WebhookItemFactory(), WebhookItemFactory(), WebhookItemFactory()
        command(capsys, "--item", str(one.pk))
        assert [state_of(row) for row in (one, sibling)] == ["waiting", "parked"]
        command(capsys, "--event", str(sibling.event_id))
        assert [state_of(row) for row in (sibling, other)] == ["waiting", "parked"]

    def test_an_applied_item_wants_its_word(self, capsys: pytest.CaptureFixture[str]) -> None:
        item = WebhookItemFactory(state=ItemState.APPLIED)
        with pytest.raises(CommandError, match="is applied.*add --state applied"):
            command(capsys, "--item", str(item.pk))
        command(capsys, "--item", str(item.pk), "--state", "applied")
        assert state_of(item) == ItemState.WAITING

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--item", "99"], "There is no item 99"),
            (["--event", "99"], "There is no delivery 99"),
            (["--item", "²"], "is not an id"),
            (["--since", "yesterday"], "“yesterday” is neither a day such as"),
            (["--since", "2026-11-20", "--until", "2026-11-18"], "--until is before --since"),
            (["--state", "waiting"], "invalid choice"),
        ],
    )
    def test_a_mistake_is_named(self, arguments: list[str], said: str) -> None:
        with pytest.raises(CommandError, match=said):
            call_command("whatsapp_replay", *arguments)
