"""What was received becomes messages and ticks: once, in any order, each item on its own."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from ats.tenancy import company_scope
from tests.factories.ats import CandidateFactory
from tests.factories.whatsapp import NOW, MessageFactory, World
from tests.whatsapp import payloads
from whatsapp.models import (
    Contact,
    Conversation,
    EventState,
    ItemState,
    LiveEvent,
    Message,
    MessageKind,
    MessageStatus,
    StatusEvent,
    WebhookEvent,
    WebhookItem,
)
from whatsapp.webhooks.apply import PAUSES

pytestmark = pytest.mark.django_db
Apply = Callable[..., bool]


def test_an_answer_lands_in_the_thread_and_opens_the_window(
    world: World, client: Client, apply_all: Apply
) -> None:
    at = int(NOW.timestamp()) - 60
    payloads.post(
        client,
        payloads.delivery(world.sender, messages=[payloads.message("wamid.A", "Friday?", at=at)]),
    )
    assert apply_all()
    with company_scope(world.company):
        message = Message.objects.get()
        conversation = Conversation.objects.get()
        assert (message.text, message.direction) == ("Friday?", "in")
        assert conversation.pk == world.conversation.pk == message.conversation_id
        assert conversation.last_inbound_at == datetime.fromtimestamp(at, tz=UTC)
        assert (conversation.unread_count, conversation.last_message) == (1, message)
        assert conversation.waiting_since == conversation.last_inbound_at
        assert LiveEvent.objects.get().data == {
            "conversation": conversation.pk,
            "message": message.pk,
        }


def test_five_deliveries_of_everything_in_any_order_give_one_message_and_the_right_ticks(
    world: World, client: Client, apply_all: Apply
) -> None:
    with company_scope(world.company):
        ours = MessageFactory(
            conversation=world.conversation, status=MessageStatus.ACCEPTED, wamid="wamid.OURS"
        )
    bodies = [
        payloads.delivery(world.sender, messages=[payloads.message("wamid.IN")]),
        *(
            payloads.delivery(world.sender, statuses=[payloads.status("wamid.OURS", word)])
            for word in ("sent", "delivered", "read")
        ),
    ] * 5
    random.Random(7).shuffle(bodies)
    for body in bodies:
        payloads.post(client, body)
        apply_all()
    with company_scope(world.company):
        assert Message.objects.filter(direction="in").count() == 1
        assert Conversation.objects.get().unread_count == 1
        ours.refresh_from_db()
        assert ours.status == MessageStatus.READ
        assert None not in (ours.sent_at, ours.delivered_at, ours.read_at)
        assert StatusEvent.objects.count() == 3


@pytest.mark.parametrize("order", list(itertools.permutations(["sent", "delivered", "read"])))
def test_ticks_only_move_forward(
    world: World, client: Client, apply_all: Apply, order: tuple[str, ...]
) -> None:
    with company_scope(world.company):
        ours = MessageFactory(
            conversation=world.conversation, status=MessageStatus.ACCEPTED, wamid="wamid.OURS"
        )
    rank = ["accepted", "sent", "delivered", "read"]
    highest = 0
    for word in order:
        statuses = [payloads.status("wamid.OURS", word)]
        payloads.post(client, payloads.delivery(world.sender, statuses=statuses))
        apply_all()
        ours.refresh_from_db()
        highest = max(highest, rank.index(word))
        assert ours.status == rank[highest]


def test_proof_of_delivery_takes_a_failure_back_and_a_failure_takes_nothing_back(
    world: World, client: Client, apply_all: Apply
) -> None:
    error = {"code": 131026, "title": "Message undeliverable", "error_data": {"details": "x"}}
    with company_scope(world.company):
        first, second = (
            MessageFactory(conversation=world.conversation, status="accepted", wamid=wamid)
            for wamid in ("wamid.1", "wamid.2")
        )
    for statuses in (
        [payloads.status("wamid.1", "failed", errors=[error])],
        [payloads.status("wamid.1", "delivered")],
        [payloads.status("wamid.2", "delivered")],
        [payloads.status("wamid.2", "failed", errors=[error])],
    ):
        payloads.post(client, payloads.delivery(world.sender, statuses=statuses))
        apply_all()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("delivered", "delivered")
    with company_scope(world.company):
        # The contradiction stays visible.
        assert StatusEvent.objects.filter(status="failed", error_code=131026).count() == 2


def test_a_broken_item_is_parked_with_its_cause_and_the_others_are_applied(
    world: World, client: Client, apply_all: Apply
) -> None:
    timeless = payloads.message("wamid.BROKEN")
    del timeless["timestamp"]
    body = payloads.delivery(
        world.sender,
        messages=[
            payloads.message("wamid.1"),
            timeless,
            {"from": "254722555014", "type": "text"},
            "not even an object",
            payloads.message("wamid.2"),
        ],
        statuses=[{"status": "sent"}],
    )
    assert payloads.post(client, body).status_code == 200
    apply_all()
    with company_scope(world.company):
        assert set(Message.objects.values_list("wamid", flat=True)) == {"wamid.1", "wamid.2"}
    parked = WebhookItem.objects.filter(state=ItemState.PARKED)
    assert {item.cause for item in parked} == {
        "The timestamp is missing or is not Unix seconds.",
        "The message has no id.",
        "The status has no id or no word for the state.",
    }
    assert not WebhookItem.objects.filter(state=ItemState.WAITING).exists()


@pytest.mark.parametrize(
    ("raw", "cause"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe{}", "not JSON"),
        (b"[]", "not an object of kind"),
        (b'{"object": "page"}', "not an object of kind"),
        (b'{"object": "whatsapp_business_account"}', "no list of entries"),
    ],
)
def test_an_unreadable_delivery_is_parked_and_blocks_nothing(
    world: World, client: Client, apply_all: Apply, raw: bytes, cause: str
) -> None:
    assert payloads.post(client, raw).status_code == 200
    payloads.post(client, payloads.delivery(world.sender, messages=[payloads.message("wamid.A")]))
    apply_all()
    parked = WebhookEvent.objects.get(state=EventState.PARKED)
    assert cause in parked.cause
    with company_scope(world.company):
        assert Message.objects.count() == 1


def apply_until_parked(apply_all: Apply) -> WebhookItem:
    """Lets the time of every pause pass."""
    moment = NOW
    for pause in (*PAUSES, timedelta(0)):
        apply_all(moment)
        moment += pause
    return WebhookItem.objects.get()


def test_what_is_for_a_number_that_nobody_here_owns_is_kept_apart(
    client: Client, apply_all: Apply
) -> None:
    value = {"metadata": {"phone_number_id": "1"}, "messages": [payloads.message("wamid.A")]}
    change = {"field": "messages", "value": value}
    payloads.post(
        client,
        {"object": "whatsapp_business_account", "entry": [{"id": "2", "changes": [change]}]},
    )
    apply_all()
    item = WebhookItem.objects.get()
    assert (item.state, item.cause) == ("unclaimed", "No company here has this phone number.")


def test_a_field_that_nothing_handles_is_kept(
    world: World, client: Client, apply_all: Apply
) -> None:
    change = {"field": "flows", "value": {"event": "FLOW_STATUS_CHANGE"}}
    entry = {"id": world.sender.waba.waba_id, "time": 1, "changes": [change]}
    payloads.post(client, {"object": "whatsapp_business_account", "entry": [entry]})
    apply_all()
    item = WebhookItem.objects.get()
    assert (item.state, item.cause) == ("unhandled", "Nothing here reads the field “flows”.")
    assert item.payload["item"] == change["value"]


def test_a_status_waits_for_its_message_and_is_parked_when_there_is_none(
    world: World, client: Client, apply_all: Apply
) -> None:
    statuses = [payloads.status("wamid.EARLY", "delivered")]
    payloads.post(client, payloads.delivery(world.sender, statuses=statuses))
    apply_all()
    item = WebhookItem.objects.get()
    assert (item.state, item.attempts) == (ItemState.WAITING, 1)
    with company_scope(world.company):
        ours = MessageFactory(
            conversation=world.conversation, status="accepted", wamid="wamid.EARLY"
        )
    apply_all(NOW + PAUSES[0] - timedelta(milliseconds=1))
    ours.refresh_from_db()
    assert ours.status == "accepted"
    apply_all(NOW + PAUSES[0])
    ours.refresh_from_db()
    assert ours.status == "delivered"

    payloads.post(
        client,
        payloads.delivery(world.sender, statuses=[payloads.status("wamid.NEVER", "sent")]),
    )
    moment = NOW
    for pause in (*PAUSES, timedelta(0)):
        apply_all(moment)
        moment += pause
    item = WebhookItem.objects.get(key__contains="wamid.NEVER")
    assert item.state == ItemState.PARKED
    assert "No message of ours" in item.cause


def test_an_item_that_fails_in_our_own_code_is_tried_again_and_rolls_back(
    world: World, client: Client, apply_all: Apply, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burst(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("boom")

    payloads.post(client, payloads.delivery(world.sender, messages=[payloads.message("wamid.A")]))
    with monkeypatch.context() as patch:
        patch.setattr("whatsapp.webhooks.handlers.messages.events.message_changed", burst)
        apply_all()
    item = WebhookItem.objects.get()
    assert (item.state, item.cause) == (ItemState.WAITING, "RuntimeError while applying.")
    with company_scope(world.company):
        assert not Message.objects.exists()
    apply_all(NOW + PAUSES[0])
    with company_scope(world.company):
        assert Message.objects.count() == 1


def test_a_lost_answer_is_settled_by_our_own_id_in_the_status(
    world: World, client: Client, apply_all: Apply
) -> None:
    with company_scope(world.company):
        ours = MessageFactory(conversation=world.conversation, status="unconfirmed")
    said = payloads.status("wamid.NEW", "sent", biz_opaque_callback_data=str(ours.callback_id))
    payloads.post(client, payloads.delivery(world.sender, statuses=[said]))
    apply_all()
    ours.refresh_from_db()
    assert (ours.status, ours.wamid) == ("sent", "wamid.NEW")


def test_what_meta_sent_of_a_message_is_kept_whole(
    world: World, client: Client, apply_all: Apply
) -> None:
    photo = payloads.message("wamid.P", type="image", image={"id": "9", "mime_type": "image/png"})
    tapped = payloads.message(
        "wamid.B", type="button", button={"payload": "x", "text": "This week"}
    )
    payloads.post(client, payloads.delivery(world.sender, messages=[photo, tapped]))
    apply_all()
    with company_scope(world.company):
        kept = Message.objects.get(wamid="wamid.P")
        assert (kept.kind, kept.content["image"]["id"]) == (MessageKind.IMAGE, "9")
        assert Message.objects.get(wamid="wamid.B").text == "This week"


def test_what_postgresql_cannot_store_is_replaced_not_lost(
    world: World, client: Client, apply_all: Apply
) -> None:
    body = payloads.delivery(world.sender, messages=[payloads.message("wamid.A", "a\x00b")])
    payloads.post(client, json.dumps(body).encode())
    apply_all()
    with company_scope(world.company):
        assert Message.objects.get().text == "a\ufffdb"


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_last_wish_to_stop_or_start_counts_in_whatever_order_they_come(
    world: World, client: Client, apply_all: Apply, order: tuple[int, ...]
) -> None:
    at = int(NOW.timestamp()) - 100
    written = [(" Stop! ", at), ("Start", at + 10), ("STOP", at + 20)]
    for number in order:
        text, moment = written[number]
        messages = [payloads.message(f"wamid.{number}", text, at=moment)]
        payloads.post(client, payloads.delivery(world.sender, messages=messages))
        apply_all()
    with company_scope(world.company):
        assert Contact.objects.get().opted_out_at == datetime.fromtimestamp(at + 20, tz=UTC)


def test_starting_again_takes_a_stop_back_and_at_the_same_second_stopping_wins(
    world: World, client: Client, apply_all: Apply
) -> None:
    at = int(NOW.timestamp()) - 100
    for number, (text, moment, stopped) in enumerate(
        [
            ("stop", at, True),
            ("start", at + 1, False),
            ("stop", at + 1, True),
            ("start", at + 1, True),
        ]
    ):
        messages = [payloads.message(f"wamid.{number}", text, at=moment)]
        payloads.post(client, payloads.delivery(world.sender, messages=messages))
        apply_all()
        with company_scope(world.company):
            assert (Contact.objects.get().opted_out_at is not None) == stopped, text


def test_an_older_message_that_comes_late_shortens_no_window_and_stays_in_its_place(
    world: World, client: Client, apply_all: Apply
) -> None:
    at = int(NOW.timestamp())
    for wamid, moment in (("wamid.NEW", at - 10), ("wamid.OLD", at - 3000)):
        payloads.post(
            client,
            payloads.delivery(world.sender, messages=[payloads.message(wamid, at=moment)]),
        )
        apply_all()
    with company_scope(world.company):
        conversation = Conversation.objects.get()
        assert conversation.last_inbound_at == datetime.fromtimestamp(at - 10, tz=UTC)
        assert conversation.last_message is not None
        assert conversation.last_message.wamid == "wamid.NEW"


def test_an_unknown_person_gets_a_contact_and_a_known_number_its_candidate(
    world: World, client: Client, apply_all: Apply
) -> None:
    luca = CandidateFactory(company=world.company, first_name="Luca", mobile="+393205550142")
    for number in ("393205550142", "254711555082"):
        payloads.post(
            client,
            payloads.delivery(
                world.sender, messages=[payloads.message(f"wamid.{number}", wa_id=number)]
            ),
        )
    apply_all()
    with company_scope(world.company):
        assert Contact.objects.get(wa_id="393205550142").candidate == luca
        unknown = Contact.objects.get(wa_id="254711555082")
        assert (unknown.candidate, unknown.phone) == (None, "+254711555082")


def test_a_number_that_is_added_to_a_candidate_later_finds_them_with_the_next_message(
    world: World, client: Client, apply_all: Apply
) -> None:
    def writes(wamid: str) -> None:
        messages = [payloads.message(wamid, wa_id="254711555082")]
        payloads.post(client, payloads.delivery(world.sender, messages=messages))
        apply_all()

    writes("wamid.1")
    esther = CandidateFactory(company=world.company, mobile="+254711555082")
    writes("wamid.2")
    with company_scope(world.company):
        assert Contact.objects.get(wa_id="254711555082").candidate == esther


def test_a_message_from_the_future_opens_the_window_from_now(
    world: World, client: Client, apply_all: Apply
) -> None:
    at = int((NOW + timedelta(days=11)).timestamp())
    messages = [payloads.message("wamid.F", at=at)]
    payloads.post(client, payloads.delivery(world.sender, messages=messages))
    apply_all()
    with company_scope(world.company):
        assert Conversation.objects.get().last_inbound_at == NOW


@pytest.mark.parametrize(
    "bad",
    [
        rb'"profile": {"name": "cut \ud83d"}',
        rb'"profile": {"name": "nul \u0000"}',
        rb'"odd": NaN',
        rb'"odd": 1e999',
        rb'"odd": -Infinity',
    ],
)
def test_what_jsonb_cannot_hold_spoils_no_delivery(
    world: World, client: Client, apply_all: Apply, bad: bytes
) -> None:
    messages = [payloads.message(f"wamid.{n}") for n in range(3)]
    raw = json.dumps(payloads.delivery(world.sender, messages=messages)).encode()
    assert b'"profile": {"name": "Amina"}' in raw
    payloads.post(client, raw.replace(b'"profile": {"name": "Amina"}', bad))
    apply_all()
    with company_scope(world.company):
        assert Message.objects.count() == 3


def test_ids_longer_than_meta_makes_them_are_parked_alone(
    world: World, client: Client, apply_all: Apply
) -> None:
    body = payloads.delivery(world.sender, messages=[payloads.message("wamid.A")])
    long_number = json.loads(json.dumps(body["entry"][0]))
    long_number["changes"][0]["value"]["metadata"]["phone_number_id"] = "9" * 40
    long_account = {**json.loads(json.dumps(body["entry"][0])), "id": "8" * 40}
    body["entry"] = [long_number, long_account, *body["entry"]]
    payloads.post(client, body)
    apply_all()
    with company_scope(world.company):
        assert Message.objects.count() == 1
    assert WebhookItem.objects.filter(state=ItemState.PARKED).count() == 2


def test_an_item_carries_its_own_writer_and_nobody_else(
    world: World, client: Client, apply_all: Apply
) -> None:
    people = [f"25472200{n:04d}" for n in range(60)]
    body = payloads.delivery(
        world.sender,
        messages=[payloads.message(f"wamid.{wa_id}", wa_id=wa_id) for wa_id in people],
    )
    body["entry"][0]["changes"][0]["value"]["contacts"] = [
        {"profile": {"name": f"Name of {wa_id}"}, "wa_id": wa_id} for wa_id in people
    ]
    payloads.post(client, body)
    apply_all()
    with company_scope(world.company):
        assert Contact.objects.filter(profile_name__startswith="Name of").count() == 60
    stored = sum(len(json.dumps(item.payload)) for item in WebhookItem.objects.all())
    assert stored < 2 * len(json.dumps(body))
