"""Templates from the first word to Meta's approval, in Chromium, against the sandbox."""

from __future__ import annotations

import os

from django.utils import timezone
from playwright.sync_api import Page, expect

from ats.models import Role
from ats.tenancy import company_scope
from tests.factories.ats import UserFactory
from tests.flows.conftest import PageOf
from tests.flows.test_accessibility import faults
from tests.sandboxed import Sandboxed, connect
from tests.stack import Stack
from whatsapp.models import MessageTemplate

TEXT = (
    "Hello {{first_name}}, we would like to meet you for the job of {{job_title}} on "
    "{{interview_date}}. Don’t miss this chance! Our team will welcome you at {{interview_place}}."
)


def picture(page: Page, name: str) -> None:
    """For people to look at, where `PICTURES` names a directory."""
    if directory := os.environ.get("PICTURES"):
        page.screenshot(path=f"{directory}/{name}.png", full_page=True, caret="initial")


def writer_page(browser_page: PageOf, meta: Sandboxed, **options: object) -> Page:
    wanda = UserFactory(company=meta.world.company, role=Role.WHATSAPP_ADMIN)
    page = browser_page(wanda, **options)
    page.goto("/whatsapp/templates/")
    return page


def test_a_template_is_written_mended_and_approved(stack: Stack, browser_page: PageOf) -> None:
    meta = connect(stack, now=timezone.now())
    page = writer_page(browser_page, meta)
    page.get_by_role("button", name="New template").click()
    page.get_by_label("Name", exact=True).fill("Interview invitation")
    expect(page.locator("#hints-name")).to_contain_text("The name has “I”, a space.")
    page.get_by_label("Body").fill(TEXT)
    expect(page.locator("#hints-body")).to_contain_text("Ends with a field.")
    expect(page.locator("#hints-body")).to_contain_text("reads like advertising")
    expect(page.get_by_label("Sample for first_name")).to_be_visible()
    picture(page, "template-faults")
    found = faults(page)
    page.get_by_label("Name", exact=True).fill("first_interview")
    page.get_by_label("Body").fill(
        TEXT.replace("at {{interview_place}}.", "at {{interview_place}} then.")
    )
    for name, sample in {
        "first_name": "Amina",
        "job_title": "Guest Relations Agent",
        "interview_date": "Friday 27 November",
        "interview_place": "Via Roma 12",
    }.items():
        page.get_by_label(f"Sample for {name}").fill(sample)
    page.get_by_label("Text", exact=True).check()
    page.get_by_label("Text of the header").fill("Your interview")
    page.get_by_label("Footer").fill("Reply STOP to end")
    page.get_by_role("button", name="Add a button").click()
    page.get_by_role("button", name="Quick reply").click()
    page.get_by_label("Text of button 1").fill("I will be there")
    page.get_by_role("button", name="Add a button").click()
    page.get_by_role("button", name="Web page").click()
    page.get_by_label("Text of button 2").fill("Directions")
    page.get_by_label("Address of button 2").fill("https://caravella.example/way")
    expect(page.get_by_text("Ready.")).to_be_visible()
    picture(page, "template-ready")
    found += faults(page)
    page.get_by_role("button", name="Submit to Meta").click()
    expect(
        page.get_by_text("is with Meta now").or_(page.get_by_text("Meta approved"))
    ).to_be_visible()
    expect(page.locator("#t-state")).to_contain_text("Approved")
    picture(page, "template-approved")
    assert not found
    with company_scope(meta.world.company):
        template = MessageTemplate.objects.get(name="first_interview")
    assert template.parameter_format == "NAMED"
