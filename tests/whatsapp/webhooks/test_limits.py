"""What the fuzz found: odd values and sizes end as a cause that ops can read."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from django.db import InterfaceError
from django.test import Client

from ats.tenancy import company_scope
from tests.factories.whatsapp import NOW, MessageFactory, World
from tests.whatsapp import payloads
from whatsapp.models import Call, EventState, ItemState, StatusEvent, WebhookEvent, WebhookItem
from whatsapp.webhooks import replay
from whatsapp.webhooks.split import COPIED

pytestmark = pytest.mark.django_db
Apply = Callable[..., bool]


def call_of(world: World, **more: Any) -> dict[str, Any]:
    body = payloads.delivery(world.sender)
    [change] = body["entry"][0]["changes"]
    change["field"] = "calls"
    call = {"id": "wacid.A", "event": "terminate", "timestamp": str(int(NOW.timestamp()))}
    change["value"]["calls"] = [call | {"from": "254722555014"} | more]
    change["value"]["contacts"] = [{"wa_id": "254722555014", "profile": {"name": "Amina"}}]
    return body


@pytest.mark.parametrize("stamp", [0, "0", "-62135596800", True, "1234567"])
def test_a_message_older_than_whatsapp_is_parked(
    world: World, client: Client, apply_all: Apply, stamp: Any
) -> None:
    said = payloads.message("wamid.A", timestamp=stamp)
    payloads.post(client, payloads.delivery(world.sender, messages=[said]))
    apply_all()
    item = WebhookItem.objects.get()
    assert (item.state, item.cause) == ("parked", "The timestamp is older than WhatsApp.")


def test_numbers_that_no_column_holds_are_left_out(
    world: World, client: Client, apply_all: Apply
) -> None:
    with company_scope(world.company):
        MessageFactory(conversation=world.conversation, status="accepted", wamid="wamid.OURS")
    failed = payloads.status("wamid.OURS", "failed", errors=[{"code": 10**30, "title": ["odd"]}])
    payloads.post(client, payloads.delivery(world.sender, statuses=[failed]))
    payloads.post(client, call_of(world, duration=9_999_999_999))
    apply_all()
    with company_scope(world.company):
        assert StatusEvent.objects.get().error_code is None
        assert Call.objects.get().duration is None


def test_a_person_named_by_something_that_is_no_id_is_nobody(
    world: World, client: Client, apply_all: Apply
) -> None:
    with company_scope(world.company):
        ours = MessageFactory(conversation=world.conversation, status="accepted", wamid="wamid.A")
        odd = payloads.status("wamid.A", "sent", recipient_id={"a": 1}, recipient_user_id=[2])
        payloads.post(client, payloads.delivery(world.sender, statuses=[odd]))
        apply_all()
        world.contact.refresh_from_db()
        ours.refresh_from_db()
        assert (world.contact.wa_id, world.contact.user_id) == ("254722555014", "")
        assert ours.status == "sent"


def test_a_call_with_the_id_of_a_message_is_parked(
    world: World, client: Client, apply_all: Apply
) -> None:
    payloads.post(client, payloads.delivery(world.sender, messages=[payloads.message("wacid.A")]))
    payloads.post(client, call_of(world))
    apply_all()
    item = WebhookItem.objects.get(kind="calls")
    assert (item.state, item.cause) == (ItemState.PARKED, "A message has this id.")


def test_what_cannot_be_read_keeps_its_cause_when_ops_ask_for_it_again(
    world: World, client: Client, apply_all: Apply
) -> None:
    payloads.post(client, payloads.delivery(world.sender, messages=["no object", {"from": "1"}]))
    apply_all()
    assert replay.again(WebhookItem.objects.all(), now=NOW) == 2
    apply_all()
    found = set(WebhookItem.objects.values_list("state", "cause"))
    assert found == {(ItemState.PARKED, "The message has no id.")}


def test_far_more_updates_than_meta_sends_in_one_body_are_parked_unread(
    world: World, client: Client, apply_all: Apply
) -> None:
    body = payloads.delivery(world.sender, messages=[])
    raw = (
        json.dumps(body)
        .encode()
        .replace(b'"messages": []', b'"messages": [%s{}]' % (b"{}," * 200_000))
    )
    assert payloads.post(client, raw).status_code == 200
    apply_all()
    event = WebhookEvent.objects.get()
    assert (event.state, event.cause) == (
        EventState.PARKED,
        "The body holds more than 10000 updates.",
    )
    assert not WebhookItem.objects.exists()


def test_what_stands_beside_many_items_is_not_copied_to_each_however_long_it_is(
    world: World, client: Client, apply_all: Apply
) -> None:
    body = call_of(world)
    value = body["entry"][0]["changes"][0]["value"]
    [call] = value["calls"]
    value["calls"] = [call | {"id": f"wacid.{number}"} for number in range(50)]
    value["errors"] = [{"code": 138021, "message": "x" * 1_000_000}]
    value["contacts"][0]["profile"]["name"] = "y" * 1_000_000
    payloads.post(client, body)
    tracemalloc.start()
    apply_all()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40 * 1024 * 1024
    items = WebhookItem.objects.all()
    assert {item.state for item in items} == {ItemState.APPLIED}
    assert max(len(json.dumps(item.payload)) for item in items) < 2 * COPIED
    with company_scope(world.company):
        assert Call.objects.count() == 50


def test_a_connection_that_broke_is_said_to_meta_as_not_stored(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise InterfaceError("connection already closed")

    monkeypatch.setattr("whatsapp.views.webhook.receive", broken)
    answer = payloads.post(client, {"object": "whatsapp_business_account", "entry": []})
    assert answer.status_code == 503
