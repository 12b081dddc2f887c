"""The product's first story: connect, send a template, be answered, write back, see the ticks."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from ats.models import Role
from ats.tenancy import company_scope
from tests.factories.ats import (
    ApplicationFactory,
    CandidateFactory,
    CompanyFactory,
    JobFactory,
    UserFactory,
    mobile_field,
)
from tests.flows.conftest import PageOf, sign_in
from tests.stack import Stack, eventually
from whatsapp.models import Connection, Message

AMINA = "+254722555014"
TEMPLATE = {
    "name": "interview_invitation",
    "language": "en",
    "category": "UTILITY",
    "status": "APPROVED",
    "components": [
        {
            "type": "BODY",
            "text": "Hello {{1}}, thank you for applying as {{2}}. When may we meet you?",
            "example": {"body_text": [["Amina", "Concierge"]]},
        },
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "This week"}]},
    ],
}


def test_a_recruiter_messages_a_candidate(stack: Stack, browser_page: PageOf) -> None:
    company = CompanyFactory(name="Caravella Hotels", modules=["whatsapp"])
    wanda = UserFactory(company=company, full_name="Wanda Kimani", role=Role.WHATSAPP_ADMIN)
    alice = UserFactory(company=company, full_name="Alice Ferrante")
    mobile_field(company)
    amina = CandidateFactory(company=company, mobile=AMINA)
    job = JobFactory(company=company, title="Guest Relations Agent")
    ApplicationFactory(candidate=amina, job=job)
    stack.control(
        "businesses",
        name="Caravella Hotels",
        numbers=[
            {"display_phone_number": "+254 700 555 001", "verified_name": "Caravella Careers"}
        ],
        templates=[TEMPLATE],
    )
    stack.control("phones", number=AMINA, name="Amina Njoroge")

    # The WhatsApp admin connects the company's Meta business.
    admin = browser_page()
    sign_in(admin, wanda.email)
    admin.click("text=System settings")
    admin.click("text=WhatsApp Business Platform Configuration")
    with admin.expect_popup() as opened:
        admin.get_by_role("button", name="Log in with Facebook").click()
    opened.value.get_by_role("button", name="Continue").click()
    expect(admin.get_by_text("Login successful")).to_be_visible()
    # Numbers and templates appear by themselves once they were read.
    expect(admin.get_by_role("row", name="Caravella Careers")).to_contain_text("Approved")
    expect(admin.get_by_role("row", name="interview_invitation")).to_contain_text("Utility")
    with company_scope(company):
        assert b"EAA" not in bytes(Connection.objects.get().token)

    # The recruiter opens the candidate. There is no consent yet, and the page says so.
    recruiter = browser_page(alice)
    recruiter.goto("/candidates/")
    recruiter.get_by_role("link", name="Amina Njoroge").click()
    recruiter.get_by_role("link", name="Chat History").click()
    expect(recruiter.get_by_text("No recorded basis to write")).to_be_visible()
    recruiter.get_by_text("Record consent").click()
    recruiter.get_by_label("Where and how").fill("careers page, form 88121")
    recruiter.get_by_role("button", name="Record", exact=True).click()
    expect(recruiter.get_by_text("Consent, given by themselves, careers page")).to_be_visible()

    # She sends an approved template.
    recruiter.get_by_role("option", name="interview_invitation").click()
    expect(recruiter.get_by_label("Value 1")).to_have_value("Amina")
    recruiter.get_by_label("Value 2").fill("Guest Relations Agent")
    recruiter.get_by_role("button", name="Send template").click()
    newest = recruiter.locator("[data-message]").last
    expect(newest).to_contain_text("thank you for applying as Guest Relations Agent")
    expect(newest.locator("[data-status-word]")).to_contain_text("Delivered")

    # It arrives on the phone, which reads it; the tick follows without a reload.
    phone = browser_page(base_url=stack.sandbox)
    phone.goto(f"/phones/{AMINA}")
    chat = phone.get_by_role("log")
    expect(chat).to_contain_text("Hello Amina, thank you for applying as Guest Relations Agent")
    expect(newest.locator("[data-status-word]")).to_contain_text("Read")

    # The candidate answers. The answer appears by itself and the composer opens.
    recruiter.evaluate("window.neverReloaded = true")
    phone.get_by_role("textbox").first.fill("Tuesday at ten would suit me")
    phone.keyboard.press("Enter")
    expect(recruiter.locator("[data-message]").last).to_contain_text("Tuesday at ten")
    box = recruiter.get_by_label("Message", exact=True)
    expect(box).to_be_visible()
    expect(recruiter.get_by_text(re.compile("Free text until tomorrow"))).to_be_visible()

    # The recruiter writes back freely; delivered, then read.
    box.fill("Wonderful, Tuesday at ten it is.")
    recruiter.get_by_role("button", name="Send", exact=True).click()
    expect(chat).to_contain_text("Wonderful, Tuesday at ten it is.")
    newest = recruiter.locator("[data-message]").last
    expect(newest).to_contain_text("Wonderful")
    expect(newest.locator("[data-status-word]")).to_contain_text("Read")
    expect(box).to_have_value("")
    assert recruiter.evaluate("window.neverReloaded")

    # A colleague's inbox shows the same conversation, and what comes in counts as waiting.
    bob = browser_page(UserFactory(company=company, full_name="Bob Okafor"))
    bob.goto("/whatsapp/inbox/")
    row = bob.locator("[data-conversation-row]")
    expect(row).to_contain_text("You: Wonderful, Tuesday at ten it is.")
    recruiter.goto("/candidates/")
    phone.get_by_role("textbox").first.fill("Thank you!")
    phone.keyboard.press("Enter")
    expect(row).to_contain_text("Thank you!")
    expect(bob.locator("[data-nav=whatsapp_inbox] .count")).to_contain_text("1")
    with company_scope(company):
        eventually(lambda: Message.objects.count() == 4)


def test_a_cancelled_login_says_why_and_what_to_do(stack: Stack, browser_page: PageOf) -> None:
    company = CompanyFactory(modules=["whatsapp"])
    admin = browser_page(UserFactory(company=company, role=Role.WHATSAPP_ADMIN))
    stack.control("businesses", name="Caravella", numbers=[], templates=[])
    admin.goto("/whatsapp/configuration/")
    with admin.expect_popup() as opened:
        admin.get_by_role("button", name="Log in with Facebook").click()
    with opened.value.expect_event("close"):
        opened.value.get_by_role("button", name="Cancel").click()
    expect(admin.get_by_text("The login was cancelled")).to_be_visible()
    expect(admin.get_by_text("Press “Log in with Facebook” to begin again")).to_be_visible()

    with admin.expect_popup() as opened:
        admin.get_by_role("button", name="Log in with Facebook").click()
    opened.value.wait_for_url("**/dialog/**")
    opened.value.close()
    expect(admin.get_by_text("The Facebook window was closed before")).to_be_visible()
    with company_scope(company):
        assert not Connection.objects.exists()
