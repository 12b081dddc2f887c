"""The sandbox's phone page in a browser: attach, react, edit, delete, hear, by keyboard too."""

from __future__ import annotations

from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.factories.whatsapp import AMINA
from tests.flows.conftest import PageOf
from tests.flows.test_accessibility import faults
from tests.sandboxed import Sandboxed, connect
from tests.stack import Stack


def phone_of_amina(stack: Stack, page: Page) -> Sandboxed:
    meta = connect(stack, now=timezone.now())
    page.goto(f"{stack.sandbox}/phones/{AMINA}?sender={meta.phone_number_id}")
    return meta


def test_a_person_attaches_edits_deletes_and_reacts(stack: Stack, browser_page: PageOf) -> None:
    page = browser_page()
    phone_of_amina(stack, page)
    chat = page.get_by_role("log")
    page.get_by_role("button", name="Attach").click()
    page.get_by_label("Caption").fill("Me at work")
    page.get_by_role("dialog").get_by_role("button", name="Photo", exact=True).click()
    expect(chat.get_by_role("img", name="Photo")).to_be_visible()
    expect(chat.get_by_text("Me at work")).to_be_visible()
    page.get_by_role("button", name="Voice note").click()
    expect(chat.get_by_label("Voice note", exact=True)).to_be_visible()

    page.get_by_label("Message as Amina").fill("I come at tne")
    page.keyboard.press("Enter")
    more = chat.get_by_role("button", name="React to, edit or delete: I come at")
    more.focus()
    page.keyboard.press("Enter")
    page.get_by_label("Change it to").fill("I come at ten")
    page.get_by_role("button", name="Save the change").click()
    expect(chat.get_by_text("I come at ten")).to_be_visible()
    expect(more).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Thumbs up").click()
    expect(chat.get_by_label("Your reaction")).to_be_visible()
    more.click()
    page.get_by_role("button", name="Delete for everyone").click()
    expect(chat.get_by_text("You deleted this message")).to_be_visible()


def test_its_dialogs_and_files_are_accessible(stack: Stack, browser_page: PageOf) -> None:
    page = browser_page(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    meta = phone_of_amina(stack, page)
    line = {"from": AMINA, "to": meta.phone_number_id}
    for sample in ("photo", "voice", "video", "pdf", "sticker"):
        stack.control("inbound", **line, sample=sample)
    stack.control("inbound", **line, type="contacts")
    chat = page.get_by_role("log")
    expect(chat.get_by_role("listitem")).to_have_count(8)
    for opener in ("Attach", "Change number", "React to, edit or delete: Contact card"):
        assert faults(page) == []
        page.get_by_role("button", name=opener).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert faults(page) == []
        page.keyboard.press("Escape")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
