"""Somebody unknown writes, and a recruiter says who it is: in the queue, beside the thread."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from ats.models import Candidate, Company
from ats.tenancy import company_scope
from tests.factories.ats import CandidateFactory
from tests.factories.whatsapp import ContactFactory, ConversationFactory, MessageFactory
from tests.flows.conftest import PageOf
from tests.flows.test_accessibility import SCREENS, faults
from tests.sandboxed import Sandboxed, connect
from tests.stack import Stack
from whatsapp.models import Contact, Conversation, Direction, MessageStatus

LUCA = "+393205550142"


def somebody(meta: Sandboxed, text: str, **who: str) -> Conversation:
    """A contact who has written and is nobody's."""
    world, now = meta.world, timezone.now()
    contact = ContactFactory(
        company=world.company,
        portfolio_id=world.contact.portfolio_id,
        **{"phone": "", "wa_id": who.get("phone", "")[1:], **who},
    )
    at = now - timedelta(minutes=10)
    thread: Conversation = ConversationFactory(
        company=world.company,
        sender=world.sender,
        contact=contact,
        last_inbound_at=at,
        last_message_at=at,
        waiting_since=at,
        unread_count=1,
    )
    message = MessageFactory(
        company=world.company,
        conversation=thread,
        direction=Direction.IN,
        status=MessageStatus.RECEIVED,
        text=text,
        at=at,
    )
    with company_scope(world.company):
        Conversation.objects.filter(pk=thread.pk).update(last_message=message)
    return thread


def people_nobody_knows(meta: Sandboxed) -> dict[str, Conversation]:
    company: Company = meta.world.company
    CandidateFactory(company=company, first_name="Luca", last_name="Bernardi", mobile=LUCA)
    CandidateFactory(company=company, first_name="Lucía", last_name="Bernardi", mobile=LUCA)
    maria = CandidateFactory(company=company, first_name="Maria", last_name="dos Santos")
    written_to = ContactFactory(
        company=company,
        portfolio_id=meta.world.contact.portfolio_id,
        phone="+5511955550121",
        candidate=maria,
    )
    ConversationFactory(company=company, sender=meta.world.sender, contact=written_to)
    return {
        "luca": somebody(meta, "Is the job still open?", phone=LUCA, profile_name="Luca"),
        "maria": somebody(
            meta,
            "Bom dia! Recebi a vossa mensagem e gostaria de saber quando seria a entrevista, "
            "porque trabalho de manhã e só posso depois das três da tarde.",
            user_id="BR.77",
            username="maria.santos",
            profile_name="Maria Santos",
        ),
        "daniel": somebody(
            meta, "Hello", phone="+254733555190", user_id="KE.5", profile_name="Daniel Kiptoo"
        ),
    }


def settled(page: Page) -> None:
    """What was put into the page answers to presses by now."""
    expect(
        page.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")
    ).to_have_count(0)


def test_who_wrote_is_linked_created_blocked_and_all_can_be_undone(
    stack: Stack, browser_page: PageOf
) -> None:
    meta = connect(stack, now=timezone.now())
    people_nobody_knows(meta)
    page = browser_page(meta.world.alice)
    page.goto("/whatsapp/inbox/")
    page.get_by_role("link", name="To match 3").click()

    luca = page.get_by_role("article", name="Luca")
    expect(luca.get_by_text("2 candidates have this number: whose is it?")).to_be_visible()
    luca.get_by_role("button", name="Link to Luca Bernardi").click()
    expect(luca.get_by_text("Linked to Luca Bernardi.")).to_be_visible()
    undo = luca.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    undo.press("Enter")
    expect(luca.get_by_text("Alice Ferrante on", exact=False)).to_be_visible()

    maria = page.get_by_role("article", name="Maria Santos")
    expect(maria.get_by_text("A name like the one on WhatsApp")).to_be_visible()
    maria.get_by_text("Another candidate").click()
    maria.get_by_label("Find a candidate").fill("santos")
    expect(maria.get_by_role("button", name="Link to Maria dos Santos")).to_have_count(2)
    settled(page)
    maria.get_by_role("button", name="Link to Maria dos Santos").last.click()
    # She had been written to at a number; the hidden one is hers.
    expect(maria.get_by_text("Their two threads are one now.")).to_be_visible()

    daniel = page.get_by_role("article", name="Daniel Kiptoo")
    daniel.get_by_role("button", name="Create candidate").click()
    first = daniel.get_by_label("First name")
    expect(first).to_be_focused()
    expect(first).to_have_value("Daniel")
    daniel.get_by_role("button", name="Cancel").click()
    create = daniel.get_by_role("button", name="Create candidate")
    expect(create).to_be_focused()
    create.press("Enter")
    expect(first).to_be_focused()
    daniel.get_by_label("Last name").fill("Kiptoo Cheruiyot")
    daniel.get_by_role("button", name="Create and link").click()
    expect(daniel.get_by_text("Daniel Kiptoo Cheruiyot is a candidate now")).to_be_visible()
    with company_scope(meta.world.company):
        assert Candidate.objects.get(first_name="Daniel").values.get().value == "+254733555190"

    settled(page)
    luca.get_by_role("button", name="Block", exact=True).click()
    expect(undo).to_be_focused()
    undo.click()
    expect(luca.get_by_role("button", name="Block", exact=True)).to_be_visible()
    assert not Contact._base_manager.filter(blocked_at__isnull=False).exists()


def test_the_panel_asks_and_says_who_it_is(stack: Stack, browser_page: PageOf) -> None:
    meta = connect(stack, now=timezone.now())
    threads = people_nobody_knows(meta)
    page = browser_page(meta.world.alice)
    page.goto(f"/whatsapp/inbox/{threads['maria'].pk}/")
    panel = page.get_by_role("complementary", name="Candidate")
    panel.get_by_role("button", name="Link to Maria dos Santos").click()
    expect(panel.get_by_text("Linked by Alice Ferrante")).to_be_visible()
    expect(panel.get_by_text("+55 11 95555-0121").first).to_be_visible()
    expect(page.get_by_role("heading", name="Maria dos Santos", level=2)).to_be_visible()
    panel.get_by_role("button", name="Not them? Unlink").click()
    expect(panel.get_by_role("heading", name="Who is it?")).to_be_visible()


@pytest.mark.parametrize("screen", list(SCREENS))
def test_everybody_can_say_who_it_is(stack: Stack, browser_page: PageOf, screen: str) -> None:
    meta = connect(stack, now=timezone.now())
    threads = people_nobody_knows(meta)
    luca = Candidate._base_manager.get(first_name="Luca")
    look = {
        "viewport": SCREENS[screen],
        "has_touch": screen == "phone",
        "reduced_motion": "reduce",
    }
    page = browser_page(meta.world.alice, **look)
    found: list[str] = []
    page.goto("/whatsapp/matching/?view=blocked")
    found += faults(page)
    page.goto("/whatsapp/matching/")
    found += faults(page)
    maria = page.get_by_role("article", name="Maria Santos")
    maria.get_by_text("Another candidate").click()
    maria.get_by_label("Find a candidate").fill("amina")
    expect(maria.get_by_role("link", name="Amina Njoroge")).to_be_visible()
    page.get_by_role("article", name="Daniel").get_by_role("button", name="Create").click()
    expect(page.get_by_label("First name")).to_be_focused()
    settled(page)
    found += faults(page)
    maria.get_by_role("button", name="Link to Maria").click()
    expect(maria.get_by_text("Linked to Maria")).to_be_visible()
    found += faults(page)
    page.goto(f"/whatsapp/candidates/{luca.pk}/")
    expect(page.get_by_role("button", name="It is Luca Bernardi")).to_be_visible()
    found += faults(page)
    for thread in threads.values():
        page.goto(f"/whatsapp/inbox/{thread.pk}/#panel")
        found += faults(page)
    assert found == []
