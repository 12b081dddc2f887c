"""Senders come and go on the configuration page, in Chromium, against the sandbox."""

from __future__ import annotations

import io
import os
import re
from contextlib import suppress
from datetime import timedelta

from django.utils import timezone
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as TimeoutError_

from ats.models import Role
from ats.tenancy import company_scope
from tests.factories.ats import JobFactory, UserFactory
from tests.flows.conftest import PageOf
from tests.flows.test_accessibility import faults, show
from tests.sandboxed import Sandboxed, connect
from tests.stack import Stack, eventually
from whatsapp.models import AuditEntry, CompanySettings, Sender

CONFIGURATION = "/whatsapp/configuration/"


def picture(page: Page, name: str) -> None:
    """For people to look at, where `PICTURES` names a directory."""
    if directory := os.environ.get("PICTURES"):
        page.screenshot(path=f"{directory}/{name}.png", full_page=True, caret="initial")


def code_at_meta(stack: Stack, sender: Sender) -> str:
    return str(stack.ask(f"numbers/code?phone_number_id={sender.phone_number_id}")["code"])


def admin_page(browser_page: PageOf, meta: Sandboxed, **options: object) -> Page:
    wanda = UserFactory(company=meta.world.company, role=Role.WHATSAPP_ADMIN)
    page = browser_page(wanda, **options)
    page.goto(CONFIGURATION)
    return page


def choose(page: Page, words: str) -> None:
    """Out of the menu of the first sender, by the keyboard."""
    menu = page.locator("[data-acts-menu]:popover-open")
    expect(dialog(page)).to_be_hidden()
    # A dialog that closes gives the focus back when it is ready, perhaps just now.
    for _ in range(5):
        page.locator("[data-acts]").first.focus()
        page.keyboard.press("Enter")
        with suppress(TimeoutError_):
            menu.wait_for(timeout=3000)
            break
        page.keyboard.press("Escape")
    link = menu.get_by_role("link", name=words)
    for _ in range(5):
        if link.evaluate("link => link === document.activeElement"):
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def dialog(page: Page) -> Locator:
    return page.locator("#sender-dialog")


def fill_in(page: Page, *, number: str, display_name: str, friendly_name: str) -> None:
    page.get_by_role("link", name="Add", exact=True).click()
    dialog(page).get_by_label("Mobile number").fill(number)
    dialog(page).get_by_label("Display name").fill(display_name)
    dialog(page).get_by_label("Friendly name").fill(friendly_name)
    page.get_by_role("button", name="Add and verify").click()


# It depends on the day and the hour; the sentences themselves are tested beside their function.
WORDS = re.compile(
    r"(The next quiet time begins .+ at 20:00 and ends .+ at 08:00 \(Rome\)"
    r"|Quiet now\. It ends .+ at 08:00 \(Rome\)\.)"
)


def write_range(page: Page, *, days: int, start: str, end: str) -> None:
    """By the keyboard, from the first day of a range on."""
    for day in range(7):
        if day < days:
            page.keyboard.press("Space")
        page.keyboard.press("Tab")
    page.keyboard.type(start)
    page.keyboard.press("Tab")
    page.keyboard.type(end)


def test_a_number_is_added_with_a_code(stack: Stack, browser_page: PageOf) -> None:
    meta = connect(stack, now=timezone.now())
    page = admin_page(browser_page, meta)
    expect(page.locator("#senders")).to_contain_text("1 of 2 used")
    page.get_by_role("link", name="Add", exact=True).click()
    dialog(page).get_by_label("Mobile number").fill("+254 20 555 0117")
    expect(page.get_by_text("Read as +254 20 5550117, Kenya.")).to_be_visible()
    dialog(page).get_by_label("Display name").fill("www.caravella.example")
    dialog(page).get_by_label("Friendly name").fill("Nairobi hiring")
    found = faults(page)
    picture(page, "add")
    page.get_by_role("button", name="Add and verify").click()
    expect(page.get_by_text("Write the company’s name alone.")).to_be_visible()
    expect(dialog(page).get_by_label("Mobile number")).to_have_value("+254 20 555 0117")
    dialog(page).get_by_label("Display name").fill("Caravella Hotels Careers")
    page.keyboard.press("Enter")

    # The code: a call, because a landline reads no text messages; and a wrong one first.
    dialog(page).get_by_label("Call (for a landline)").check()
    picture(page, "verify")
    found += faults(page)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Meta calls this number")).to_be_visible()
    expect(page.get_by_role("button", name="Send again in")).to_be_disabled()
    with company_scope(meta.world.company):
        sender = Sender.objects.get(friendly_name="Nairobi hiring")
    code = code_at_meta(stack, sender)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    dialog(page).get_by_label("Code").fill(wrong)
    page.keyboard.press("Enter")
    expect(page.get_by_text("That is not the code.")).to_be_visible()
    expect(dialog(page).get_by_label("Code")).to_have_value(wrong)
    picture(page, "code")
    found += faults(page)

    # Another code after the wait, on both clocks.
    stack.control("clock", advance=61)
    with company_scope(meta.world.company):
        row = Sender.objects.get(pk=sender.pk)
        assert row.code_asked_at is not None
        row.code_asked_at -= timedelta(seconds=61)
        row.save(update_fields=["code_asked_at"])
    page.get_by_role("button", name="Close").click()
    page.get_by_role("link", name="Verify Nairobi hiring").click()
    page.get_by_role("button", name="Send again", exact=True).click()
    expect(page.get_by_role("button", name="Send again in")).to_be_disabled()
    dialog(page).get_by_label("Code").fill(code_at_meta(stack, sender))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nairobi hiring is approved and can be used.")).to_be_visible()
    picture(page, "done")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="Nairobi hiring")).to_contain_text("Approved")
    expect(page.get_by_role("row", name="Nairobi hiring")).to_contain_text("NAI")
    expect(page.locator("#senders")).to_contain_text("2 of 20 used")
    found += faults(page)
    picture(page, "list")
    page.set_viewport_size({"width": 390, "height": 844})
    found += faults(page)
    picture(page, "list-phone")
    assert not found
    with company_scope(meta.world.company):
        sender.refresh_from_db()
        assert sender.pin is not None
        verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert {"number_added", "number_code_asked", "number_verified", "number_connected"} <= verbs


def test_a_number_that_meta_has_verified_needs_no_code(stack: Stack, browser_page: PageOf) -> None:
    meta = connect(stack, now=timezone.now())
    stack.control("numbers/outside", number="+390655501188", verified=True)
    page = admin_page(browser_page, meta)
    fill_in(
        page,
        number="+39 06 5550 1188",
        display_name="Caravella Hotels",
        friendly_name="Rome hiring",
    )
    expect(page.get_by_text("Rome hiring is approved and can be used.")).to_be_visible()


def test_the_21st_sender_is_refused(stack: Stack, browser_page: PageOf) -> None:
    meta = connect(stack, now=timezone.now())
    waba = meta.world.sender.waba
    with company_scope(meta.world.company):
        Sender.objects.bulk_create(
            Sender(
                company=meta.world.company,
                waba=waba,
                phone_number_id=f"77000{n}",
                display_phone_number=f"+254 700 556 {n:03}",
                status="CONNECTED",
            )
            for n in range(19)
        )
    page = admin_page(browser_page, meta)
    expect(page.locator("#senders")).to_contain_text("20 of 20 used")
    fill_in(
        page,
        number="+39 06 5550 1199",
        display_name="Caravella Hotels",
        friendly_name="Milan hiring",
    )
    expect(page.get_by_text("All numbers that Meta allows are in use.")).to_be_visible()
    expect(dialog(page).get_by_label("Friendly name")).to_have_value("Milan hiring")


def looked_at(page: Page, name: str) -> list[str]:
    """The faults of what is shown, in light and in dark, and pictures of both."""
    found = faults(page)
    for scheme in ("dark", "light"):
        show(page, scheme)
        picture(page, f"{name}-{scheme}")
    return found


def photo() -> bytes:
    """Wider than high, and not of one colour."""
    file = io.BytesIO()
    drawn = Image.linear_gradient("L").resize((800, 500)).convert("RGB")
    drawn.paste((196, 90, 40), (250, 100, 550, 400))
    drawn.save(file, "JPEG")
    return file.getvalue()


def test_the_other_panes_are_usable_by_all(stack: Stack, browser_page: PageOf) -> None:
    """Rename by the keyboard; photo, name, link and disconnection, for axe and on a telephone."""
    meta = connect(stack, now=timezone.now())
    with company_scope(meta.world.company):
        JobFactory(company=meta.world.company, title="Night porter", location="Nairobi")
    page = admin_page(browser_page, meta, viewport={"width": 390, "height": 844})
    found: list[str] = []
    for words in ("Profile of", "Link to", "Replace", "Disconnect Caravella", "Rename"):
        choose(page, words)
        expect(dialog(page).get_by_role("heading")).to_be_visible()
        found += looked_at(page, words.replace(" ", "-").lower())
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="More for")).to_be_focused()

    choose(page, "Profile of")
    dialog(page).get_by_label("Description").fill("Forty hotels by the sea")
    dialog(page).get_by_label("Photo", exact=True).set_input_files(
        {"name": "team.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    )
    expect(page.get_by_text("This one is not square")).to_be_visible()
    page.get_by_role("button", name="Save photo").click()
    expect(page.get_by_text("Photo saved, cut to a square")).to_be_visible()
    expect(dialog(page).get_by_label("Description")).to_have_value("Forty hotels by the sea")
    face = page.locator("#sender-face img[data-photo-shown]")
    expect(face).to_be_visible()
    expect(face).to_have_js_property("naturalWidth", 500)
    found += looked_at(page, "photo")
    page.keyboard.press("Escape")

    choose(page, "Link to")
    dialog(page).get_by_label("For the job").select_option(label="Night porter, Nairobi")
    expect(dialog(page).get_by_label("Text that is filled in")).to_have_value(
        "Hello, I am interested in the job “Night porter”."
    )
    text = dialog(page).get_by_label("Text that is filled in")
    text.fill("Is the job free?")
    expect(page.get_by_text("Keep it first")).to_be_visible()
    expect(page.get_by_role("button", name="Copy")).to_be_disabled()
    # Nobody agrees to leave it, so it stays.
    dialog(page).get_by_label("For the job").select_option(label="No job in particular")
    expect(dialog(page).get_by_label("For the job")).to_contain_text("Night porter, Nairobi")
    expect(text).to_have_value("Is the job free?")
    found += looked_at(page, "link")
    page.get_by_role("button", name="Keep this text").click()
    expect(page.get_by_text("Kept: the link and the code have it.")).to_be_visible()
    page.keyboard.press("Escape")

    choose(page, "Rename")
    expect(dialog(page).get_by_label("Friendly name")).to_be_focused()
    dialog(page).get_by_label("Friendly name").fill("Nairobi hiring")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved: Nairobi hiring, NAI.")).to_be_visible()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("row", name="Nairobi hiring")).to_be_visible()
    choose(page, "Rename")
    page.get_by_role("link", name="Change the display name").click()
    dialog(page).get_by_label("New display name").fill("Caravella Careers")
    found += looked_at(page, "name")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Meta reviews “Caravella Careers” now.")).to_be_visible()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("“Caravella Careers”: in review")).to_be_visible()
    assert not found


def test_a_number_takes_over_and_the_old_one_comes_back(stack: Stack, browser_page: PageOf) -> None:
    meta = connect(stack, now=timezone.now())
    old = meta.world.sender
    stack.control("numbers/outside", number="+390655501188", verified=True)
    page = admin_page(browser_page, meta)
    choose(page, "Replace")
    found = looked_at(page, "replace-first")
    page.get_by_role("link", name="Add a new number").click()
    dialog(page).get_by_label("Mobile number").fill("+39 06 5550 1188")
    dialog(page).get_by_label("Display name").fill("Caravella Hotels")
    dialog(page).get_by_label("Friendly name").fill("Rome hiring")
    page.keyboard.press("Enter")
    dialog(page).get_by_role("link", name="Replace Caravella").click()
    expect(dialog(page).get_by_label("New number")).to_contain_text("Rome hiring")
    found += looked_at(page, "replace")
    page.get_by_role("button", name="Replace", exact=True).click()
    expect(page.get_by_text("Rome hiring has taken over")).to_be_visible()
    found += looked_at(page, "replaced")
    page.keyboard.press("Enter")
    expect(page.locator("#senders")).to_contain_text("Replaced by Rome hiring")
    found += looked_at(page, "replaced-list")
    page.set_viewport_size({"width": 390, "height": 844})
    found += looked_at(page, "replaced-list-phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("button", name="More for").last.click()
    found += looked_at(page, "menu")
    page.keyboard.press("Escape")

    # It had a PIN of its own, which somebody knows.
    stack.control(
        "numbers/security",
        phone_number_id=old.phone_number_id,
        event="PIN_CHANGED",
        pin="204060",
    )
    page.get_by_role("link", name="Connect Caravella").click()
    found += looked_at(page, "connect")
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_text("This number has a PIN already")).to_be_visible()
    found += looked_at(page, "pin")
    dialog(page).get_by_label("Two-step PIN").fill("204060")
    page.keyboard.press("Enter")
    expect(page.get_by_text("is approved and can be used.")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#senders")).not_to_contain_text("Replaced by")
    assert not found


def test_countries_are_found_as_people_write_them(stack: Stack, browser_page: PageOf) -> None:
    meta = connect(stack, now=timezone.now())
    page = admin_page(browser_page, meta)
    field, chosen = page.get_by_label("Add a country"), page.get_by_label("Countries chosen")
    for typed, name in (("uk", "United Kingdom"), ("ital", "Italy"), ("reunion", "Réunion")):
        field.fill(typed)
        page.keyboard.press("Enter")
        expect(chosen).to_contain_text(name)
    field.fill("united")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No single country of that name")).to_be_visible()
    expect(chosen.get_by_role("listitem")).to_have_count(3)


def test_quiet_time_over_midnight_is_set_by_keys_alone(stack: Stack, browser_page: PageOf) -> None:
    """Mondays to Fridays from 20:00 to 08:00, and what is wrong is said with nothing lost."""
    meta = connect(stack, now=timezone.now())
    page = admin_page(browser_page, meta)
    quiet = page.locator("#quiet")
    keys = page.keyboard
    quiet.get_by_role("button", name="Add a quiet time").focus()
    keys.press("Enter")
    expect(quiet.get_by_role("checkbox", name="Mon")).to_be_focused()
    write_range(page, days=5, start="20:00", end="half past")
    keys.press("Enter")
    expect(quiet.get_by_text("To: Write a time from 00:00 to 24:00")).to_be_visible()
    expect(quiet.get_by_role("textbox", name="To")).to_have_value("half past")
    expect(quiet.get_by_role("checkbox", checked=True)).to_have_count(5)
    found = faults(page)
    quiet.get_by_role("textbox", name="To").focus()
    keys.press("Control+a")
    keys.type("8")
    expect(quiet.get_by_text("next day")).to_be_visible()
    quiet.get_by_label("Time zone").focus()
    keys.type("Europe/Rome")
    expect(quiet.get_by_label("Time zone")).to_have_value("Europe/Rome")
    quiet.get_by_role("textbox", name="From").focus()
    keys.press("Enter")
    expect(quiet.get_by_text(WORDS)).to_be_visible()
    expect(quiet.get_by_role("textbox", name="To")).to_have_value("08:00")
    expect(quiet.get_by_label("Time zone")).to_have_value("Europe/Rome")
    found += faults(page)

    # One that overlaps, and is as long as a day on each of them: nothing would ever leave.
    quiet.get_by_role("button", name="Add a quiet time").focus()
    keys.press("Enter")
    write_range(page, days=7, start="9", end="09:00")
    keys.press("Enter")
    expect(quiet.get_by_text("leave no minute of the week")).to_be_visible()
    expect(quiet.get_by_role("checkbox", checked=True)).to_have_count(12)
    expect(quiet.get_by_role("textbox", name="From").last).to_have_value("9")
    found += looked_at(page, "quiet")
    # Overlapping ones are one quiet time.
    for _ in range(2):
        last = quiet.get_by_role("checkbox", checked=True).last
        last.focus()
        keys.press("Space")
    keys.press("Enter")
    night = {"days": [0, 1, 2, 3, 4], "start": "20:00", "end": "08:00"}
    whole = {"days": [0, 1, 2, 3, 4], "start": "09:00", "end": "09:00"}

    def is_kept() -> bool:
        with company_scope(meta.world.company):
            kept = CompanySettings.objects.get()
        return (kept.quiet_times, kept.quiet_zone) == ([night, whole], "Europe/Rome")

    eventually(is_kept)
    expect(quiet.get_by_text(re.compile(r"ends on|It ends"))).to_be_visible()
    assert not found
