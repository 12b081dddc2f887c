"""Senders come and go on the configuration page, in Chromium, against the sandbox."""

from __future__ import annotations

import os
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from ats.models import Role
from ats.tenancy import company_scope
from tests.factories.ats import UserFactory
from tests.flows.conftest import PageOf
from tests.flows.test_accessibility import faults
from tests.sandboxed import Sandboxed, connect
from tests.stack import Stack
from whatsapp.models import AuditEntry, Sender

CONFIGURATION = "/whatsapp/configuration/"


def picture(page: Page, name: str) -> None:
    """For people to look at, where `PICTURES` names a directory."""
    if directory := os.environ.get("PICTURES"):
        page.screenshot(path=f"{directory}/{name}.png", full_page=True, caret="initial")


def code_at_meta(stack: Stack, sender: Sender) -> str:
    return str(stack.ask(f"numbers/code?phone_number_id={sender.phone_number_id}")["code"])


def admin_page(browser_page: PageOf, meta: Sandboxed, **options: object) -> Page:
    wanda = UserFactory(company=meta.world.company, role=Role.WHATSAPP_ADMIN)
    page = browser_page(wanda, **options)
    page.goto(CONFIGURATION)
    return page


def dialog(page: Page) -> Locator:
    return page.locator("#sender-dialog")


def fill_in(page: Page, *, number: str, display_name: str, friendly_name: str) -> None:
    page.get_by_role("link", name="Add", exact=True).click()
    dialog(page).get_by_label("Mobile number").fill(number)
    dialog(page).get_by_label("Display name").fill(display_name)
    dialog(page).get_by_label("Friendly name").fill(friendly_name)
    page.get_by_role("button", name="Add and verify").click()


def test_a_number_is_added_with_a_code(stack: Stack, browser_page: PageOf) -> None:
    meta = connect(stack, now=timezone.now())
    page = admin_page(browser_page, meta)
    expect(page.locator("#senders")).to_contain_text("1 of 2 used")
    page.get_by_role("link", name="Add", exact=True).click()
    dialog(page).get_by_label("Mobile number").fill("+254 20 555 0117")
    expect(page.get_by_text("Read as +254 20 5550117, Kenya.")).to_be_visible()
    dialog(page).get_by_label("Display name").fill("www.caravella.example")
    dialog(page).get_by_label("Friendly name").fill("Nairobi hiring")
    found = faults(page)
    picture(page, "add")
    page.get_by_role("button", name="Add and verify").click()
    expect(page.get_by_text("Write the company’s name alone.")).to_be_visible()
    expect(dialog(page).get_by_label("Mobile number")).to_have_value("+254 20 555 0117")
    dialog(page).get_by_label("Display name").fill("Caravella Hotels Careers")
    page.keyboard.press("Enter")

    # The code: a call, because a landline reads no text messages; and a wrong one first.
    dialog(page).get_by_label("Call (for a landline)").check()
    picture(page, "verify")
    found += faults(page)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Meta calls this number")).to_be_visible()
    expect(page.get_by_role("button", name="Send again in")).to_be_disabled()
    with company_scope(meta.world.company):
        sender = Sender.objects.get(friendly_name="Nairobi hiring")
    code = code_at_meta(stack, sender)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    dialog(page).get_by_label("Code").fill(wrong)
    page.keyboard.press("Enter")
    expect(page.get_by_text("That is not the code.")).to_be_visible()
    expect(dialog(page).get_by_label("Code")).to_have_value(wrong)
    picture(page, "code")
    found += faults(page)

    # Another code after the wait, on both clocks.
    stack.control("clock", advance=61)
    with company_scope(meta.world.company):
        row = Sender.objects.get(pk=sender.pk)
        assert row.code_asked_at is not None
        row.code_asked_at -= timedelta(seconds=61)
        row.save(update_fields=["code_asked_at"])
    page.get_by_role("button", name="Close").click()
    page.get_by_role("link", name="Verify Nairobi hiring").click()
    page.get_by_role("button", name="Send again", exact=True).click()
    expect(page.get_by_role("button", name="Send again in")).to_be_disabled()
    dialog(page).get_by_label("Code").fill(code_at_meta(stack, sender))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nairobi hiring is approved and can be used.")).to_be_visible()
    picture(page, "done")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="Nairobi hiring")).to_contain_text("Approved")
    expect(page.get_by_role("row", name="Nairobi hiring")).to_contain_text("NAI")
    expect(page.locator("#senders")).to_contain_text("2 of 20 used")
    found += faults(page)
    picture(page, "list")
    page.set_viewport_size({"width": 390, "height": 844})
    found += faults(page)
    picture(page, "list-phone")
    assert not found
    with company_scope(meta.world.company):
        sender.refresh_from_db()
        assert sender.pin is not None
        verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert {"number_added", "number_code_asked", "number_verified", "number_connected"} <= verbs


def test_a_number_that_meta_has_verified_needs_no_code(stack: Stack, browser_page: PageOf) -> None:
    meta = connect(stack, now=timezone.now())
    stack.control("numbers/outside", number="+390655501188", verified=True)
    page = admin_page(browser_page, meta)
    fill_in(
        page,
        number="+39 06 5550 1188",
        display_name="Caravella Hotels",
        friendly_name="Rome hiring",
    )
    expect(page.get_by_text("Rome hiring is approved and can be used.")).to_be_visible()


def test_the_21st_sender_is_refused(stack: Stack, browser_page: PageOf) -> None:
    meta = connect(stack, now=timezone.now())
    waba = meta.world.sender.waba
    with company_scope(meta.world.company):
        Sender.objects.bulk_create(
            Sender(
                company=meta.world.company,
                waba=waba,
                phone_number_id=f"77000{n}",
                display_phone_number=f"+254 700 556 {n:03}",
                status="CONNECTED",
            )
            for n in range(19)
        )
    page = admin_page(browser_page, meta)
    expect(page.locator("#senders")).to_contain_text("20 of 20 used")
    fill_in(
        page,
        number="+39 06 5550 1199",
        display_name="Caravella Hotels",
        friendly_name="Milan hiring",
    )
    expect(page.get_by_text("All numbers that Meta allows are in use.")).to_be_visible()
    expect(dialog(page).get_by_label("Friendly name")).to_have_value("Milan hiring")


def test_the_other_panes_are_usable_by_all(stack: Stack, browser_page: PageOf) -> None:
    """Rename by the keyboard; profile, link and disconnection for axe and on a telephone."""
    meta = connect(stack, now=timezone.now())
    page = admin_page(browser_page, meta, viewport={"width": 390, "height": 844})
    found: list[str] = []
    for words in ("Profile of", "Link to", "Disconnect Caravella"):
        page.get_by_role("link", name=words).click()
        expect(dialog(page).get_by_role("heading")).to_be_visible()
        found += faults(page)
        picture(page, words.replace(" ", "-").lower())
        page.keyboard.press("Escape")
        expect(page.get_by_role("link", name=words)).to_be_focused()
    page.get_by_role("link", name="Rename").focus()
    page.keyboard.press("Enter")
    expect(dialog(page).get_by_label("Friendly name")).to_be_focused()
    dialog(page).get_by_label("Friendly name").fill("Nairobi hiring")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved: Nairobi hiring, NAI.")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="Nairobi hiring")).to_be_visible()
    assert not found
