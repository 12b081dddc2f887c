"""Two workers at one person at one moment, and facts that come in another order than they were."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import timezone

from ats.tenancy import company_scope
from tests.factories.ats import CandidateFactory
from tests.factories.whatsapp import MessageFactory, World, make_world
from tests.whatsapp import payloads
from whatsapp.contacts import matching
from whatsapp.contacts.identity import WhatsAppIdentity, changed, contact_for, contact_for_candidate
from whatsapp.contacts.wishes import heed
from whatsapp.inbox import conversations
from whatsapp.inbox.conversations import conversation_between
from whatsapp.inbox.inbound import Inbound, receive_message
from whatsapp.models import (
    Contact,
    ContactFact,
    Conversation,
    FactKind,
    Message,
    MessageKind,
    MessageStatus,
)
from whatsapp.webhooks import apply

KENYA = "254733555190"
NEW = "254711000111"
START = 1795100000


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(START + seconds, tz=UTC)


def say(
    world: World, wamid: str, seconds: int, wa_id: str = "", user_id: str = "", **more: Any
) -> Any:
    message = payloads.message(wamid, more.pop("text", wamid), wa_id=wa_id, at=START + seconds)
    if user_id:
        message["from_user_id"] = user_id
    if not wa_id:
        del message["from"]
    message |= more
    body = payloads.delivery(world.sender, messages=[message])
    body["entry"][0]["changes"][0]["value"]["contacts"] = []
    return body


def moved(world: World, wamid: str, seconds: int, old: str, new: str) -> Any:
    return say(
        world,
        wamid,
        seconds,
        old,
        type="system",
        system={"type": "user_changed_number", "wa_id": new},
    )


def tell(client: Client, *bodies: Any) -> None:
    for body in bodies:
        payloads.post(client, body)
        apply.drain(timezone.now)


@pytest.mark.django_db(transaction=True)
def test_a_stop_survives_a_regrouping_at_the_same_moment(client: Client) -> None:
    world = make_world()
    tell(client, say(world, "wamid.0", 0, KENYA, "KE.1"))
    said, go_on = threading.Event(), threading.Event()

    def writes_stop() -> None:
        try:
            with company_scope(world.company), transaction.atomic():
                who = WhatsAppIdentity(KENYA, "KE.1")
                contact = contact_for(world.sender, who, at=at(60), now=timezone.now())
                heed(contact, "STOP", at=at(60), wa_id=KENYA, user_id="KE.1")
                said.set()
                go_on.wait(10)
        finally:
            connections.close_all()

    def changes_number() -> None:
        try:
            said.wait(10)
            with company_scope(world.company), transaction.atomic():
                changed(
                    world.sender.waba.portfolio_id,
                    FactKind.NUMBER_CHANGED,
                    old=KENYA,
                    new=NEW,
                    at=at(120),
                )
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for one in (writes_stop, changes_number)]
    for one in threads:
        one.start()
    said.wait(10)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                break
    go_on.set()
    for one in threads:
        one.join()
    with company_scope(world.company):
        fact = ContactFact.objects.get(kind=FactKind.STOPPED)
        contact = Contact.objects.get(user_id="KE.1")
        assert fact.contact_id == contact.pk
        assert contact.opted_out_at == at(60)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 0, 1, 2), (2, 1, 3, 0)])
def test_statuses_tell_whose_a_number_was_in_any_order(
    world: World, client: Client, order: tuple[int, ...]
) -> None:
    with company_scope(world.company):
        daniel = CandidateFactory(company=world.company, mobile=f"+{KENYA}")
        contact = contact_for_candidate(
            daniel,
            portfolio_id=world.sender.waba.portfolio_id,
            phone=f"+{KENYA}",
            by=world.alice,
            now=at(-100),
        )
        thread = conversation_between(world.sender, contact, now=at(-100))
        MessageFactory(
            company=world.company,
            conversation=thread,
            status=MessageStatus.ACCEPTED,
            wamid="wamid.ours",
            wa_id=KENYA,
            user_id="",
            at=at(-100),
            created_at=at(-100),
            next_try_at=None,
        )

    def status(word: str, seconds: int) -> Any:
        more = {"recipient_id": KENYA, "recipient_user_id": "KE.1"}
        one = payloads.status("wamid.ours", word, at=START + seconds, **more)
        return payloads.delivery(world.sender, statuses=[one])

    told = [
        status("sent", 10),
        say(world, "wamid.number", 20, KENYA),
        say(world, "wamid.other", 50, KENYA, "KE.2"),
        status("read", 100),
    ]
    tell(client, *(told[one] for one in order))
    with company_scope(world.company):
        alone = Message.objects.get(wamid="wamid.number").conversation.contact
        assert alone.user_id == "KE.1"


def test_who_was_unblocked_stays_so_when_people_part(world: World, client: Client) -> None:
    tell(client, say(world, "wamid.0", 0, user_id="KE.1"), say(world, "wamid.1", 100, KENYA))
    now = timezone.now()
    with company_scope(world.company):
        by_number = Contact.objects.get(wa_id=KENYA)
        matching.block_contact(contact=by_number, by=world.alice, now=now)
    tell(client, say(world, "wamid.2", 7200, KENYA, "KE.1"))
    with company_scope(world.company):
        whole = Contact.objects.get(user_id="KE.1")
        assert whole.blocked_at is not None
        matching.unblock_contact(contact=whole, by=world.bob, now=now)
    # It turns out that the number had passed to KE.1 in between.
    tell(client, moved(world, "wamid.3", 3600, KENYA, NEW))
    with company_scope(world.company):
        assert not Contact.objects.filter(merged_into=None, blocked_at__isnull=False).exists()


@pytest.mark.parametrize("backwards", [False, True])
def test_who_has_no_whatsapp_in_any_order(world: World, client: Client, backwards: bool) -> None:
    with company_scope(world.company):
        daniel = CandidateFactory(company=world.company, mobile=f"+{KENYA}")
        contact = contact_for_candidate(
            daniel,
            portfolio_id=world.sender.waba.portfolio_id,
            phone=f"+{KENYA}",
            by=world.alice,
            now=at(-7200),
        )
        thread = conversation_between(world.sender, contact, now=at(-7200))
        MessageFactory(
            company=world.company,
            conversation=thread,
            status=MessageStatus.ACCEPTED,
            wamid="wamid.ours",
            wa_id=KENYA,
            user_id="",
            at=at(-7200),
            created_at=at(-7200),
            next_try_at=None,
        )
    failed = payloads.status("wamid.ours", "failed", at=START + 80_000, recipient_id=KENYA)
    failed["errors"] = [{"code": 131026, "title": "Undeliverable"}]
    told = [
        moved(world, "wamid.1", 3600, KENYA, NEW),
        *(
            say(world, f"wamid.{n}", 8000 + n, KENYA, "KE.1", text=text)
            for n, text in enumerate(("STOP", "START", "STOP", "START"), start=2)
        ),
        payloads.delivery(world.sender, statuses=[failed]),
    ]
    tell(client, *(reversed(told) if backwards else told))
    with company_scope(world.company):
        newcomer = Contact.objects.get(user_id="KE.1")
        leaver = Message.objects.get(wamid="wamid.ours").conversation.contact
        assert newcomer != leaver
        assert newcomer.undeliverable_since is None
        assert leaver.undeliverable_since == at(80_000)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("counts", ["wait_again", "recount"])
def test_an_inbound_message_is_not_uncounted(counts: str) -> None:
    world = make_world()
    written, go_on = threading.Event(), threading.Event()

    def inbound() -> None:
        try:
            with company_scope(world.company), transaction.atomic():
                contact = Contact.objects.select_for_update(no_key=True).get(pk=world.contact.pk)
                one = Inbound(
                    wamid="wamid.new",
                    kind=MessageKind.TEXT,
                    text="Hi",
                    content={},
                    at=timezone.now(),
                )
                receive_message(world.sender, contact, one, now=timezone.now())
                written.set()
                go_on.wait(10)
        finally:
            connections.close_all()

    def count() -> None:
        # As apply_status does for `failed`, and _show for a call whose webhook names nobody.
        written.wait(10)
        try:
            with company_scope(world.company), transaction.atomic():
                if counts == "recount":
                    conversations.recount(Conversation.objects.get(pk=world.conversation.pk))
                else:
                    conversations.wait_again(world.conversation.pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for one in (inbound, count)]
    for one in threads:
        one.start()
    written.wait(10)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                break
    go_on.set()
    for one in threads:
        one.join()
    with company_scope(world.company):
        thread = Conversation.objects.get(pk=world.conversation.pk)
        message = Message.objects.get(wamid="wamid.new")
        assert thread.waiting_since == message.at
        assert (thread.unread_count, thread.last_inbound_at) == (1, message.at)
        assert thread.last_message_id == message.pk


def test_a_hidden_number_that_changes_is_answered_at_the_new_one(
    world: World, client: Client
) -> None:
    tell(client, say(world, "wamid.0", 0, KENYA, "KE.1"))
    note = say(
        world,
        "wamid.1",
        60,
        user_id="KE.1",
        type="system",
        system={"type": "user_changed_number", "wa_id": NEW},
    )
    tell(client, note, say(world, "wamid.2", 90, user_id="KE.1"))
    with company_scope(world.company):
        contact = Message.objects.get(wamid="wamid.2").conversation.contact
        assert (contact.wa_id, contact.phone, contact.user_id) == (NEW, f"+{NEW}", "KE.1")
