"""The library in Chromium: it follows what Meta decides while somebody looks at it."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from ats.models import Role
from ats.tenancy import company_scope
from tests.factories.ats import TeamFactory, UserFactory
from tests.factories.templates import TemplateTranslationFactory
from tests.factories.whatsapp import MessageFactory, MessageTemplateFactory
from tests.flows.conftest import PageOf
from tests.flows.test_accessibility import SCREENS, faults
from tests.sandboxed import Sandboxed, connect
from tests.stack import Stack
from whatsapp.models import MessageTemplate


def picture(page: Page, name: str) -> None:
    """For people to look at, where `PICTURES` names a directory."""
    if directory := os.environ.get("PICTURES"):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.screenshot(path=f"{directory}/{name}-{scheme}.png", full_page=True)


def known_to_meta(meta: Sandboxed) -> str:
    """Meta's id of the invitation, which our row has then as well."""
    businesses = meta.stack.ask("businesses")["businesses"]
    [ours] = [one for one in businesses if one["waba_id"] == meta.world.sender.waba.waba_id]
    template_id = str(ours["templates"][0]["id"])
    with company_scope(meta.world.company):
        MessageTemplate.objects.update(meta_id=template_id)
    return template_id


def test_a_new_category_shows_on_the_page_that_is_open(stack: Stack, browser_page: PageOf) -> None:
    meta = connect(stack, now=timezone.now())
    page = browser_page(meta.world.alice)
    template_id = known_to_meta(meta)
    page.goto("/whatsapp/templates/")
    row = page.get_by_role("row").filter(has_text="interview_invitation")
    expect(row).to_contain_text("Utility")
    stack.control("templates/category", template_id=template_id, category="MARKETING")
    expect(row).to_contain_text("Marketing")
    expect(row).to_contain_text("was utility")
    page.get_by_text("The template interview_invitation is marketing now").click()
    expect(page.get_by_text("opted in to marketing")).to_be_visible()
    # By keys: a star, and what it leaves.
    star = row.get_by_role("button", name="Favourite: interview_invitation")
    star.press("Enter")
    expect(star).to_have_attribute("aria-pressed", "true")
    row.get_by_role("link", name="English: Approved").press("Enter")
    expect(page.get_by_role("heading", name="interview_invitation")).to_be_visible()


@pytest.mark.parametrize("screen", list(SCREENS))
def test_a_full_library_and_a_template_have_no_faults(
    stack: Stack, browser_page: PageOf, screen: str
) -> None:
    meta = connect(stack, now=timezone.now(), webhooks=False)
    company, waba, now = meta.world.company, meta.world.sender.waba, timezone.now()
    common = {"company": company, "waba": waba}
    with company_scope(company):
        for name, language, more in (
            ("application_received", "it", {"quality": "GREEN"}),
            ("application_received", "pt_BR", {"quality": "YELLOW"}),
            ("job_alert_for_everybody_in_the_pool_of_last_year", "en", {"category": "MARKETING"}),
            ("interview_reminder", "ar", {"status": "PAUSED", "paused_until": now}),
            ("documents_missing", "de", {"status": "REJECTED", "rejected_reason": "SCAM"}),
        ):
            MessageTemplateFactory(**common, name=name, language=language, **more)
        MessageTemplate.objects.filter(name="application_received").update(
            next_category="MARKETING", category_changes_at=now + timedelta(hours=20)
        )
        TemplateTranslationFactory(company=company, family__waba=waba, family__name="welcome")
        TeamFactory(company=company, name="Front office")
        for number in range(3):
            MessageFactory(
                company=company,
                conversation=meta.world.conversation,
                template=MessageTemplate.objects.filter(language="it").get(),
                status="read",
                next_try_at=None,
                at=now,
                created_at=now,
                sent_at=now,
                read_at=now if number else None,
            )
        template = MessageTemplate.objects.get(language="it")
    wanda = UserFactory(company=company, role=Role.WHATSAPP_ADMIN)
    page = browser_page(
        wanda, viewport=SCREENS[screen], has_touch=screen == "phone", reduced_motion="reduce"
    )
    found: list[str] = []
    for name, address in (("library", ""), ("template", f"look/{template.pk}/")):
        page.goto(f"/whatsapp/templates/{address}")
        picture(page, f"{name}-{screen}")
        found += faults(page)
    assert found == []
