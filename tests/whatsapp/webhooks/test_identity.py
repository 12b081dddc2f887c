"""Who a message is from: numbers go from hand to hand, user ids stay with the person."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from ats.tenancy import company_scope
from tests.factories.ats import CandidateFactory
from tests.factories.whatsapp import (
    AMINA,
    NOW,
    ContactFactory,
    ConversationFactory,
    MessageFactory,
    World,
    make_world,
)
from tests.whatsapp import payloads
from whatsapp.models import Contact, ContactFact, Conversation, ItemState, Message, WebhookItem
from whatsapp.webhooks import apply

Apply = Callable[..., bool]
WA_ID = AMINA[1:]


@pytest.fixture
def writes(world: World, client: Client, apply_all: Apply) -> Callable[..., Message]:
    """Somebody writes; the stored message."""
    count = iter(range(100))

    def write(**who: Any) -> Message:
        wamid = f"wamid.{next(count)}"
        message = payloads.message(wamid, **who)
        if who.get("wa_id") == "":
            del message["from"]
        payloads.post(client, payloads.delivery(world.sender, messages=[message]))
        apply_all()
        with company_scope(world.company):
            return Message.objects.select_related("conversation__contact").get(wamid=wamid)

    return write


def test_the_user_id_of_a_known_number_is_learned_and_used(
    world: World, writes: Callable[..., Message]
) -> None:
    writes(wa_id=WA_ID, from_user_id="KE.1")
    hidden = writes(wa_id="", from_user_id="KE.1")
    assert hidden.conversation == world.conversation


def test_a_number_that_went_to_another_person_is_theirs_now(
    world: World, writes: Callable[..., Message]
) -> None:
    first = writes(wa_id=WA_ID, from_user_id="KE.1")
    second = writes(wa_id=WA_ID, from_user_id="KE.2")
    old, new = first.conversation.contact, second.conversation.contact
    assert old != new
    old.refresh_from_db()
    assert (old.phone, old.wa_id, old.user_id) == ("", "", "KE.1")
    assert (new.phone, new.wa_id, new.user_id) == (AMINA, WA_ID, "KE.2")


def test_a_person_with_a_new_number_is_answered_there(
    world: World, writes: Callable[..., Message]
) -> None:
    writes(wa_id=WA_ID, from_user_id="KE.1")
    moved = writes(wa_id="254799555000", from_user_id="KE.1").conversation
    assert moved == world.conversation
    contact = moved.contact
    assert (contact.phone, contact.wa_id) == ("+254799555000", "254799555000")
    assert contact.candidate == world.amina


def test_two_halves_of_one_person_become_one(world: World, writes: Callable[..., Message]) -> None:
    """Known by number from our own message, by user id from a message without one."""
    with company_scope(world.company):
        ContactFactory(
            company=world.company,
            portfolio_id=world.contact.portfolio_id,
            phone="",
            user_id="KE.1",
        )
    message = writes(wa_id=WA_ID, from_user_id="KE.1")
    assert message.conversation == world.conversation
    contact = message.conversation.contact
    assert (contact.phone, contact.user_id, contact.candidate) == (AMINA, "KE.1", world.amina)


def test_what_whatsapp_answered_for_a_number_is_the_same_person(
    world: World, writes: Callable[..., Message]
) -> None:
    """Brazil: dialled with the ninth digit, known to WhatsApp without."""
    with company_scope(world.company):
        maria = ContactFactory(
            company=world.company,
            portfolio_id=world.contact.portfolio_id,
            phone="+5511955550121",
            wa_id="551155550121",
        )
        thread = ConversationFactory(company=world.company, sender=world.sender, contact=maria)
    assert writes(wa_id="551155550121").conversation == thread
    maria.refresh_from_db()
    assert maria.phone == "+5511955550121"


def test_a_number_that_is_added_to_a_candidate_later_finds_them_with_the_next_message(
    world: World, writes: Callable[..., Message]
) -> None:
    assert writes(wa_id="254711555082").conversation.contact.candidate is None
    esther = CandidateFactory(company=world.company, mobile="+254711555082")
    assert writes(wa_id="254711555082").conversation.contact.candidate == esther


@pytest.mark.django_db(transaction=True)
def test_many_workers_on_one_person_wait_for_each_other_and_never_lock_up(client: Client) -> None:
    world = make_world()
    for number in range(40):
        name = f"Name {number % 7}"
        messages = [payloads.message(f"wamid.{number}", from_user_id="KE.1")]
        payloads.post(client, payloads.delivery(world.sender, messages=messages, name=name))
    apply.split_new(now=timezone.now())

    def work() -> None:
        try:
            apply.drain(timezone.now)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    # A deadlock would have left its victim waiting for another try.
    assert not WebhookItem.objects.exclude(state=ItemState.APPLIED).exists()
    with company_scope(world.company):
        assert Contact.objects.count() == 1
        assert Conversation.objects.get().unread_count == 40


def test_the_newest_name_stands_also_where_one_id_alone_told_another_between(
    world: World, client: Client, apply_all: Apply
) -> None:
    at = int(NOW.timestamp()) - 100
    told = [
        (at, "Amina", {"wa_id": WA_ID, "from_user_id": "KE.1"}),
        (at + 10, "Mina", {"from_user_id": "KE.1"}),
        (at + 20, "Amina", {"wa_id": WA_ID, "from_user_id": "KE.1"}),
    ]
    for moment, name, who in told:
        message = payloads.message(f"wamid.{moment}", at=moment, **who)
        contact = {"profile": {"name": name}, "user_id": "KE.1"}
        if "wa_id" not in who:
            del message["from"]
        body = payloads.delivery(world.sender, messages=[message])
        body["entry"][0]["changes"][0]["value"]["contacts"] = [
            contact | {"wa_id": message.get("from", "")}
        ]
        payloads.post(client, body)
        apply_all()
    with company_scope(world.company):
        assert Contact.objects.get(user_id="KE.1").profile_name == "Amina"


def test_a_wish_under_an_old_user_id_makes_it_not_the_persons_id_again(
    world: World, client: Client, writes: Callable[..., Message], apply_all: Apply
) -> None:
    at = int(NOW.timestamp()) - 100
    writes(wa_id=WA_ID, from_user_id="KE.1", at=at)
    ids = {"type": "user_changed_user_id", "user_id": "KE.2", "previous_user_id": "KE.1"}
    note = payloads.message("wamid.note", at=at + 10, type="system", system=ids)
    payloads.post(client, payloads.delivery(world.sender, messages=[note]))
    wish = {"wa_id": WA_ID, "user_id": "KE.1", "category": "marketing_messages"}
    body = payloads.delivery(world.sender)
    [change] = body["entry"][0]["changes"]
    change["field"] = "user_preferences"
    change["value"]["user_preferences"] = [wish | {"value": "stop", "timestamp": at + 20}]
    payloads.post(client, body)
    apply_all()
    # Something new about the person has everything about them looked at again.
    contact = writes(wa_id="", from_user_id="KE.1", at=at + 5).conversation.contact
    assert (contact.user_id, contact.marketing_stopped_at is not None) == ("KE.2", True)


def test_since_when_a_pair_is_known_is_the_earliest_status_that_told_it(
    world: World, client: Client, apply_all: Apply
) -> None:
    at = int(NOW.timestamp()) - 100
    with company_scope(world.company):
        MessageFactory(conversation=world.conversation, status="accepted", wamid="wamid.O")
    for word, moment in (("read", at + 20), ("sent", at)):
        said = payloads.status("wamid.O", word, at=moment, recipient_user_id="KE.1")
        payloads.post(client, payloads.delivery(world.sender, statuses=[said]))
        apply_all()
    with company_scope(world.company):
        assert ContactFact.objects.get(user_id="KE.1").at.timestamp() == at
