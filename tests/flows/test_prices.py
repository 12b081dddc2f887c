"""What a message costs, in Chromium: where somebody chooses a template, and where its category has
changed."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from ats.tenancy import company_scope
from tests.flows.conftest import PageOf
from tests.flows.test_accessibility import SCREENS, faults
from tests.flows.test_template_library import picture
from tests.sandboxed import connect
from tests.stack import Stack
from whatsapp.models import MessageTemplate, Waba


@pytest.mark.parametrize("screen", list(SCREENS))
def test_a_price_stands_below_the_chosen_template_and_beside_a_new_category(
    stack: Stack, browser_page: PageOf, screen: str
) -> None:
    meta = connect(stack, now=timezone.now(), window_open=False, webhooks=False)
    with company_scope(meta.world.company):
        Waba.objects.update(currency="EUR")
    look = {"viewport": SCREENS[screen], "has_touch": screen == "phone"}
    page = browser_page(meta.world.alice, reduced_motion="reduce", **look)
    page.goto(f"/whatsapp/inbox/{meta.world.conversation.pk}/")
    page.get_by_role("option", name="interview_invitation").click()
    expect(
        page.get_by_text(re.compile(r"^About €0\.00\d+: utility, Kenya, prices of"))
    ).to_be_visible()
    picture(page, f"price-picker-{screen}")
    found = faults(page)
    with company_scope(meta.world.company):
        MessageTemplate.objects.update(category="MARKETING", previous_category="UTILITY")
        template = MessageTemplate.objects.get()
    page.goto(f"/whatsapp/templates/look/{template.pk}/")
    costs = re.compile(r"A message to Kenya now costs about €0\.01\d+ instead of €0\.00\d+\.")
    expect(page.get_by_text(costs)).to_be_visible()
    picture(page, f"price-category-{screen}")
    assert found + faults(page) == []
