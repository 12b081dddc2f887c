"""The life of a login on the configuration page, in Chromium, against the sandbox."""

from __future__ import annotations

from django.utils import timezone
from playwright.sync_api import Page, expect

from ats.models import Role
from ats.tenancy import company_scope
from tests.factories.ats import CompanyFactory, UserFactory
from tests.flows.conftest import PageOf
from tests.flows.test_accessibility import faults
from tests.flows.test_senders import admin_page, picture
from tests.sandboxed import connect
from tests.stack import Stack, eventually
from whatsapp.models import AdminNotice, Connection, Waba

CONFIGURATION = "/whatsapp/configuration/"


def log_in(page: Page, button: str, *shared: str) -> None:
    """Through the window of Meta's, where other accounts of the portfolio may be shared as well."""
    with page.expect_popup() as opened:
        page.get_by_role("button", name=button).click()
    window = opened.value
    for name in shared:
        window.get_by_label(f"Also share {name}").first.check()
    with window.expect_event("close"):
        window.get_by_role("button", name="Continue").click()


def test_of_two_accounts_the_chosen_one_is_connected(stack: Stack, browser_page: PageOf) -> None:
    company = CompanyFactory(modules=["whatsapp"])
    hotels = stack.control("businesses", name="Caravella Hotels", numbers=[], templates=[])
    stack.control(
        "businesses",
        name="Caravella Resorts",
        portfolio=hotels["business_id"],
        numbers=[{"display_phone_number": "+254 700 555 009", "verified_name": "Resorts"}],
    )
    page = browser_page(UserFactory(company=company, role=Role.WHATSAPP_ADMIN))
    page.goto(CONFIGURATION)
    log_in(page, "Log in with Facebook", "Caravella Resorts")
    expect(page.get_by_role("heading", name="Choose WhatsApp accounts")).to_be_visible()
    found = faults(page)
    picture(page, "choose")
    # With the keyboard alone from here on.
    page.get_by_label("Caravella Resorts").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Login successful")).to_be_visible()
    expect(page.get_by_role("row", name="Resorts")).to_contain_text("Approved")
    found += faults(page)
    picture(page, "connected")
    assert not found
    with company_scope(company):
        assert Waba.objects.get().name == "Caravella Resorts"


def test_after_a_revoked_login_a_new_one_sends_what_waited_once(
    stack: Stack, browser_page: PageOf
) -> None:
    meta = connect(stack, now=timezone.now())
    admin = admin_page(browser_page, meta)
    alice = browser_page(meta.world.alice)
    alice.goto(f"/whatsapp/inbox/{meta.world.conversation.pk}/")
    stack.control("token/revoke", waba_id=meta.world.sender.waba.waba_id)
    alice.get_by_label("Message", exact=True).fill("Tuesday at ten?")
    alice.get_by_role("button", name="Send", exact=True).click()

    # The page of the admin says so by itself, and the admins get a letter.
    banner = admin.get_by_text("Somebody has to log in again.")
    expect(banner).to_be_visible()
    assert not faults(admin)
    picture(admin, "broken")
    with company_scope(meta.world.company):
        letter = eventually(lambda: AdminNotice.objects.filter(sent_at__isnull=False).first())
        assert letter.kind == "broken"
    assert meta.arrived() == []

    log_in(admin, "Reconnect")
    expect(admin.get_by_text("Login successful")).to_be_visible()
    expect(banner).to_be_hidden()
    newest = alice.locator("[data-message]").last
    expect(newest).to_contain_text("Tuesday at ten?")
    expect(newest.locator("[data-status-word]")).to_contain_text("Delivered")
    assert [one["text"] for one in meta.arrived()] == ["Tuesday at ten?"]
    with company_scope(meta.world.company):
        assert Connection.objects.get().state == "connected"
