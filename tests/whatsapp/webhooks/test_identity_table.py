"""Who somebody is, as a table: what was delivered, and whose thread and candidate each message has.

A case is a list of steps. `w` is somebody writing, with ids as Meta names them; the others are what
Meta notes and what colleagues say. Beside each message stands the thread that it belongs to; equal
letters are one thread. Each case is delivered one by one, and again all at once by four workers.
"""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from ats.models import Candidate
from ats.tenancy import company_scope
from tests.factories.ats import CandidateFactory
from tests.factories.whatsapp import World, make_world
from tests.whatsapp import payloads
from whatsapp.contacts import matching
from whatsapp.contacts.identity import contact_for_candidate
from whatsapp.models import Contact, Conversation, ItemState, Message, WebhookItem
from whatsapp.webhooks import apply

START = 1795100000
BRAZIL = ("5511987650121", "551187650121")
MEXICO = ("525512345678", "5215512345678")
ARGENTINA = ("5491123456789", "54111523456789")
KENYA, ITALY = "254733555190", "393205550142"


@dataclass(frozen=True)
class Step:
    """`thread` is the letter of the thread that the message is found in at the end."""

    wa_id: str = ""
    user_id: str = ""
    thread: str = ""
    new_wa_id: str = ""
    new_user_id: str = ""


def w(wa_id: str = "", user_id: str = "", *, thread: str) -> Step:
    return Step(wa_id, user_id, thread)


def moved(old: str, new: str, *, thread: str) -> Step:
    return Step(old, new_wa_id=new, thread=thread)


def renamed(old: str, new: str, *, thread: str) -> Step:
    return Step(user_id=old, new_user_id=new, thread=thread)


@dataclass(frozen=True)
class Case:
    name: str
    steps: tuple[Step, ...]
    # The number of each candidate's record, by first name.
    records: dict[str, str] = field(default_factory=dict)
    # Whose each thread is; a letter that is not there is nobody's.
    whose: dict[str, str] = field(default_factory=dict)


def _spellings(country: str, forms: tuple[str, ...]) -> list[Case]:
    """Each spelling in the record, and every order in which WhatsApp may name them."""
    return [
        Case(
            f"{country}: the record has {record}, WhatsApp names {order}",
            tuple(w(one, thread="a") for one in order),
            {"Maria": record},
            {"a": "Maria"},
        )
        for record in forms
        for order in itertools.permutations(forms)
    ]


CASES = [
    *_spellings("Brazil", BRAZIL),
    *_spellings("Mexico", MEXICO),
    *_spellings("Argentina", ARGENTINA),
    Case(
        "Brazil: a landline with the ninth digit's likeness is another number",
        (w("551132345678", thread="a"), w("5511932345678", thread="b")),
        {"Maria": "5511932345678"},
        {"b": "Maria"},
    ),
    Case(
        "Argentina: a landline is not the mobile number with a 9",
        (w("541123456789", thread="a"), w("5491123456789", thread="b")),
        {"Maria": "541123456789"},
        {"a": "Maria"},
    ),
    Case(
        "Italy: a landline keeps its zero and is nobody else's",
        (w("390612345678", thread="a"), w("39612345678", thread="b")),
        {"Luca": "390612345678"},
        {"a": "Luca"},
    ),
    Case(
        "no phone at all: one user id is one person",
        (
            w(user_id="KE.1", thread="a"),
            w(user_id="KE.2", thread="b"),
            w(user_id="KE.1", thread="a"),
        ),
        {"Daniel": KENYA},
    ),
    Case(
        "no phone at first: the number that comes later says who it is",
        (w(user_id="KE.1", thread="a"), w(KENYA, "KE.1", thread="a"), w(KENYA, thread="a")),
        {"Daniel": KENYA},
        {"a": "Daniel"},
    ),
    Case(
        "a changed number: one thread, still the candidate's by what was known before",
        (
            w(KENYA, "KE.1", thread="a"),
            moved(KENYA, "254711000111", thread="a"),
            w("254711000111", "KE.1", thread="a"),
        ),
        {"Daniel": KENYA},
        {"a": "Daniel"},
    ),
    Case(
        "a changed number, the new one in the record: one thread, the candidate's",
        (
            w(KENYA, "KE.1", thread="a"),
            moved(KENYA, "254711000111", thread="a"),
            w("254711000111", "KE.1", thread="a"),
        ),
        {"Daniel": "254711000111"},
        {"a": "Daniel"},
    ),
    Case(
        "a changed number that somebody else has now: two threads, the newcomer is nobody's",
        (
            w(KENYA, "KE.1", thread="a"),
            moved(KENYA, "254711000111", thread="a"),
            w(KENYA, "KE.2", thread="b"),
            w("254711000111", "KE.1", thread="a"),
            w(user_id="KE.2", thread="b"),
        ),
        {"Daniel": KENYA},
        {"a": "Daniel"},
    ),
    Case(
        "a changed user id: one thread",
        (
            w(KENYA, "KE.1", thread="a"),
            renamed("KE.1", "KE.9", thread="a"),
            w(user_id="KE.9", thread="a"),
            w(KENYA, "KE.9", thread="a"),
        ),
        {"Daniel": KENYA},
        {"a": "Daniel"},
    ),
    Case(
        "two candidates with one number: one thread, and nobody's until somebody says",
        (w(ITALY, "IT.1", thread="a"), w(ITALY, thread="a")),
        {"Luca": ITALY, "Lucia": ITALY},
    ),
]


def case_name(case: Case) -> str:
    return case.name


def body(world: World, number: int, step: Step) -> dict[str, Any]:
    at = START + number * 7200
    message = payloads.message(f"wamid.{number}", f"{number}", wa_id=step.wa_id, at=at)
    if step.new_wa_id:
        system = {"type": "user_changed_number", "wa_id": step.new_wa_id}
        message |= {"type": "system", "system": system}
    elif step.new_user_id:
        system = {
            "type": "user_changed_user_id",
            "previous_user_id": step.user_id,
            "user_id": step.new_user_id,
        }
        message |= {"type": "system", "system": system}
    elif step.user_id:
        message["from_user_id"] = step.user_id
    if not step.wa_id:
        del message["from"]
    delivery = payloads.delivery(world.sender, messages=[message])
    delivery["entry"][0]["changes"][0]["value"]["contacts"] = []
    return delivery


def candidates_of(world: World, case: Case) -> dict[str, Candidate]:
    return {
        name: CandidateFactory(company=world.company, first_name=name, mobile=f"+{number}")
        for name, number in case.records.items()
    }


def expect(case: Case, candidates: dict[str, Candidate]) -> None:
    """Equal letters in one thread, different ones apart, each with its candidate."""
    threads: dict[str, Conversation] = {}
    for number, step in enumerate(case.steps):
        message = Message.objects.select_related("conversation__contact__candidate").get(
            wamid=f"wamid.{number}"
        )
        thread = message.conversation
        assert threads.setdefault(step.thread, thread) == thread, f"message {number}"
    assert len({thread.pk for thread in threads.values()}) == len(threads)
    for letter, thread in threads.items():
        assert thread.contact.merged_into is None
        assert thread.moved_to is None
        assert thread.contact.candidate == candidates.get(case.whose.get(letter, "")), letter


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_each_message_finds_its_person(world: World, client: Client, case: Case) -> None:
    candidates = candidates_of(world, case)
    for number, step in enumerate(case.steps):
        payloads.post(client, body(world, number, step))
        apply.drain(timezone.now)
    with company_scope(world.company):
        expect(case, candidates)


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_in_whatever_order_it_is_told(world: World, client: Client, case: Case) -> None:
    candidates = candidates_of(world, case)
    for number, step in reversed(list(enumerate(case.steps))):
        payloads.post(client, body(world, number, step))
        apply.drain(timezone.now)
    with company_scope(world.company):
        expect(case, candidates)


def at_once(*works: Any) -> None:
    def run(work: Any) -> None:
        try:
            work()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


MIXED = [case for case in CASES if len(case.steps) > 2 or "two candidates" in case.name]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("case", MIXED, ids=case_name)
def test_also_when_four_workers_take_it_at_once(client: Client, case: Case) -> None:
    world = make_world()
    candidates = candidates_of(world, case)
    for number, step in enumerate(case.steps):
        payloads.post(client, body(world, number, step))
    apply.split_new(now=timezone.now())
    at_once(*[lambda: apply.drain(timezone.now)] * 4)
    assert not WebhookItem.objects.exclude(state=ItemState.APPLIED).exists()
    with company_scope(world.company):
        expect(case, candidates)


@pytest.mark.django_db(transaction=True)
def test_an_unknown_sender_linked_while_they_write_has_one_thread(client: Client) -> None:
    """A hidden person writes, their candidate was written to at a number: joined, and undone."""
    world = make_world()
    daniel = CandidateFactory(company=world.company, first_name="Daniel", mobile=f"+{KENYA}")
    with company_scope(world.company):
        contact_for_candidate(
            daniel,
            portfolio_id=world.sender.waba.portfolio_id,
            phone=f"+{KENYA}",
            by=world.alice,
            now=timezone.now(),
        )
    first = Case("first", (w(user_id="KE.1", thread="a"),))
    payloads.post(client, body(world, 0, first.steps[0]))
    apply.drain(timezone.now)
    later = [w(user_id="KE.1", thread="a"), w(KENYA, thread="a")] * 10
    for number, step in enumerate(later, start=1):
        payloads.post(client, body(world, number, step))
    apply.split_new(now=timezone.now())
    with company_scope(world.company):
        unknown = Contact.objects.get(user_id="KE.1")

    def link() -> None:
        with company_scope(world.company):
            matching.link_contact(
                contact=unknown, candidate=daniel, by=world.alice, now=timezone.now()
            )

    drain = [lambda: apply.drain(timezone.now)] * 3
    at_once(link, *drain)
    together = Case("joined", (*first.steps, *later), whose={"a": "Daniel"})
    with company_scope(world.company):
        expect(together, {"Daniel": daniel})
        whole = Conversation.objects.get(contact__candidate=daniel, moved_to=None)
        assert (whole.unread_count, whole.contact.phone) == (21, f"+{KENYA}")

    more = [w(user_id="KE.1", thread="a"), w(KENYA, thread="b")] * 5
    for number, step in enumerate(more, start=len(later) + 1):
        payloads.post(client, body(world, number, step))
    apply.split_new(now=timezone.now())

    def undo() -> None:
        with company_scope(world.company):
            matching.unlink_contact(contact=whole.contact, by=world.bob, now=timezone.now())

    at_once(undo, *drain)
    assert not WebhookItem.objects.exclude(state=ItemState.APPLIED).exists()
    parted = tuple(
        Step(one.wa_id, one.user_id, "a" if one.user_id else "b") for one in [*later, *more]
    )
    apart = Case("undone", (*first.steps, *parted), whose={"b": "Daniel"})
    with company_scope(world.company):
        expect(apart, {"Daniel": daniel})
