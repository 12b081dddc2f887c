"""The matching queue as a page: what it proposes, who may act, what is kept when it is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ats.models import Candidate, CandidateField, Company, FieldType, Role
from ats.tenancy import company_scope
from tests.factories.ats import (
    CandidateFactory,
    CandidateValueFactory,
    UserFactory,
    mobile_field,
)
from tests.factories.whatsapp import (
    NOW,
    ContactFactory,
    ConversationFactory,
    MessageFactory,
    World,
    make_world,
)
from whatsapp.contacts import matching
from whatsapp.models import Contact, Direction, MessageKind, MessageStatus
from whatsapp.selectors.matching import PAGE
from whatsapp.selectors.proposals import proposals_for

pytestmark = pytest.mark.django_db
QUEUE = reverse("whatsapp:matching")
LUCA = "+393205550142"
HX = {"HX-Request": "true"}


@pytest.fixture
def alice(world: World, client: Client) -> Client:
    client.force_login(world.alice)
    return client


def somebody(world: World, **who: Any) -> Contact:
    """Has written, and is nobody's."""
    values = {"phone": "", "portfolio_id": world.contact.portfolio_id} | who
    contact: Contact = ContactFactory(company=world.company, **values)
    thread = ConversationFactory(company=world.company, sender=world.sender, contact=contact)
    thread.last_message = wrote(world, contact, thread)
    with company_scope(world.company):
        thread.save()
    return contact


def wrote(world: World, contact: Contact, thread: Any, **message: Any) -> Any:
    common = {"direction": Direction.IN, "status": MessageStatus.RECEIVED, "text": "Is it open?"}
    return MessageFactory(company=world.company, conversation=thread, **(common | message))


def candidate(world: World, name: str, mobile: str = "") -> Candidate:
    first, _, last = name.partition(" ")
    made: Candidate = CandidateFactory(
        company=world.company, first_name=first, last_name=last, mobile=mobile
    )
    return made


def proposed(world: World, contact: Contact) -> list[tuple[str, tuple[str, ...]]]:
    with company_scope(world.company):
        found = proposals_for([contact], now=NOW)[contact.pk]
    return [(one.name, one.reasons) for one in found]


def test_candidates_are_proposed_with_their_reasons_the_strongest_first(world: World) -> None:
    other_field = mobile_field(world.company, key="second")
    candidate(world, "Lucia Bianchi", "+44" + LUCA[-8:])
    second = candidate(world, "Marco Verdi")
    CandidateValueFactory(candidate=second, field=other_field, value=LUCA)
    candidate(world, "Bernardi Luca")
    candidate(world, "Luca Bernardi", LUCA)
    contact = somebody(world, phone=LUCA, profile_name="LUCA  Bernardì 🌴")
    assert [name for name, _ in proposed(world, contact)] == [
        "Luca Bernardi",
        "Marco Verdi",
        "Lucia Bianchi",
        "Bernardi Luca",
    ]
    reasons = dict(proposed(world, contact))
    assert reasons["Luca Bernardi"] == (
        "Same number in “Mobile number (WhatsApp)”",
        "A name like the one on WhatsApp",
    )
    assert reasons["Lucia Bianchi"] == ("The last digits of +44 5550142 are the same",)


@pytest.mark.parametrize(
    ("profile", "is_proposed"),
    [
        ("maria dos santos", True),
        ("Santos, María", True),
        ("Maria S.", True),
        ("Maria dos Santos Silva", True),
        ("Maria", True),
        ("Mariana Santos", False),
        ("Maria Oliveira", False),
        ("M S", False),
        ("🌴", False),
    ],
)
def test_a_name_is_recognised(world: World, profile: str, is_proposed: bool) -> None:
    candidate(world, "Maria dos Santos")
    found = proposed(world, somebody(world, user_id="BR.1", profile_name=profile))
    assert bool(found) == is_proposed


def test_a_first_name_that_many_have_proposes_nobody(world: World) -> None:
    for number in range(4):
        candidate(world, f"Maria Silva{number}")
    assert proposed(world, somebody(world, user_id="BR.1", profile_name="Maria")) == []


def test_a_number_on_a_contact_card_is_looked_up(world: World) -> None:
    candidate(world, "Maria dos Santos", "+5511987650121")
    contact = somebody(world, user_id="BR.1")
    with company_scope(world.company):
        thread = contact.conversations.get()
    card = {"phones": [{"phone": "+55 11 8765-0121", "wa_id": "551187650121"}, "odd"]}
    wrote(
        world,
        contact,
        thread,
        kind=MessageKind.CONTACTS,
        content={"contacts": [card, None], "origin": "contact_request"},
    )
    ((name, (reason,)),) = proposed(world, contact)
    assert name == "Maria dos Santos"
    assert reason == "They gave us +55 11 98765-0121, which is in “Mobile number (WhatsApp)”"


def test_who_was_denied_comes_last_and_says_by_whom(world: World) -> None:
    luca = candidate(world, "Luca Bernardi", LUCA)
    candidate(world, "Luca Bernardi")
    contact = somebody(world, phone=LUCA, profile_name="Luca Bernardi", candidate=luca)
    with company_scope(world.company):
        matching.unlink_contact(contact=contact, by=world.alice, now=NOW)
    first, last = proposed(world, contact)
    assert first[1] == ("A name like the one on WhatsApp",)
    assert last[1][0] == "Alice Ferrante on 20 November: not them"


def test_two_records_with_the_number_are_asked_about_everywhere(
    world: World, alice: Client
) -> None:
    luca, lucia = candidate(world, "Luca Bernardi", LUCA), candidate(world, "Lucia Rossi", LUCA)
    contact = somebody(world, phone=LUCA)
    question = "2 candidates have this number: whose is it?"
    with company_scope(world.company):
        thread = contact.conversations.get()
    chats = [reverse("whatsapp:chat", args=[one.pk]) for one in (luca, lucia)]
    for url in (QUEUE, reverse("whatsapp:conversation", args=[thread.pk]), *chats):
        assert question in alice.get(url).content.decode()

    alice.post(reverse("whatsapp:link_contact", args=[contact.pk]), {"candidate": luca.pk})
    shown = {url: alice.get(url).content.decode() for url in chats}
    assert "This number is also in the record of" in shown[chats[0]]
    assert "Chat History of Luca Bernardi" in shown[chats[1]]
    panel = alice.get(reverse("whatsapp:conversation", args=[thread.pk])).content.decode()
    assert "This number is also in the record of" in panel
    assert "Lucia Rossi" in panel
    assert question not in panel


def test_the_queue_has_pages_and_leaves_out_who_is_known_or_blocked(
    world: World, alice: Client
) -> None:
    for number in range(PAGE + 1):
        somebody(world, user_id=f"KE.{number:02}", profile_name=f"Somebody {number:02}")
    somebody(world, user_id="KE.X", profile_name="Blocked", blocked_at=NOW)
    page = alice.get(QUEUE)
    assert "Blocked, as" not in page.content.decode()
    names = [card.name for card in page.context["queue"].cards]
    assert names == [f"Somebody {number:02}" for number in range(PAGE, 0, -1)]
    before = {"before": page.context["queue"].next_before}
    rest = alice.get(QUEUE, before, headers=HX)
    assert [card.name for card in rest.context["queue"].cards] == ["Somebody 00"]
    blocked = alice.get(QUEUE, {"view": "blocked"})
    assert [card.name for card in blocked.context["queue"].cards] == ["Blocked"]
    with company_scope(world.company):
        matching.block_contact(contact=world.contact, by=world.alice, now=NOW)
    blocked = alice.get(QUEUE, {"view": "blocked"})
    assert [card.name for card in blocked.context["queue"].cards] == ["Blocked", "Amina Njoroge"]
    assert f"{PAGE + 1}</span>" in alice.get(reverse("whatsapp:inbox")).content.decode()


def test_a_page_asks_the_same_however_long_it_is(
    world: World, alice: Client, django_assert_max_num_queries: Any
) -> None:
    def asked() -> int:
        with django_assert_max_num_queries(40) as queries:
            alice.get(QUEUE)
        return len(queries)

    somebody(world, user_id="KE.0")
    few = asked()
    for number in range(1, 10):
        somebody(world, user_id=f"KE.{number}", phone=f"+25472255510{number}")
    assert asked() <= few + 4


def test_a_refused_form_keeps_what_was_typed_and_makes_nobody(world: World, alice: Client) -> None:
    with company_scope(world.company):
        CandidateField.objects.create(
            key="city", label="City", type=FieldType.TEXT, required=True, position=9
        )
    contact = somebody(world, phone=LUCA, profile_name="Luca Bernardi")
    url = reverse("whatsapp:create_candidate_for", args=[contact.pk])
    assert 'value="Bernardi"' in alice.get(url, headers=HX).content.decode()
    given = {"first_name": "Gianluca", "last_name": "Bernardi"}
    refused = alice.post(url, given, headers=HX)
    assert refused.status_code == 422
    assert 'value="Gianluca"' in refused.content.decode()
    assert "City is empty." in refused.content.decode()
    with company_scope(world.company):
        city = CandidateField.objects.get(key="city")
        assert not Candidate.objects.filter(first_name="Gianluca").exists()
    for _ in range(2):
        done = alice.post(url, {**given, f"field_{city.pk}": "Turin"}, headers=HX)
        assert "Gianluca Bernardi is a candidate now, and linked." in done.content.decode()
    with company_scope(world.company):
        made = Candidate.objects.get(first_name="Gianluca")
        assert {one.value for one in made.values.all()} == {LUCA, "Turin"}


def test_the_second_colleague_reads_who_was_first(world: World, alice: Client) -> None:
    luca = candidate(world, "Luca Bernardi")
    contact = somebody(world, user_id="IT.1")
    with company_scope(world.company):
        matching.link_contact(
            contact=contact, candidate=luca, by=world.bob, now=NOW - timedelta(minutes=1)
        )
    url = reverse("whatsapp:link_contact", args=[contact.pk])
    answer = alice.post(url, {"candidate": world.amina.pk}, headers=HX).content.decode()
    assert "Bob Okafor linked them to Luca Bernardi a moment ago." in answer
    assert "Undo" not in answer


def test_what_is_done_in_the_queue_can_be_undone_there(world: World, alice: Client) -> None:
    contact = somebody(world, user_id="IT.1", profile_name="Luca")
    done = alice.post(
        reverse("whatsapp:link_contact", args=[contact.pk]),
        {"candidate": world.amina.pk},
        headers=HX,
    )
    assert reverse("whatsapp:unlink_contact", args=[done.context["card"].contact_id]) in (
        done.content.decode()
    )
    undone = alice.post(
        reverse("whatsapp:unlink_contact", args=[done.context["card"].contact_id]),
        {"linking": done.context["linking_id"]},
        headers=HX,
    )
    assert "Another candidate" in undone.content.decode()
    contact.refresh_from_db()
    assert contact.candidate is None


def test_who_may_only_read_sees_the_queue_and_cannot_decide(world: World, client: Client) -> None:
    contact = somebody(world, user_id="IT.1", profile_name="Luca")
    client.force_login(UserFactory(company=world.company, role=Role.READ_ONLY))
    page = client.get(QUEUE).content.decode()
    assert "You can read, not decide" in page
    assert "Block</button>" not in page
    for name in ("link_contact", "unlink_contact", "block_contact", "create_candidate_for"):
        refused = client.post(reverse(f"whatsapp:{name}", args=[contact.pk]))
        assert refused.status_code == 403


def test_where_the_module_is_off_there_is_no_queue(world: World, client: Client) -> None:
    Company.objects.update(modules=[])
    client.force_login(world.alice)
    assert client.get(QUEUE).status_code == 404


def test_charlie_is_proposed_nobody_of_another_company(world: World) -> None:
    """The same number and name in two companies."""
    charlies = make_world()
    candidate(world, "Luca Bernardi", LUCA)
    assert charlies.company != world.company
    contact = somebody(charlies, phone=LUCA, profile_name="Luca Bernardi")
    assert proposed(charlies, contact) == []
