"""Every page, light and dark, on a desk and on a phone: no axe-core violation, nothing cut off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from ats.models import Role
from ats.tenancy import all_companies, company_scope
from tests.factories.ats import (
    ApplicationFactory,
    CandidateFactory,
    CompanyFactory,
    JobFactory,
    TeamFactory,
    UserFactory,
)
from tests.factories.thread import Thread, write_every_kind
from tests.factories.whatsapp import (
    AMINA,
    ContactFactory,
    ConversationFactory,
    MessageFactory,
    WebhookEventFactory,
    WebhookItemFactory,
)
from tests.flows.conftest import PageOf
from tests.sandboxed import Sandboxed, connect
from tests.stack import Stack
from whatsapp.bulk.check import check_sends
from whatsapp.models import (
    Conversation,
    Direction,
    EventState,
    ItemState,
    MessageStatus,
)

SCREENS = {"desk": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


# An animation that never ends, or a page that draws no frames, is not waited for.
SETTLED = """Promise.race([
    Promise.allSettled(document.getAnimations()
        .filter((one) => one instanceof CSSTransition)
        .map((one) => one.finished)),
    new Promise((done) => setTimeout(done, 1000)),
]).then(() => null)"""


def show(page: Page, scheme: str) -> None:
    """In light or dark, once no colour is half way to its other any more."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.evaluate(SETTLED)


# A page that scrolls sideways, with what reaches furthest.
WIDER = """() => {
    const {scrollWidth, clientWidth} = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const reach = (one) => one.getBoundingClientRect().right;
    const every = [...document.body.querySelectorAll("*")];
    const furthest = every.sort((a, b) => reach(b) - reach(a))[0];
    return [`${scrollWidth - clientWidth} px wider than the window: `
        + furthest.outerHTML.slice(0, 200)];
}"""
AXE = Axe()
RUN = """async options => {
    const {violations} = await axe.run({...options, resultTypes: ["violations"]});
    return violations.map(({id, nodes}) => `${id}: ${nodes[0].html.slice(0, 200)}`);
}"""


def violations(page: Page, **options: object) -> list[str]:
    """What axe-core finds, each with the element it is about; a page that stays is given the
    script once, and gives back no more than is asked for."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.axe_script)
    return list(page.evaluate(RUN, options))


def faults(page: Page) -> list[str]:
    """What axe-core finds, and a page wider than its window. Of a page in the dark nothing but its
    colours is different, and those are the same on every screen: a phone is looked at in the dark
    alone."""
    on_desk = (page.viewport_size or {}).get("width", 0) > SCREENS["phone"]["width"]
    found = []
    if on_desk:
        show(page, "light")
        found += violations(page)
    show(page, "dark")
    found += violations(page, **({"runOnly": ["color-contrast"]} if on_desk else {}))
    found += page.evaluate(WIDER)
    return [f"{page.url}: {one}" for one in found]


def conversation_of_every_state(meta: Sandboxed) -> Conversation:
    """A shut window, and a message in each state that looks different."""
    company, now = meta.world.company, timezone.now()
    luca = CandidateFactory(company=company, first_name="Luca", last_name="Bernardi")
    contact = ContactFactory(company=company, phone="+393205550142", candidate=luca)
    row: Conversation = ConversationFactory(
        company=company,
        sender=meta.world.sender,
        contact=contact,
        last_inbound_at=now - timedelta(days=2),
        last_message_at=now - timedelta(days=1),
    )
    common = {"company": company, "conversation": row, "sender": meta.world.sender}
    theirs = common | {"direction": Direction.IN, "status": MessageStatus.RECEIVED}
    ours = common | {"direction": Direction.OUT, "author": meta.world.alice}
    MessageFactory(**theirs, text="مرحبا، هل ما زالت الوظيفة متاحة؟", at=now - timedelta(days=2))
    files = Path(meta.stack.env["MEDIA_ROOT"])
    with company_scope(company):
        write_every_kind(Thread(row, now - timedelta(days=2), files))
    for status in (MessageStatus.READ, MessageStatus.UNCONFIRMED, MessageStatus.ACCEPTED):
        MessageFactory(**ours, status=status, text=status.label, at=now - timedelta(days=1))
    MessageFactory(
        **ours,
        status=MessageStatus.FAILED,
        text="https://careers.caravella.example/" + "long" * 40,
        error_code=131049,
        error_title="Not delivered",
        at=now - timedelta(days=1),
    )
    return row


def pages_of_the_product(page: Page, meta: Sandboxed) -> Iterator[Page]:
    """Opens one page after the other, in the states that look different."""
    world = meta.world
    other = CandidateFactory(company=world.company, first_name="Maria", last_name="dos Santos")
    job = JobFactory(company=world.company, title="Guest Relations Agent")
    ApplicationFactory(candidate=world.amina, job=job)
    shut = conversation_of_every_state(meta)
    chat = f"/whatsapp/candidates/{world.amina.pk}/"
    open_one = f"/whatsapp/inbox/{world.conversation.pk}/"
    for address in (
        "/candidates/",
        f"/candidates/{world.amina.pk}/",
        f"/candidates/{world.amina.pk}/edit/",
        "/candidates/import/",
        "/jobs/",
        f"/jobs/{job.pk}/",
        "/settings/",
        "/account/",
        "/whatsapp/configuration/",
        "/whatsapp/configuration/audit/",
        "/whatsapp/templates/new/",
        "/whatsapp/configuration/disconnect/",
        "/whatsapp/templates/",
        "/whatsapp/templates/?q=nothing",
        f"/whatsapp/templates/look/{world.template.pk}/",
        "/whatsapp/inbox/?view=waiting",
        "/whatsapp/inbox/",
        f"{open_one}#thread",
        f"{open_one}#panel",
        chat,
    ):
        page.goto(address)
        yield page
    page.get_by_text("Record consent").click()
    yield page
    page.goto(f"/whatsapp/candidates/{other.pk}/")
    yield page
    page.goto(f"/whatsapp/inbox/{shut.pk}/#thread")
    page.get_by_text("What Meta said").last.click()
    yield page
    page.locator("[data-photo]").first.click()
    yield page
    page.goto(f"{open_one}#thread")
    page.get_by_role("button", name="Templates").click()
    page.get_by_role("option", name="interview_invitation").click()
    expect(page.get_by_label("Value 1")).to_be_focused()
    yield page


def pages_of_ops(page: Page) -> Iterator[Page]:
    """First with nothing stopped, then with all that can."""
    page.goto("/whatsapp/operations/webhooks/")
    yield page
    now = timezone.now()
    item = WebhookItemFactory(kind="message_template_components_update", cause="Because " * 12)
    WebhookItemFactory(cause="Unbreakable" * 20)
    WebhookItemFactory(
        state=ItemState.WAITING,
        event__received_at=now - timedelta(hours=1),
        next_try_at=now + timedelta(hours=1),
    )
    for days in (1, 9):
        WebhookItemFactory(
            state=ItemState.UNCLAIMED,
            event__received_at=now - timedelta(days=days),
            waba_id="100000000000009",
            phone_number_id=f"30000000000000{days}",
        )
    WebhookItemFactory(state=ItemState.UNHANDLED, kind="user_preferences")
    with all_companies():
        found = check_sends(now=now)
    found.problems = [
        {
            "code": "row_lost",
            "sentence": "A row would never go.",
            "of": "row",
            "rows": 9,
            "ids": [1],
        }
    ]
    found.save()
    parked = WebhookEventFactory(state=EventState.PARKED, cause="The body is not JSON.", body=b"x")
    for address in (
        "",
        "?state=waiting",
        f"?like={item.pk}",
        "?since=yesterday&state=unclaimed",
        "?field=none",
        f"items/{item.pk}/",
        f"deliveries/{item.event_id}/",
        f"deliveries/{parked.pk}/",
    ):
        page.goto(f"/whatsapp/operations/webhooks/{address}")
        yield page


@pytest.mark.parametrize("screen", list(SCREENS))
def test_everybody_can_use_every_page(stack: Stack, browser_page: PageOf, screen: str) -> None:
    meta = connect(stack, now=timezone.now())
    wanda = UserFactory(company=meta.world.company, role=Role.WHATSAPP_ADMIN)
    look = {
        "viewport": SCREENS[screen],
        "has_touch": screen == "phone",
        # Else axe measures the contrast of a panel that is half faded in.
        "reduced_motion": "reduce",
    }
    page = browser_page(wanda, **look)
    found: list[str] = []
    for shown in pages_of_the_product(page, meta):
        found += faults(shown)
    for address in (f"/phones/{AMINA}", "/meta/"):
        page.goto(f"{stack.sandbox}{address}")
        found += faults(page)

    olga = browser_page(UserFactory(company=meta.world.company, role=Role.COMPANY_ADMIN), **look)
    team = TeamFactory(company=meta.world.company, name="Front office")
    for address in ("/settings/teams/", f"/settings/teams/{team.pk}/"):
        olga.goto(address)
        found += faults(olga)

    ops = browser_page(UserFactory(company=None, is_staff=True), **look)
    for shown in pages_of_ops(ops):
        found += faults(shown)

    nobody = browser_page(**look)
    nobody.goto("/candidates/")
    found += faults(nobody)
    newcomer = UserFactory(company=CompanyFactory(modules=["whatsapp"]), role=Role.WHATSAPP_ADMIN)
    first = browser_page(newcomer, **look)
    for address in (
        "/whatsapp/configuration/",
        "/whatsapp/inbox/",
        "/whatsapp/templates/",
        "/candidates/",
    ):
        first.goto(address)
        found += faults(first)
    assert found == []


def test_a_conversation_is_handled_by_keys_alone(stack: Stack, browser_page: PageOf) -> None:
    meta = connect(stack, now=timezone.now())
    conversation_of_every_state(meta)
    page = browser_page(meta.world.alice)
    page.goto(f"/whatsapp/inbox/{meta.world.conversation.pk}/")
    page.keyboard.press("Alt+l")
    expect(page.get_by_label("Message", exact=True)).to_be_focused()
    page.keyboard.type("Half a sentence")
    page.keyboard.press("Escape")
    row = page.locator("[data-conversation-row]")
    expect(row.filter(has_text="Amina")).to_be_focused()

    page.keyboard.press("Alt+j")
    expect(row.filter(has_text="Luca")).to_be_focused()
    page.keyboard.press("Alt+k")
    expect(row.filter(has_text="Amina")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Message", exact=True)).to_be_focused()
    expect(page.get_by_label("Message", exact=True)).to_have_value("Half a sentence")

    # The list of templates: arrows walk, typing searches, Enter chooses.
    page.get_by_role("button", name="Templates").press("Enter")
    expect(page.get_by_text("Your draft is kept")).to_be_visible()
    options = page.get_by_role("listbox", name="Templates")
    options.press("ArrowDown")
    option = page.get_by_role("option", name="interview_invitation")
    expect(options).to_have_attribute("aria-activedescendant", str(option.get_attribute("id")))
    page.keyboard.type("invit")
    expect(page.get_by_label("Search templates")).to_have_value("invit")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Value 1")).to_be_focused()


def test_reading_further_up_is_not_interrupted(stack: Stack, browser_page: PageOf) -> None:
    meta = connect(stack, now=timezone.now())
    for number in range(60):
        MessageFactory(
            company=meta.world.company,
            conversation=meta.world.conversation,
            sender=meta.world.sender,
            direction=Direction.IN,
            status=MessageStatus.RECEIVED,
            text=f"Earlier {number}",
            at=timezone.now() - timedelta(hours=2, minutes=-number),
        )
    page = browser_page(meta.world.alice)
    page.goto(f"/whatsapp/inbox/{meta.world.conversation.pk}/")
    log = page.get_by_role("log")
    log.evaluate("log => { log.scrollTop = -600 }")
    meta.answers("While you read")
    # The “Hello” of the cast may still be on its way, and is new as well then.
    new = page.get_by_role("button", name=re.compile(r"\d new"))
    expect(new).to_be_visible()
    assert log.evaluate("log => log.scrollTop") < -500
    new.click()
    expect(page.get_by_text("While you read").last).to_be_in_viewport()
    expect(new).to_be_hidden()
