"""What colleagues say about who somebody is, and taking it back."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from ats.models import Candidate, CandidateValue
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
from whatsapp.contacts import matching
from whatsapp.models import (
    AuditEntry,
    Contact,
    ContactFact,
    Conversation,
    Direction,
    FactKind,
    ItemState,
    LiveEvent,
    Message,
    WebhookItem,
)
from whatsapp.sending.content import TextDraft
from whatsapp.sending.send import NotAllowed, send
from whatsapp.sending.target import target_of
from whatsapp.webhooks import apply

Writes = Callable[..., Message]
WA_ID = AMINA[1:]
# A Brazilian mobile number of before the ninth digit.
MARIA_NEW, MARIA_OLD = "5511987650121", "551187650121"


@pytest.fixture
def writes(world: World, client: Client, apply_all: Callable[..., bool]) -> Writes:
    """Somebody writes; the stored message."""
    count = iter(range(100))

    def write(**who: Any) -> Message:
        wamid = f"wamid.{next(count)}"
        message = payloads.message(wamid, **who)
        if who.get("wa_id") == "":
            del message["from"]
        payloads.post(client, payloads.delivery(world.sender, messages=[message]))
        apply_all()
        return stored(wamid)

    def stored(wamid: str) -> Message:
        with company_scope(world.company):
            return Message.objects.select_related("conversation__contact").get(wamid=wamid)

    return write


@pytest.fixture
def inside(world: World) -> Iterator[None]:
    with company_scope(world.company):
        yield


def hidden(writes: Writes, text: str = "Hello", **more: Any) -> Message:
    """A message from somebody whose number WhatsApp does not show."""
    return writes(text=text, wa_id="", from_user_id="KE.9", **more)


def link(world: World, message: Message, candidate: Any = None, by: Any = None) -> matching.Outcome:
    return matching.link_contact(
        contact=message.conversation.contact,
        candidate=candidate or world.amina,
        by=by or world.alice,
        now=NOW,
    )


def texts(conversation: Conversation) -> list[str]:
    rows = Message.objects.filter(conversation=conversation).order_by("at", "pk")
    return [row.text for row in rows]


@pytest.mark.usefixtures("inside")
def test_linking_says_who_it_is_once_and_tells_everybody(world: World, writes: Writes) -> None:
    luca = CandidateFactory(company=world.company, first_name="Luca", last_name="Bernardi")
    message = writes(wa_id="393205550142")
    before = LiveEvent.objects.count()
    done = [link(world, message, luca) for _ in range(2)]
    assert [one.changed for one in done] == [True, False]
    message.conversation.contact.refresh_from_db()
    assert message.conversation.contact.candidate == luca
    entry = AuditEntry.objects.get(verb="contact_linked")
    assert (entry.actor, entry.object_id, entry.data) == (
        world.alice,
        message.conversation.contact_id,
        {"candidate": luca.pk},
    )
    assert LiveEvent.objects.count() == before + 1


@pytest.mark.usefixtures("inside")
def test_who_comes_second_is_told_who_was_first(world: World, writes: Writes) -> None:
    luca = CandidateFactory(company=world.company, first_name="Luca", last_name="Bernardi")
    message = writes(wa_id="393205550142")
    link(world, message, luca, by=world.bob)
    with pytest.raises(matching.AlreadyLinked) as refused:
        link(world, message, world.amina)
    assert (refused.value.candidate, refused.value.by, refused.value.at) == (luca, world.bob, NOW)


@pytest.mark.usefixtures("inside")
def test_a_hidden_number_and_a_number_we_wrote_to_become_one_thread(
    world: World, writes: Writes
) -> None:
    MessageFactory(company=world.company, conversation=world.conversation, text="Ours")
    message = hidden(writes, "Theirs")
    done = link(world, message)
    assert done.joined
    thread = Conversation.objects.get(moved_to=None)
    assert thread == world.conversation
    assert sorted(texts(thread)) == ["Ours", "Theirs"]
    contact = Contact.objects.get(merged_into=None)
    assert (contact.phone, contact.user_id, contact.candidate) == (AMINA, "KE.9", world.amina)


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("is_number_known", [True, False], ids=["number", "user id"])
def test_a_join_that_was_wrong_is_taken_back_with_what_came_meanwhile(
    world: World, writes: Writes, is_number_known: bool
) -> None:
    """Whichever half was linked last is the one that is not."""
    MessageFactory(company=world.company, conversation=world.conversation, text="Ours", at=NOW)
    if is_number_known:
        last = hidden(writes, "Theirs", at=1795184200)
    else:
        first = hidden(writes, "Theirs", at=1795184200)
        contact = world.contact
        ContactFact.objects.filter(contact=contact, kind=FactKind.LINKED).update(undone_at=NOW)
        Contact.objects.filter(pk=contact.pk).update(candidate=None)
        link(world, first)
        last = Message.objects.get(text="Ours")
    done = link(world, last)
    assert done.joined
    hidden(writes, "Meanwhile hidden", at=1795184210)
    writes(text="Meanwhile shown", wa_id=WA_ID, at=1795184220)
    assert Conversation.objects.filter(moved_to=None).count() == 1

    undone = matching.unlink_contact(contact=done.contact, by=world.alice, now=NOW)
    assert undone.joined
    by_number = Contact.objects.get(phone=AMINA)
    by_user = Contact.objects.get(user_id="KE.9")
    unlinked = by_user if is_number_known else by_number
    assert undone.contact == unlinked
    assert unlinked.candidate is None
    assert {by_number.candidate, by_user.candidate} == {world.amina, None}
    assert texts(Conversation.objects.get(contact=by_user)) == ["Theirs", "Meanwhile hidden"]
    shown = Conversation.objects.get(contact=by_number)
    assert sorted(texts(shown)) == ["Meanwhile shown", "Ours"]
    threads = Conversation.objects.filter(contact__in=[by_user, by_number])
    assert not threads.exclude(moved_to=None).exists()
    assert hidden(writes, at=1795184230).conversation.contact == by_user
    assert writes(wa_id=WA_ID, at=1795184240).conversation.contact == by_number

    again = matching.link_contact(
        contact=undone.contact, candidate=world.amina, by=world.bob, now=NOW
    )
    assert again.joined
    assert Conversation.objects.filter(moved_to=None).count() == 1


@pytest.mark.usefixtures("inside")
def test_pressing_undo_twice_takes_back_one_link(world: World, writes: Writes) -> None:
    done = link(world, hidden(writes))
    said = matching.linking_of(done.contact)
    assert said is not None
    for changed in (True, False):
        undone = matching.unlink_contact(
            contact=done.contact, by=world.alice, now=NOW, linking_id=said.pk
        )
        assert undone.changed == changed
    assert Contact.objects.get(phone=AMINA).candidate == world.amina


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize(
    "who",
    [{"wa_id": "254733555190"}, {"wa_id": "254733555190", "from_user_id": "KE.9"}],
    ids=["two numbers", "a number and a user id beside a number"],
)
def test_two_accounts_of_one_candidate_stay_two_threads(
    world: World, writes: Writes, who: dict[str, str]
) -> None:
    done = link(world, writes(**who))
    assert not done.joined
    theirs = Conversation.objects.filter(contact__candidate=world.amina, moved_to=None)
    assert theirs.count() == 2


@pytest.mark.usefixtures("inside")
def test_two_user_ids_stay_two_threads(world: World, writes: Writes) -> None:
    writes(wa_id=WA_ID, from_user_id="KE.1")
    assert not link(world, hidden(writes)).joined


@pytest.mark.usefixtures("inside")
def test_the_person_who_has_the_number_now_is_joined_not_who_had_it_before(
    world: World, writes: Writes
) -> None:
    """The hidden one was seen before the number came to its present owner."""
    before = writes(text="Before", wa_id="254733555190", from_user_id="KE.7", at=1795100000)
    seen = hidden(writes, "Hidden", at=1795101000)
    note = {"system": {"type": "user_changed_number", "wa_id": "254733555190"}, "type": "system"}
    writes(wa_id=WA_ID, at=1795105000, **note)
    done = link(world, seen)
    assert done.joined
    assert (done.contact.wa_id, done.contact.user_id) == ("254733555190", "KE.9")
    before.refresh_from_db()
    assert before.conversation.contact.user_id == "KE.7"
    assert texts(before.conversation) == ["Before"]


@pytest.mark.usefixtures("inside")
def test_who_is_unlinked_is_not_linked_again_by_the_number(world: World, writes: Writes) -> None:
    message = writes(wa_id=WA_ID)
    undone = matching.unlink_contact(contact=world.contact, by=world.alice, now=NOW)
    assert (undone.changed, undone.contact.candidate) == (True, None)
    again = writes(wa_id=WA_ID)
    assert again.conversation == message.conversation
    assert again.conversation.contact.candidate is None
    assert link(world, again).changed
    assert writes(wa_id=WA_ID).conversation.contact.candidate == world.amina


@pytest.mark.usefixtures("inside")
def test_two_spellings_that_are_two_people_are_split_and_joined_again(
    world: World, writes: Writes
) -> None:
    maria = CandidateFactory(company=world.company, first_name="Maria", mobile=f"+{MARIA_NEW}")
    written = writes(text="New", wa_id=MARIA_NEW, at=1795184200)
    other = writes(text="Old", wa_id=MARIA_OLD, at=1795184210)
    assert written.conversation == other.conversation
    for changed in (True, False):
        done = matching.split_spellings(
            contact=written.conversation.contact, by=world.alice, now=NOW
        )
        assert done.changed == changed
    new, old = (Contact.objects.get(wa_id=one) for one in (MARIA_NEW, MARIA_OLD))
    assert (new.candidate, old.candidate) == (maria, None)
    assert texts(Conversation.objects.get(contact=new)) == ["New"]
    assert texts(Conversation.objects.get(contact=old)) == ["Old"]
    assert writes(wa_id=MARIA_OLD, at=1795184220).conversation.contact == old

    for changed in (True, False):
        done = matching.join_spellings(contact=old, by=world.bob, now=NOW)
        assert done.changed == changed
    thread = Conversation.objects.get(contact__candidate=maria, moved_to=None)
    assert texts(thread) == ["New", "Old", "Hello"]


@pytest.mark.usefixtures("inside")
def test_what_whatsapp_itself_took_for_one_person_is_not_split(
    world: World, writes: Writes
) -> None:
    writes(wa_id=MARIA_NEW, from_user_id="BR.1")
    message = writes(wa_id=MARIA_OLD, from_user_id="BR.1")
    with pytest.raises(matching.Inseparable):
        matching.split_spellings(contact=message.conversation.contact, by=world.alice, now=NOW)
    assert not ContactFact.objects.filter(kind=FactKind.APART).exists()


@pytest.mark.usefixtures("inside")
def test_who_is_blocked_leaves_the_lists_and_what_they_write_is_kept(
    world: World, writes: Writes
) -> None:
    contact = world.contact
    for changed in (True, False):
        done = matching.block_contact(contact=contact, by=world.alice, now=NOW)
        assert done.changed == changed
    assert writes(wa_id=WA_ID).conversation == world.conversation
    assert not Conversation.objects.listed().exists()
    row = Conversation.objects.select_related("sender__waba", "contact__candidate").get()
    with pytest.raises(NotAllowed):
        send(
            target=target_of(row),
            draft=TextDraft("Hello"),
            by=world.alice,
            client_id=uuid.uuid4(),
            now=NOW,
        )
    assert matching.unblock_contact(contact=contact, by=world.alice, now=NOW).changed
    assert Conversation.objects.listed().get() == world.conversation


@pytest.mark.usefixtures("inside")
def test_an_answer_from_a_page_of_before_the_join_is_in_the_thread_they_share(
    world: World, writes: Writes
) -> None:
    message = hidden(writes)
    drawn_before = target_of(message.conversation)
    link(world, message)
    sent = send(
        target=drawn_before,
        draft=TextDraft("Hello"),
        by=world.bob,
        client_id=uuid.uuid4(),
        now=NOW,
    )
    assert sent.conversation == world.conversation


@pytest.mark.usefixtures("inside")
def test_a_candidate_is_made_once_and_linked(world: World, writes: Writes) -> None:
    message = writes(wa_id="254733555190")
    given = {"first_name": "Daniel", "last_name": "Kiptoo", "by": world.alice, "now": NOW}
    contact = message.conversation.contact
    done = [matching.create_candidate_for(contact=contact, **given) for _ in range(2)]
    assert [one.changed for one in done] == [True, False]
    daniel = Candidate.objects.get(first_name="Daniel")
    assert done[1].candidate == daniel
    with pytest.raises(matching.AlreadyLinked):
        matching.create_candidate_for(
            contact=contact, **{**given, "first_name": "Dan", "by": world.bob}
        )
    assert not Candidate.objects.filter(first_name="Dan").exists()


@pytest.mark.usefixtures("inside")
def test_a_candidate_who_is_erased_leaves_somebody_unknown(world: World, writes: Writes) -> None:
    done = link(world, hidden(writes))
    CandidateValue.objects.filter(candidate=world.amina).delete()
    world.amina.delete()
    done.contact.refresh_from_db()
    assert done.contact.candidate is None
    assert writes(wa_id=WA_ID).conversation.contact.candidate is None
    assert not ContactFact.objects.filter(kind=FactKind.LINKED).exists()


def in_parallel(*works: Callable[[], None]) -> list[BaseException]:
    problems: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as problem:
            problems.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return problems


@pytest.mark.django_db(transaction=True)
def test_links_and_undoing_while_messages_pour_in_leave_each_in_its_thread(client: Client) -> None:
    world = make_world()
    with company_scope(world.company):
        unknown = ContactFactory(
            company=world.company,
            portfolio_id=world.contact.portfolio_id,
            phone="",
            user_id="KE.9",
        )
        ConversationFactory(company=world.company, sender=world.sender, contact=unknown)
    for number in range(40):
        message = payloads.message(f"wamid.{number}", f"{number % 2}", at=1795184000 + number)
        if number % 2:
            del message["from"]
            message["from_user_id"] = "KE.9"
        payloads.post(client, payloads.delivery(world.sender, messages=[message]))
    apply.split_new(now=timezone.now())

    def press() -> None:
        with company_scope(world.company):
            for _ in range(4):
                done = matching.link_contact(
                    contact=unknown, candidate=world.amina, by=world.alice, now=timezone.now()
                )
                said = matching.linking_of(done.contact)
                matching.unlink_contact(
                    contact=done.contact,
                    by=world.alice,
                    now=timezone.now(),
                    linking_id=said.pk if said else None,
                )

    def work() -> None:
        apply.drain(timezone.now)

    assert in_parallel(work, press, work, work) == []
    assert not WebhookItem.objects.exclude(state=ItemState.APPLIED).exists()
    with company_scope(world.company):
        for contact, text in (
            (Contact.objects.get(user_id="KE.9"), "1"),
            (Contact.objects.get(phone=AMINA), "0"),
        ):
            thread = Conversation.objects.get(contact=contact)
            assert texts(thread) == [text] * 20
            assert thread.moved_to is None
            assert (
                thread.unread_count
                == Message.objects.filter(conversation=thread, direction=Direction.IN).count()
            )


@pytest.mark.django_db(transaction=True)
def test_two_people_who_link_at_once_agree_on_one_candidate() -> None:
    world = make_world()
    luca = CandidateFactory(company=world.company, first_name="Luca")
    with company_scope(world.company):
        unknown = ContactFactory(company=world.company, portfolio_id=world.contact.portfolio_id)

    def press(candidate: Candidate, by: Any) -> Callable[[], None]:
        def work() -> None:
            with company_scope(world.company):
                matching.link_contact(
                    contact=unknown, candidate=candidate, by=by, now=timezone.now()
                )

        return work

    (problem,) = in_parallel(press(world.amina, world.alice), press(luca, world.bob))
    assert isinstance(problem, matching.AlreadyLinked)
    with company_scope(world.company):
        unknown.refresh_from_db()
        assert unknown.candidate == problem.candidate
        assert ContactFact.objects.filter(contact=unknown, kind=FactKind.LINKED).count() == 1
