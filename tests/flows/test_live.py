"""Live updates: caught up after a break, kept apart by company, and nothing typed is lost."""

from __future__ import annotations

import redis
from django.utils import timezone
from playwright.sync_api import expect

from tests.factories.ats import CompanyFactory, UserFactory
from tests.flows.conftest import PageOf
from tests.sandboxed import connect
from tests.stack import Stack


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
    charlie = browser_page(UserFactory(company=CompanyFactory(modules=["whatsapp"])))
    alice = browser_page(meta.world.alice)
    heard: list[str] = []
    charlie.expose_function("heard", lambda kind: heard.append(kind))
    charlie.goto("/whatsapp/inbox/")
    charlie.evaluate(
        "for (const kind of ['message', 'conversation', 'connection'])"
        " document.addEventListener('live:' + kind, () => window.heard(kind))"
    )
    alice.goto("/whatsapp/inbox/")
    meta.answers("only for Caravella")
    expect(alice.locator("[data-conversation-row]")).to_contain_text("only for Caravella")
    assert charlie.locator("[data-conversation-row]").count() == 0
    assert heard == []
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
