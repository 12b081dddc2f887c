"""Bulk sends in the browser: made, watched while they change, and usable by everybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from ats.tenancy import company_scope
from tests.factories.ats import CandidateFactory
from tests.factories.runs import begin, make_run, people
from tests.factories.whatsapp import World
from tests.flows.conftest import PageOf
from tests.flows.test_accessibility import SCREENS, faults
from tests.sandboxed import connect
from tests.stack import Stack, eventually
from whatsapp.bulk.runs import pause
from whatsapp.models import (
    BulkRun,
    MessageStatus,
    PortfolioLimit,
    RowState,
    RunRecipient,
    RunState,
)
from whatsapp.policy.reasons import Reason, ReasonCode
from whatsapp.sending.causes import to_store

S = MessageStatus
FATES = (
    S.READ, S.READ, S.READ, S.DELIVERED, S.DELIVERED, S.SENT, S.ACCEPTED, S.HELD, S.SENDING,
    S.UNCONFIRMED, S.FAILED, S.QUEUED,
)  # fmt: skip


def _planned(world: World, run: BulkRun) -> list[RunRecipient]:
    def is_planned() -> bool:
        with company_scope(world.company):
            run.refresh_from_db()
        return run.state != RunState.PLANNING

    eventually(is_planned)
    with company_scope(world.company):
        return list(RunRecipient.objects.filter(run=run).order_by("pk"))


def run_of_every_fate(world: World) -> BulkRun:
    """Waiting for places, with a row in each state."""
    now = timezone.now()
    nobody = CandidateFactory(company=world.company, first_name="Nina", last_name="Ohnesorg")
    twin = CandidateFactory(
        company=world.company, first_name="Tomasz", last_name="Kowalczyk", mobile="+254722500000"
    )
    those = [*people(world, 30, agreed=True), nobody, twin]
    # It begins later, so that no worker takes its rows.
    run = make_run(
        world, those, now=now, name="Winter season, open roles", starts_at=now + timedelta(days=1)
    )
    rows = [row for row in _planned(world, run) if row.state == RowState.PLANNED]
    for row, status in zip(rows, FATES, strict=False):
        failure = {"error_code": 131049, "failed_at": now} if status == S.FAILED else {}
        begin(world, row, status, next_try_at=None, claimed_at=None, **failure)
    with company_scope(world.company):
        cause = [Reason(ReasonCode.WAITED_TOO_LONG, {"hours": 24})]
        BulkRun.objects.filter(pk=run.pk).update(
            state=RunState.WAITING,
            cause=to_store(cause),
            look_at=now + timedelta(days=1),
            waits_until=now + timedelta(days=1),
            starts_at=now,
        )
        PortfolioLimit.objects.update_or_create(
            portfolio_id=world.sender.waba.portfolio_id,
            defaults={"tier": "TIER_2K", "most": 2000, "used": 640, "learned_at": now},
        )
        run.refresh_from_db()
    return run


def pages_of_runs(page: Page, world: World) -> Iterator[Page]:
    """Opens one page after the other, in the states that look different."""
    page.goto("/whatsapp/runs/")
    yield page
    page.goto("/whatsapp/runs/new/")
    yield page
    run = run_of_every_fate(world)
    page.goto(f"/whatsapp/runs/new/?template={world.template.pk}")
    expect(page.get_by_text("Hello {{1}}")).to_be_visible()
    yield page
    page.get_by_role("button", name="Check before sending").click()
    expect(page.get_by_text("Nothing has been sent yet.")).to_be_visible()
    yield page
    for address in ("", f"{run.pk}/", f"{run.pk}/?fate=unconfirmed#rows", f"{run.pk}/?fate=held"):
        page.goto(f"/whatsapp/runs/{address}")
        yield page


@pytest.mark.parametrize("screen", list(SCREENS))
def test_everybody_can_use_the_pages_of_bulk_sends(
    stack: Stack, browser_page: PageOf, screen: str
) -> None:
    world = connect(stack, now=timezone.now(), webhooks=False).world
    page = browser_page(
        world.alice,
        viewport=SCREENS[screen],
        has_touch=screen == "phone",
        reduced_motion="reduce",
    )
    found: list[str] = []
    for shown in pages_of_runs(page, world):
        found += faults(shown)
    assert found == []


def test_a_bulk_send_is_made_counted_and_watched(stack: Stack, browser_page: PageOf) -> None:
    world = connect(stack, now=timezone.now(), webhooks=False).world
    people(world, 3, agreed=True)
    page = browser_page(world.alice)
    page.goto("/candidates/?q=Otieno")
    page.get_by_role("link", name="Write to them on WhatsApp").click()
    expect(page.get_by_text("3 candidates")).to_be_visible()
    words = page.get_by_role("textbox", name="Words")
    words.fill("Person1")
    expect(page.get_by_text("1 candidate", exact=True)).to_be_visible()
    words.fill("Otieno")
    expect(page.get_by_text("3 candidates")).to_be_visible()

    # The words that are typed stay when the text is drawn.
    page.get_by_role("option", name="interview_invitation").click()
    expect(page.get_by_text("when would an interview suit you best?")).to_be_visible()
    expect(words).to_have_value("Otieno")
    expect(page.get_by_label("Value 1 comes from")).to_have_value("first_name")
    page.get_by_label("At a time").check()
    page.get_by_role("textbox", name="Day and time").fill("2040-01-02T08:00")
    page.get_by_role("button", name="Check before sending").click()
    expect(page.get_by_text("Hello Person0")).to_be_visible()
    page.get_by_role("button", name="Plan it to 3").click()
    expect(
        page.get_by_text("Sending begins on Monday, 2 January 2040, 08:00 (Rome)")
    ).to_be_visible()

    # What a colleague does shows by itself.
    with company_scope(world.company):
        eventually(BulkRun.objects.filter(state=RunState.SCHEDULED).exists)
        run = BulkRun.objects.get()
        pause(run=run, by=world.bob, now=timezone.now())
    expect(page.get_by_text("Bob Okafor paused it.")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Stop for good").click()
    expect(page.get_by_text("Alice Ferrante stopped it.")).to_be_visible()
    page.get_by_role("link", name="3 Left out").click()
    expect(page.get_by_text("Stopped before its turn").first).to_be_visible()
