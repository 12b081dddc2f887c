"""What stands in a thread is looked at, listened to, tried again, and changes under one's eyes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from ats.models import Team
from ats.tenancy import company_scope
from tests.factories.templates import TemplateFamilyFactory, TemplateTranslationFactory
from tests.factories.thread import MP3, Thread, photo
from tests.factories.whatsapp import MessageTemplateFactory
from tests.flows.conftest import PageOf
from tests.flows.test_accessibility import SCREENS, faults
from tests.flows.test_senders import picture
from tests.sandboxed import Sandboxed, connect
from tests.stack import Stack, eventually
from whatsapp import events
from whatsapp.models import Message, TemplateFavourite, TemplateFile, TemplateTeam


@pytest.fixture
def meta(stack: Stack) -> Sandboxed:
    return connect(stack, now=timezone.now())


@pytest.fixture
def thread(stack: Stack, meta: Sandboxed) -> Thread:
    begins = timezone.now() - timedelta(hours=2)
    return Thread(meta.world.conversation, begins, Path(stack.env["MEDIA_ROOT"]))


def opened(page: Page, meta: Sandboxed) -> Page:
    page.goto(f"/whatsapp/inbox/{meta.world.conversation.pk}/")
    return page


def tell(meta: Sandboxed, message: Message) -> None:
    with company_scope(meta.world.company), transaction.atomic():
        company = meta.world.company.pk
        events.message_changed(company, message.conversation_id, message.pk, timezone.now())


def test_photos_are_looked_through_by_keys(
    meta: Sandboxed, thread: Thread, browser_page: PageOf
) -> None:
    size = {"width": 640, "height": 400, "mime": "image/webp"}
    with company_scope(meta.world.company):
        thread.file("image", photo(), "My diploma", picture=photo(), **size)
        thread.file("image", photo(colour="#6d4620"), picture=photo(colour="#6d4620"), **size)
    page = opened(browser_page(meta.world.alice), meta)
    page.get_by_role("img", name="Photo from Amina").first.click()
    viewer = page.get_by_role("dialog")
    expect(viewer).to_contain_text("My diploma")
    expect(viewer).to_contain_text("1 of 2")
    large = viewer.get_by_role("img")
    eventually(lambda: large.evaluate("image => image.naturalWidth"))
    page.keyboard.press("ArrowRight")
    expect(viewer).to_contain_text("2 of 2")
    expect(viewer.get_by_text("My diploma")).to_be_hidden()
    expect(viewer.get_by_role("button", name="Next photo")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(page.locator("[data-photo]").last).to_be_focused()


def test_a_voice_message_plays_on_while_the_thread_changes(
    meta: Sandboxed, thread: Thread, browser_page: PageOf
) -> None:
    with company_scope(meta.world.company):
        said = thread.say("text", "Friday at 14:00?")
        voice = thread.file("audio", MP3, mime="audio/mpeg", voice=True).message
    page = opened(browser_page(meta.world.alice), meta)
    player = page.get_by_role("group", name="Voice message from Amina")
    expect(player).to_contain_text("0:10")
    speed = player.get_by_role("button", name="Speed")
    position = player.get_by_role("slider")
    position.press("ArrowRight")
    expect(position).to_have_attribute("aria-valuetext", "5 seconds of 10 seconds")
    player.get_by_role("button", name="Play voice message").press("Enter")
    expect(player.get_by_role("button", name="Pause voice message")).to_be_visible()
    player.locator("audio").evaluate("sound => { sound.loop = true; window.sound = sound }")
    speed.click()
    expect(speed).to_have_text("1.5×")

    with company_scope(meta.world.company):
        thread.change("reaction", said.wamid, emoji="👍", at=timezone.now())
    tell(meta, said)
    tell(meta, voice)
    expect(page.locator(f'[data-message="{said.pk}"]')).to_contain_text("Amina reacted: 👍")
    meta.answers("Heard it?")
    expect(page.locator("[data-thread]")).to_contain_text("Heard it?")
    assert page.evaluate("window.sound.isConnected && !window.sound.paused")

    with company_scope(meta.world.company):
        Message.objects.filter(pk=voice.pk).update(deleted_at=timezone.now(), text="", content={})
    tell(meta, voice)
    gone = page.locator(f'[data-message="{voice.pk}"]')
    expect(gone).to_contain_text("Amina deleted this message")
    expect(gone.locator("audio")).to_have_count(0)


def test_a_file_that_failed_is_tried_again_from_its_bubble(
    meta: Sandboxed, thread: Thread, browser_page: PageOf
) -> None:
    with company_scope(meta.world.company):
        thread.file("image", state="failed", cause="WhatsApp did not hand it over.")
    page = opened(browser_page(meta.world.alice), meta)
    expect(page.get_by_text("WhatsApp did not hand it over.")).to_be_visible()
    page.get_by_role("button", name="Try again").press("Enter")
    # WhatsApp does not know this file: another answer shows that it was asked.
    expect(page.get_by_text("WhatsApp did not hand it over.")).to_be_hidden()
    expect(page.get_by_text("WhatsApp does not have this file any more")).to_be_visible()


def test_what_changes_above_leaves_the_reader_where_they_are(
    meta: Sandboxed, thread: Thread, browser_page: PageOf
) -> None:
    with company_scope(meta.world.company):
        rows = [thread.say("text", f"Earlier {number}") for number in range(70)]
    page = opened(browser_page(meta.world.alice), meta)
    log = page.get_by_role("log")
    log.evaluate("log => { log.scrollTop = -900 }")
    read = page.locator(f'[data-message="{rows[45].pk}"]')
    place = "item => Math.round(item.getBoundingClientRect().top)"
    was = read.evaluate(place)
    with company_scope(meta.world.company):
        thread.change("reaction", rows[69].wamid, emoji="👍", at=timezone.now())
        thread.change("edit", "wamid.LOST", text="Lost", at=rows[69].at)
        Message.objects.filter(pk=rows[60].pk).update(text="Much longer now. " * 40)
        Message.objects.filter(pk=rows[0].pk).update(text="Nobody has opened this page")
    for row in (rows[0], rows[60], rows[69]):
        tell(meta, row)
    with company_scope(meta.world.company), transaction.atomic():
        conversation = meta.world.conversation.pk
        company = meta.world.company.pk
        events.publish(company, "conversation", now=timezone.now(), conversation=conversation)
    expect(page.locator("[data-thread]")).to_contain_text("Amina reacted: 👍")
    expect(page.locator("[data-thread]")).to_contain_text("edited a message that is not here")
    expect(page.locator("[data-thread]")).to_contain_text("Much longer now.")
    expect(page.locator("[data-thread]")).not_to_contain_text("Nobody has opened")
    assert abs(read.evaluate(place) - was) <= 2
    # The line goes when its message comes.
    with company_scope(meta.world.company):
        late = thread.say("text", "Lost", wamid="wamid.LOST")
    tell(meta, late)
    expect(page.locator("[data-thread]")).not_to_contain_text("that is not here")


def many_templates(meta: Sandboxed) -> None:
    """In two languages and categories, with a photo, a form and a team's own; Amina reads
    Italian."""
    world, waba = meta.world, meta.world.sender.waba
    buttons = [
        {"type": "QUICK_REPLY", "text": "Vengo"},
        {"type": "URL", "text": "Apri", "url": "https://caravella.example/i/{{1}}"},
    ]
    welcome = [
        {"type": "HEADER", "format": "IMAGE"},
        {"type": "BODY", "text": "Ciao *{{first_name}}*, ti aspettiamo _{{day}}_ in sede."},
        {"type": "FOOTER", "text": "STOP per non ricevere altro"},
        {"type": "BUTTONS", "buttons": buttons},
    ]
    with company_scope(world.company):
        world.amina.language = "it"
        world.amina.save()
        for language in ("en", "it"):
            MessageTemplateFactory(
                company=world.company,
                waba=waba,
                name="welcome",
                language=language,
                components=welcome,
                parameter_format="NAMED",
            )
        for name in ("new_vacancy", "of_another_team"):
            MessageTemplateFactory(
                company=world.company, waba=waba, name=name, category="MARKETING"
            )
        family = TemplateFamilyFactory(company=world.company, waba=waba, name="welcome")
        photo_of_it = TemplateFile.objects.create(
            kind="image", mime="image/jpeg", filename="lobby.jpg", size=9, created_at=timezone.now()
        )
        TemplateTranslationFactory(
            company=world.company,
            family=family,
            language="it",
            file=photo_of_it,
            submitted_at=timezone.now(),
        )
        TemplateFavourite.objects.create(family=family, user=world.alice)
        other = TemplateTranslationFactory(
            company=world.company,
            family__waba=waba,
            family__name="of_another_team",
            submitted_at=timezone.now(),
        )
        TemplateTeam.objects.create(family=other.family, team=Team.objects.create(name="Rome"))


def test_of_more_names_than_the_list_shows_typing_finds_the_others(
    meta: Sandboxed, browser_page: PageOf
) -> None:
    with company_scope(meta.world.company):
        for number in range(120):
            MessageTemplateFactory(
                company=meta.world.company, waba=meta.world.sender.waba, name=f"round_{number:03}"
            )
    page = browser_page(meta.world.alice)
    opened(page, meta).get_by_role("button", name="Templates").click()
    options, search = page.get_by_role("option"), page.get_by_label("Search templates")
    expect(options).to_have_count(100)
    search.press_sequentially("round 119")
    expect(options).to_have_count(1)
    search.press("ArrowDown")
    search.press("Enter")
    form = page.get_by_role("form", name="Send a template")
    expect(form.locator(".picker-sum")).to_contain_text("round_119")
    # What was searched for is still there, and its emptying brings the list back.
    expect(search).to_have_value("round 119")
    expect(options).to_have_count(1)
    search.fill("")
    expect(options).to_have_count(101)
    search.fill("nothing like it")
    expect(page.get_by_text("No template of that name.")).to_be_visible()


@pytest.mark.parametrize("screen", list(SCREENS))
def test_a_template_is_found_filled_and_seen_before_it_is_sent(
    meta: Sandboxed, browser_page: PageOf, screen: str
) -> None:
    many_templates(meta)
    page = browser_page(
        meta.world.alice,
        viewport=SCREENS[screen],
        has_touch=screen == "phone",
        reduced_motion="reduce",
    )
    opened(page, meta).get_by_role("button", name="Templates").click()
    options = page.get_by_role("option")
    # The favourite is first; what is kept for another team is not there.
    expect(options).to_have_count(3)
    expect(options.first).to_contain_text("welcome")
    expect(options.first).to_contain_text("Utility · Italian and 1 more")
    marketing = page.get_by_role("button", name="Marketing", exact=True)
    marketing.click()
    expect(options.locator("visible=true")).to_have_count(1)
    expect(marketing).to_have_attribute("aria-pressed", "true")
    marketing.click()
    search = page.get_by_label("Search templates")
    search.fill("italian")
    expect(options.locator("visible=true")).to_have_count(1)
    picture(page, f"picker-{screen}")
    search.press("Enter")

    form = page.get_by_role("form", name="Send a template")
    expect(form.get_by_role("button", name="Italian")).to_have_attribute("aria-pressed", "true")
    expect(form.get_by_role("button", name="English Needs a file")).to_be_visible()
    expect(form.locator(".look-media")).to_have_text("lobby.jpg")
    expect(form.locator(".msg-text b")).to_have_text("Amina")
    expect(form.locator("[data-slot='body.day']")).to_have_text("day missing")
    form.get_by_label("Day").fill("lunedì")
    expect(form.locator(".msg-text em")).to_have_text("lunedì")
    expect(form.get_by_role("list", name="Answers offered")).to_contain_text("Apri")
    picture(page, f"picker-filled-{screen}")
    form.get_by_role("button", name="Send template").click()
    # The address of the button is still to be filled in; nothing that was typed is lost.
    expect(form.get_by_label("Button 2")).to_be_focused()
    expect(form.get_by_label("Day")).to_have_value("lunedì")
    assert faults(page) == []
