"""Live updates: caught up after a break, kept apart by company, and nothing typed is lost."""

from __future__ import annotations

import redis
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from ats.tenancy import company_scope
from tests.factories.ats import CompanyFactory, UserFactory
from tests.flows.conftest import PageOf, sign_in
from tests.sandboxed import connect
from tests.stack import Stack, eventually
from whatsapp import events


def test_a_browser_catches_up_after_the_stream_was_away(stack: Stack, browser_page: PageOf) -> None:
    meta = connect(stack, now=timezone.now())
    page = browser_page(meta.world.alice)
    page.goto(f"/whatsapp/inbox/{meta.world.conversation.pk}/")
    meta.answers("before the break")
    expect(page.locator("[data-thread]")).to_contain_text("before the break")
    page.evaluate("window.neverReloaded = true")
    stack.kill("live")
    for number in range(3):
        meta.answers(f"during the break {number}")
    stack.start("live")
    for number in range(3):
        expect(page.locator("[data-thread]")).to_contain_text(f"during the break {number}")
    texts = page.locator("[data-message] .msg-text").all_inner_texts()
    said = [text for text in texts if "the break" in text]
    assert len(said) == 4
    assert page.evaluate("window.neverReloaded")


def test_another_company_hears_nothing(stack: Stack, browser_page: PageOf) -> None:
    meta = connect(stack, now=timezone.now())
    lindgren = CompanyFactory(name="Lindgren Logistics", modules=["whatsapp"])
    charlie = browser_page(UserFactory(company=lindgren))
    alice = browser_page(meta.world.alice)
    charlie.goto("/whatsapp/inbox/")
    charlie.evaluate(
        "window.heard = [];"
        "for (const kind of ['message', 'conversation', 'connection', 'reset'])"
        " document.addEventListener('live:' + kind, () => window.heard.push(kind))"
    )
    alice.goto("/whatsapp/inbox/")
    meta.answers("only for Caravella")
    expect(alice.locator("[data-conversation-row]")).to_contain_text("only for Caravella")
    assert charlie.locator("[data-conversation-row]").count() == 0
    # Charlie's stream does work, and hears in order: what was not for him came before this.
    with company_scope(lindgren), transaction.atomic():
        events.publish(lindgren.pk, "connection", now=timezone.now())
    heard = eventually(lambda: charlie.evaluate("window.heard"))
    assert heard == ["connection"]
    gone = charlie.request.get(f"/whatsapp/inbox/{meta.world.conversation.pk}/")
    assert gone.status == 404


def test_a_draft_outlives_a_reload_and_an_answer_that_comes_in(
    stack: Stack, browser_page: PageOf
) -> None:
    meta = connect(stack, now=timezone.now())
    page = browser_page(meta.world.alice)
    url = f"/whatsapp/inbox/{meta.world.conversation.pk}/"
    page.goto(url)
    page.get_by_label("Message", exact=True).fill("Half a thought")
    meta.answers("An answer in between")
    expect(page.locator("[data-thread]")).to_contain_text("An answer in between")
    expect(page.get_by_label("Message", exact=True)).to_have_value("Half a thought")
    page.goto(url)
    expect(page.get_by_label("Message", exact=True)).to_have_value("Half a thought")


def test_a_draft_goes_with_the_person_who_wrote_it(stack: Stack, browser_page: PageOf) -> None:
    meta = connect(stack, now=timezone.now())
    url = f"/whatsapp/inbox/{meta.world.conversation.pk}/"
    page = browser_page(meta.world.alice)

    def kept() -> list[str]:
        keys = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
        return [key for key in keys if key.startswith(("draft:", "values:"))]

    def write() -> None:
        page.goto(url)
        page.get_by_label("Message", exact=True).fill("Amina asked for 2,400 a month")
        assert kept()

    write()
    page.goto("/account/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert kept() == []

    # A session that ran out is no sign-out: the draft waits for the same person only.
    sign_in(page, meta.world.alice.email)
    write()
    page.context.clear_cookies()
    page.goto("/")
    assert kept()
    sign_in(page, meta.world.bob.email)
    assert kept() == []


def test_redis_restarting_does_not_end_live_updates(stack: Stack, browser_page: PageOf) -> None:
    """Every subscription of this stack's Redis is cut, as a restart would."""
    meta = connect(stack, now=timezone.now())
    page = browser_page(meta.world.alice)
    page.goto(f"/whatsapp/inbox/{meta.world.conversation.pk}/")
    meta.answers("first")
    expect(page.locator("[data-thread]")).to_contain_text("first")
    client = redis.Redis.from_url(stack.env["REDIS_URL"])
    for row in client.client_list(_type="pubsub"):
        # Celery's own subscriptions are by pattern.
        if int(row["sub"]):
            client.client_kill_filter(_id=row["id"])
    meta.answers("second")
    expect(page.locator("[data-thread]")).to_contain_text("second")
