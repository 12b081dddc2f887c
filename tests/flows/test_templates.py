"""Templates from the first word to Meta's approval and to a phone, against the sandbox."""

from __future__ import annotations

import os
import re
import uuid
from pathlib import Path
from typing import Any

from django.utils import timezone
from playwright.sync_api import Page, expect

from ats.models import Role
from ats.tenancy import company_scope
from tests.factories.ats import CandidateFactory, UserFactory
from tests.factories.whatsapp import MessageTemplateFactory
from tests.flows.conftest import PageOf
from tests.flows.test_accessibility import faults
from tests.flows.test_template_library import known_to_meta
from tests.sandboxed import Sandboxed, connect
from tests.stack import Stack, eventually
from whatsapp.consent.record import record_consent
from whatsapp.message_templates.starters import starters
from whatsapp.meta import template_text
from whatsapp.models import MessageTemplate, TemplateTranslation
from whatsapp.sending.values import sources_of

FILES = Path(__file__).parents[2] / "sandbox" / "samples"
TEXT = (
    "Hello {{first_name}}, we would like to meet you for the job of {{job_title}} on "
    "{{interview_date}}. Don’t miss this chance! Our team will welcome you at {{interview_place}}."
)
SIZES = {"desk": (1440, 900), "phone": (390, 844)}


def picture(page: Page, name: str) -> None:
    """For people to look at, where `PICTURES` names a directory."""
    directory = os.environ.get("PICTURES")
    if not directory:
        return
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            path = f"{directory}/{name}-{size}-{scheme}.png"
            page.screenshot(path=path, full_page=True, caret="initial")
    page.set_viewport_size({"width": 1440, "height": 900})


def writer_page(browser_page: PageOf, meta: Sandboxed, **options: object) -> Page:
    """Of a WhatsApp admin; Meta decides at once what she submits."""
    meta.stack.control("templates/review", seconds=0)
    wanda = UserFactory(company=meta.world.company, role=Role.WHATSAPP_ADMIN)
    page = browser_page(wanda, **options)
    page.goto("/whatsapp/templates/")
    return page


def start_empty(page: Page) -> None:
    page.get_by_role("link", name="New template").click()
    page.get_by_role("button", name="Start writing").click()
    expect(page.get_by_label("Name", exact=True)).to_be_visible()


def saved(page: Page) -> None:
    """Once the server has answered to what was typed."""
    expect(page.locator("#t-state")).to_contain_text("Saved")


def approved(meta: Sandboxed, name: str, language: str = "en") -> MessageTemplate:
    def found() -> MessageTemplate | None:
        with company_scope(meta.world.company):
            rows = MessageTemplate.objects.filter(name=name, language=language)
            return rows.filter(status="APPROVED").first()

    template: MessageTemplate = eventually(found, seconds=20)
    return template


def expect_approved(page: Page, meta: Sandboxed, name: str, language: str = "en") -> None:
    approved(meta, name, language)
    expect(page.locator("#t-state")).to_contain_text("Approved")


def test_a_template_is_written_mended_and_approved(stack: Stack, browser_page: PageOf) -> None:
    meta = connect(stack, now=timezone.now())
    page = writer_page(browser_page, meta)
    start_empty(page)
    page.get_by_label("Name", exact=True).fill("Interview invitation")
    expect(page.locator("#hints-name")).to_contain_text("The name has “I”, a space.")
    page.get_by_label("Body").fill(TEXT)
    expect(page.locator("#hints-body")).to_contain_text("Ends with a field.")
    expect(page.locator("#hints-body")).to_contain_text("reads like advertising")
    expect(page.get_by_label("Sample for first_name")).to_be_visible()
    expect(page.get_by_text("Another language of this template")).to_be_hidden()
    picture(page, "faults")
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
    picture(page, "ready")
    found += faults(page)
    page.get_by_role("button", name="Submit to Meta").click()
    expect_approved(page, meta, "first_interview")
    picture(page, "approved")
    assert not found
    assert approved(meta, "first_interview").parameter_format == "NAMED"


def test_a_ready_text_in_arabic_reads_from_the_right_and_is_approved(
    stack: Stack, browser_page: PageOf
) -> None:
    meta = connect(stack, now=timezone.now())
    page = writer_page(browser_page, meta)
    page.get_by_role("link", name="New template").click()
    page.get_by_role("button", name="Arabic").click()
    page.get_by_label("Interview reminder", exact=True).check()
    page.get_by_label("English").uncheck()
    page.get_by_label("Arabic", exact=True).check()
    picture(page, "start-arabic")
    found = faults(page)
    page.get_by_role("button", name="Start writing").click()
    expect(page.get_by_text("Ready.")).to_be_visible()
    expect(page.get_by_label("Body")).to_have_css("direction", "rtl")
    bubble = page.get_by_label("The message as the candidate sees it")
    expect(bubble).to_have_css("direction", "rtl")
    expect(bubble).to_contain_text("أمينة")
    picture(page, "arabic")
    found += faults(page)
    page.get_by_role("button", name="Submit to Meta").click()
    expect_approved(page, meta, "interview_reminder", "ar")
    starter = next(one for one in starters() if one.name == "interview_reminder")
    deliver(page, meta, "arabic", approved(meta, "interview_reminder", "ar"))
    assert starter.texts["ar"].body.split("{{first_name}}")[0] + "أمينة" in last_seen(meta)
    assert not found


PLAIN = {"body": "Hello, this is about your application at our hotel.", "category": "UTILITY"}
NAMED = {
    "body": "Hello {{first_name}}, we look forward to meeting you soon.",
    "sample-first_name": "Amina",
    "field-first_name": "first_name",
}
KINDS: dict[str, dict[str, str]] = {
    "text": PLAIN
    | NAMED
    | {
        "header_format": "TEXT",
        "header_text": "Your interview",
        "footer": "Reply STOP to end",
        "buttons": "2",
        "button-0-type": "QUICK_REPLY",
        "button-0-text": "I will be there",
        "button-1-type": "URL",
        "button-1-text": "Your page",
        "button-1-url": "https://caravella.example/i/{{1}}",
        "button-1-example": "4711",
    },
    "photo": PLAIN | {"header_format": "IMAGE"},
    "video": PLAIN | {"header_format": "VIDEO"},
    "document": PLAIN | {"header_format": "DOCUMENT"},
    "map": PLAIN | {"header_format": "LOCATION"},
    "code": {"category": "AUTHENTICATION", "code_warns": "on", "code_minutes": "10"},
    "call": PLAIN | {"asks_to_call": "on"},
    "marketing": PLAIN
    | {
        "category": "MARKETING",
        "body": "A stay at our hotel costs less for you this month.",
        "buttons": "2",
        "button-0-type": "COPY_CODE",
        "button-0-example": "25OFF",
        "button-1-type": "URL",
        "button-1-text": "Book",
        "button-1-url": "https://caravella.example/book/{{1}}",
        "button-1-example": "4711",
    },
}
PLACE = {
    "latitude": "45.4642",
    "longitude": "9.1900",
    "name": "Caravella Milano",
    "address": "Via Roma 12",
}
# Of a one-time code Meta writes the text.
WORDS = {"code": "is your verification code"}
SAMPLE_FILES = {
    "photo": ("photo.jpg", "image/jpeg"),
    "video": ("video.mp4", "video/mp4"),
    "document": ("cv.pdf", "application/pdf"),
}


def banner(page: str) -> str:
    """What a page says is wrong."""
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.find("<main") :]).split())[:1500]


class Form:
    """The editor's forms without drawing them: what a browser adds nothing to."""

    def __init__(self, page: Page) -> None:
        self.request = page.context.request
        [cookie] = [one for one in page.context.cookies() if one["name"] == "csrftoken"]
        self.headers = {"X-CSRFToken": cookie["value"]}

    def post(self, path: str, form: dict[str, str]) -> Any:
        answer = self.request.post(path, form=form, headers=self.headers)
        assert answer.ok, f"{path}: {answer.status} {banner(answer.text())}"
        return answer

    def upload(self, path: str, form: dict[str, str], file: tuple[str, str]) -> Any:
        name, mime = file
        content = {"name": name, "mimeType": mime, "buffer": (FILES / name).read_bytes()}
        answer = self.request.post(path, multipart={**form, "file": content}, headers=self.headers)
        assert answer.ok, banner(answer.text())
        return answer


def submit_kind(form: Form, kind: str) -> None:
    """A template `kind_<kind>` by the editor's addresses."""
    answer = form.post("/whatsapp/templates/new/", {"start": "empty", "languages": "en"})
    address = re.sub(r"^https?://[^/]+", "", answer.url)
    given = {"name": f"kind_{kind}", "page": str(uuid.uuid4()), "version": "1", **KINDS[kind]}
    # Meta refuses a second one of the same words.
    given["body"] = f"{given.get('body', '')} Ours is a template with a {kind}."
    form.post(f"{address}save/", given)
    if kind in SAMPLE_FILES:
        form.upload(f"{address}file/", given, SAMPLE_FILES[kind])
    form.post(f"{address}submit/", {})


def values_of(template: MessageTemplate) -> dict[str, str]:
    """Its samples, as a person would type them; the end of an address is a number here."""
    found = template_text.variables(template.components, template.parameter_format)
    return {one.key: PLACE.get(one.name) or one.example or "4711" for one in found}


def deliver(page: Page, meta: Sandboxed, kind: str, template: MessageTemplate) -> None:
    """From the conversation to Amina's phone."""
    count = len(meta.arrived())
    values = values_of(template)
    form = {"template": str(template.pk), "client_id": str(uuid.uuid4())}
    form |= {f"value-{key}": value for key, value in values.items()}
    address = f"/whatsapp/inbox/{meta.world.conversation.pk}/send/template/"
    answer = page.context.request.post(address, form=form, headers=Form(page).headers)
    assert answer.ok, f"{kind}: {answer.status} {banner(answer.text())} {values}"
    eventually(lambda: len(meta.arrived()) > count, seconds=20)


def last_seen(meta: Sandboxed) -> str:
    """All of the newest message on Amina's phone."""
    return str(meta.arrived()[-1])


def test_each_kind_of_template_is_submitted_approved_and_delivered(
    stack: Stack, browser_page: PageOf
) -> None:
    meta = connect(stack, now=timezone.now())
    with company_scope(meta.world.company):
        record_consent(
            candidate=meta.world.amina,
            purpose="marketing",
            basis="consent",
            source="test",
            wording="Yes",
            by=None,
            now=timezone.now(),
        )
    page = writer_page(browser_page, meta)
    form = Form(page)
    for kind in KINDS:
        submit_kind(form, kind)
    for kind in KINDS:
        template = approved(meta, f"kind_{kind}")
        assert template.category == KINDS[kind]["category"], kind
        deliver(page, meta, kind, template)
        assert WORDS.get(kind, f"with a {kind}") in last_seen(meta), kind


def test_bad_input_is_said_plainly_and_nothing_of_it_is_lost(
    stack: Stack, browser_page: PageOf, tmp_path: Path
) -> None:
    meta = connect(stack, now=timezone.now())
    page = writer_page(browser_page, meta)
    start_empty(page)
    name, body, hints = (
        page.get_by_label("Name", exact=True),
        page.get_by_label("Body"),
        page.locator("#hints-body"),
    )
    name.fill("interview_🎉")
    expect(page.locator("#hints-name")).to_contain_text("The name has “🎉”.")
    long = ("Hello, this is about your interview. " * 30)[:1024] + "."
    body.fill(long)
    expect(hints).to_contain_text("The text has 1,025 characters. Meta takes at most 1,024.")
    body.fill("Hello, thank you for your time, {{first_name}}")
    expect(hints).to_contain_text("Ends with a field.")
    html = "Hello <b>Amina</b>, please <script>alert(1)</script> come early."
    body.fill(html)
    expect(hints).to_contain_text("HTML does not work in WhatsApp.")
    expect(page.get_by_label("The message as the candidate sees it")).to_contain_text("<b>Amina")
    page.get_by_label("Photo", exact=True).check()
    photo = (FILES / "photo.jpg").read_bytes()
    large = photo + b"\0" * (20 * 1024 * 1024 - len(photo))
    (tmp_path / "large.jpg").write_bytes(large)
    page.locator("[data-file]").set_input_files(tmp_path / "large.jpg")
    expect(page.locator("#t-file-problem")).to_contain_text("WhatsApp takes 5 MB.")
    picture(page, "bad")
    found = faults(page)
    page.locator("[data-file]").set_input_files(FILES / "photo.jpg")
    drawn = page.get_by_role("img", name="The photo of the header")
    expect(drawn).to_be_visible()
    assert eventually(lambda: drawn.evaluate("image => image.naturalWidth") > 0, seconds=20)
    picture(page, "photo")
    found += faults(page)
    # It says that it is disabled, and leads to the first fault.
    page.get_by_role("button", name="Submit to Meta").click(force=True)
    expect(name).to_be_focused()
    page.reload()
    expect(name).to_have_value("interview_🎉")
    expect(body).to_have_value(html)
    expect(page.get_by_label("Photo", exact=True)).to_be_checked()
    assert not found
    with company_scope(meta.world.company):
        assert not MessageTemplate.objects.filter(name__contains="🎉").exists()


def test_of_two_windows_the_second_is_told_and_keeps_what_it_has(
    stack: Stack, browser_page: PageOf
) -> None:
    meta = connect(stack, now=timezone.now())
    page = writer_page(browser_page, meta)
    start_empty(page)
    other = page.context.new_page()
    other.goto(page.url)
    page.get_by_label("Body").fill("Hello from the first window, dear candidate.")
    page.get_by_label("Body").blur()
    expect(page.get_by_label("The message as the candidate sees it")).to_contain_text("first")
    other.get_by_label("Body").fill("Hello from the second window, dear candidate.")
    expect(other.locator("#t-overtaken")).to_contain_text("changed this template at")
    expect(other.get_by_label("Body")).to_have_value(
        "Hello from the second window, dear candidate."
    )
    picture(other, "overtaken")
    other.get_by_role("link", name="load the newest").click()
    expect(other.get_by_label("Body")).to_have_value("Hello from the first window, dear candidate.")


def test_what_is_inserted_can_be_undone_and_fields_are_found_by_typing(
    stack: Stack, browser_page: PageOf
) -> None:
    meta = connect(stack, now=timezone.now())
    page = writer_page(browser_page, meta)
    start_empty(page)
    body = page.get_by_label("Body")
    body.click()
    body.press_sequentially("Hello ")
    page.get_by_role("button", name="Field", exact=True).click()
    search = page.get_by_label("Search a field")
    expect(search).to_be_focused()
    picture(page, "field-menu")
    found = faults(page)
    search.press_sequentially("place of")
    expect(page.get_by_role("button", name="First name")).to_be_hidden()
    search.press("ArrowDown")
    expect(page.get_by_role("button", name="Place of the job")).to_be_focused()
    page.keyboard.press("Enter")
    expect(body).to_have_value("Hello {{job_location}}")
    page.keyboard.press("Control+z")
    expect(body).to_have_value("Hello ")
    body.select_text()
    page.get_by_role("button", name="Bold").click()
    expect(body).to_have_value("*Hello* ")
    page.keyboard.press("Control+z")
    expect(body).to_have_value("Hello ")
    page.get_by_label("Text", exact=True).check()
    page.get_by_label("Text of the header").click()
    page.get_by_role("button", name="Bold").click(force=True)
    expect(page.get_by_text("A header takes no formatting.")).to_be_visible()
    expect(page.get_by_label("Body")).to_have_value("Hello ")
    assert not found


def test_what_was_typed_last_is_kept_by_whoever_leaves_at_once(
    stack: Stack, browser_page: PageOf
) -> None:
    meta = connect(stack, now=timezone.now())
    page = writer_page(browser_page, meta)
    start_empty(page)
    # Once the page listens.
    page.wait_for_load_state("load")
    address, asked = page.url, []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    words = "Hello, these are words of the last moment before leaving."
    page.evaluate(
        """words => {
            const body = document.getElementById("t-body");
            body.value = words;
            body.dispatchEvent(new Event("input", { bubbles: true }));
            location.href = "/whatsapp/templates/";
        }""",
        words,
    )
    page.wait_for_url("**/whatsapp/templates/")
    translation = int(address.rstrip("/").rpartition("/")[2])

    def kept() -> bool:
        with company_scope(meta.world.company):
            row = TemplateTranslation.objects.get(pk=translation)
        return (row.written or {}).get("body") == words

    assert eventually(kept, seconds=20)
    page.goto(address)
    expect(page.get_by_label("Body")).to_have_value(words)
    # Loaded again in the middle of a word: the page catches up with what it sent.
    page.evaluate(
        """words => {
            const body = document.getElementById("t-body");
            body.value = `${words} And more.`;
            body.dispatchEvent(new Event("input", { bubbles: true }));
            location.reload();
        }""",
        words,
    )
    expect(page.get_by_label("Body")).to_have_value(f"{words} And more.", timeout=20_000)
    assert asked == []


def test_what_meta_decides_while_somebody_types_is_shown_around_the_form(
    stack: Stack, browser_page: PageOf
) -> None:
    meta = connect(stack, now=timezone.now())
    page = writer_page(browser_page, meta)
    template, template_id = approved(meta, "interview_invitation"), known_to_meta(meta)
    page.goto(f"/whatsapp/templates/at-meta/{template.pk}/")
    words = "Hello {{1}}, when would a conversation with us suit you best?"
    page.get_by_label("Body").fill(words)
    expect(page.get_by_text("nobody can be sent this template")).to_be_visible()
    stack.control("templates/pause", template_id=template_id)
    expect(page.locator("#t-banners")).to_contain_text("Then it goes on by itself.")
    expect(page.locator("#t-state")).to_contain_text("Paused")
    expect(page.get_by_role("button", name="Let it go on")).to_have_count(0)
    expect(page.get_by_label("Body")).to_have_value(words)
    picture(page, "paused")
    found = faults(page)
    # Nobody told until when: Meta is asked, and says why not.
    with company_scope(meta.world.company):
        MessageTemplate.objects.filter(pk=template.pk).update(paused_until=None)
    page.reload()
    address = page.url
    page.get_by_role("button", name="Let it go on").click()
    alert = page.locator("#t-banners")
    expect(alert).to_contain_text(
        "It stays paused. Meta did not take it: The template was not paused by template pacing."
    )
    assert page.url == address
    picture(page, "stays-paused")
    page.reload()
    expect(page.locator("#t-banners")).not_to_contain_text("It stays paused.")
    stack.control("templates/disable", template_id=template_id)
    expect(page.locator("#t-banners")).to_contain_text("neither changed nor deleted")
    page.reload()
    expect(page.get_by_label("Body")).to_be_disabled()
    picture(page, "disabled")
    found += faults(page)
    assert not found


def test_what_fills_a_field_is_changed_without_a_review(stack: Stack, browser_page: PageOf) -> None:
    meta = connect(stack, now=timezone.now())
    page = writer_page(browser_page, meta)
    start_empty(page)
    page.get_by_label("Name", exact=True).fill("see_you_soon")
    page.get_by_label("Body").fill("Hello {{first_name}}, we look forward to meeting you soon.")
    page.get_by_label("Sample for first_name").fill("Amina")
    expect(page.get_by_text("Ready.")).to_be_visible()
    page.get_by_role("button", name="Submit to Meta").click()
    expect_approved(page, meta, "see_you_soon")
    page.get_by_label("first_name comes from").select_option("Full name")
    expect(page.get_by_text("Changes not used yet")).to_be_visible()
    picture(page, "ours")
    found = faults(page)
    page.get_by_role("button", name="Use from now on").click()
    expect(page.get_by_text("This is used from now on.")).to_be_visible()
    expect(page.get_by_label("first_name comes from")).to_have_value("name")
    template = approved(meta, "see_you_soon")
    with company_scope(meta.world.company):
        assert sources_of(template) == {"body.first_name": {"field": "name"}}
    assert not found


def test_going_back_in_the_browser_brings_no_older_text_back(
    stack: Stack, browser_page: PageOf
) -> None:
    meta = connect(stack, now=timezone.now())
    page = writer_page(browser_page, meta)
    start_empty(page)
    address, body = page.url, page.get_by_label("Body")
    first = "Hello, this is the text of the first window."
    body.fill(first)
    phone = page.get_by_label("The message as the candidate sees it")
    expect(phone).to_contain_text(first)
    page.get_by_role("link", name="Templates").first.click()
    page.wait_for_url("**/whatsapp/templates/")
    other = page.context.new_page()
    other.goto(address)
    newer = "Hello, this is the newer text of the second window."
    other.get_by_label("Body").fill(newer)
    expect(other.get_by_label("The message as the candidate sees it")).to_contain_text(newer)
    page.go_back()
    expect(body).to_have_value(newer)
    page.get_by_label("Footer").fill("Reply STOP to end")
    expect(phone).to_contain_text("Reply STOP to end")
    other.reload()
    expect(other.get_by_label("Body")).to_have_value(newer)
    expect(other.get_by_label("Footer")).to_have_value("Reply STOP to end")


def test_what_was_dropped_does_not_come_back_by_going_back(
    stack: Stack, browser_page: PageOf
) -> None:
    meta = connect(stack, now=timezone.now())
    page = writer_page(browser_page, meta)
    template = approved(meta, "interview_invitation")
    page.goto(f"/whatsapp/templates/at-meta/{template.pk}/")
    body = page.get_by_label("Body")
    before = body.input_value()
    body.fill(f"{before} And these words are dropped.")
    page.get_by_role("button", name="Drop my changes").click()
    expect(page.get_by_text("Your changes are dropped")).to_be_visible()
    page.go_back()
    expect(body).to_have_value(before)
    page.go_back()
    page.go_forward()
    expect(body).to_have_value(before)


def test_keys_pressed_while_the_form_is_drawn_anew_stay_where_they_were_pressed(
    stack: Stack, browser_page: PageOf
) -> None:
    meta = connect(stack, now=timezone.now())
    page = writer_page(browser_page, meta)
    start_empty(page)
    body = page.get_by_label("Body")
    page.get_by_label("Text", exact=True).check(no_wait_after=True)
    body.click()
    words = "Hello, these words are typed while the form is drawn anew, letter by letter."
    body.press_sequentially(words, delay=5)
    expect(page.get_by_label("Text of the header")).to_be_visible()
    expect(body).to_have_value(words)
    expect(body).to_be_focused()
    phone = page.get_by_label("The message as the candidate sees it")
    expect(phone).to_contain_text(words)
    page.get_by_label("None", exact=True).check()
    expect(page.get_by_label("Text of the header")).to_be_hidden()
    page.get_by_label("None", exact=True).focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(phone).to_contain_text("Video")
    expect(page.get_by_label("Video", exact=True)).to_be_checked()
    expect(page.get_by_label("Video", exact=True)).to_be_focused()
    page.reload()
    expect(page.get_by_label("Video", exact=True)).to_be_checked()
    expect(body).to_have_value(words)


def test_a_text_without_a_space_keeps_within_its_window(stack: Stack, browser_page: PageOf) -> None:
    meta = connect(stack, now=timezone.now())
    page = writer_page(browser_page, meta)
    start_empty(page)
    body, phone = page.get_by_label("Body"), page.locator("#t-phone")
    for words in ("x" * 1025, f"{'x' * 300} {'long words ' * 1500}there"):
        body.fill(words)
        expect(page.locator("#hints-body")).to_contain_text(f"has {len(words):,} characters.")
        expect(phone).to_contain_text("x" * 100)
        for width, height in SIZES.values():
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert body.evaluate("box => box.clientHeight") <= height
            assert phone.evaluate("box => box.clientHeight") <= height
        picture(page, f"unbroken-{len(words)}")


def test_formatting_stands_beside_the_words_of_each_line_and_goes_when_pressed_again(
    stack: Stack, browser_page: PageOf
) -> None:
    meta = connect(stack, now=timezone.now())
    page = writer_page(browser_page, meta)
    start_empty(page)
    body, bold = page.get_by_label("Body"), page.get_by_role("button", name="Bold")
    lines = "First line \n\n  for {{first_name}}"
    body.fill(lines)
    body.select_text()
    bold.click()
    expect(body).to_have_value("*First line* \n\n  *for {{first_name}}*")
    page.keyboard.press("Control+i")
    expect(body).to_have_value("_*First line*_ \n\n  _*for {{first_name}}*_")
    page.keyboard.press("Control+b")
    expect(body).to_have_value("_First line_ \n\n  _for {{first_name}}_")
    page.keyboard.press("Control+i")
    expect(body).to_have_value(lines)
    page.keyboard.press("Control+z")
    expect(body).to_have_value("_First line_ \n\n  _for {{first_name}}_")
    # The word alone, between its signs.
    body.fill("Hello *Amina* there")
    body.evaluate("box => box.setSelectionRange(7, 12)")
    bold.click()
    expect(body).to_have_value("Hello Amina there")
    # Nothing selected: between the signs that appear, and away with them again.
    body.fill("Hello ")
    page.keyboard.press("Control+b")
    expect(body).to_have_value("Hello **")
    page.keyboard.press("Control+b")
    expect(body).to_have_value("Hello ")
    page.keyboard.press("Control+b")
    page.keyboard.type("there")
    expect(body).to_have_value("Hello *there*")


def test_menus_open_at_their_buttons_and_leave_what_stands_at_the_end_in_sight(
    stack: Stack, browser_page: PageOf
) -> None:
    meta = connect(stack, now=timezone.now())
    page = writer_page(browser_page, meta)
    start_empty(page)
    page.get_by_label("Body").fill("x" * 1024)
    expect(page.locator("[data-count-of=t-body]")).to_have_text("1,024 of 1,024")
    button = page.get_by_role("button", name="Language")
    button.press("Enter")
    choice = page.get_by_label("Another language of this template")
    expect(choice).to_be_focused()
    expect(choice).to_have_value("")
    menu, opener = page.locator("#t-languages").bounding_box(), button.bounding_box()
    assert menu and opener
    assert 0 <= menu["y"] - opener["y"] - opener["height"] < 10
    assert abs(menu["x"] - opener["x"]) < 10
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Field", exact=True).click()
    fields, bar = page.locator("#t-menu").bounding_box(), page.locator("#t-bar").bounding_box()
    assert fields and bar and fields["y"] + fields["height"] <= bar["y"]


def test_on_a_profile_without_messages_the_whole_picker_is_in_the_window(
    stack: Stack, browser_page: PageOf
) -> None:
    meta = connect(stack, now=timezone.now())
    with company_scope(meta.world.company):
        luca = CandidateFactory(
            company=meta.world.company, first_name="Luca", mobile="+393205550142"
        )
        known = MessageTemplate.objects.first()
        assert known
        MessageTemplateFactory(
            company=meta.world.company,
            waba=known.waba,
            name="interview_reminder_2",
            status="PAUSED",
        )
    page = browser_page(meta.world.alice)
    page.goto(f"/whatsapp/candidates/{luca.pk}/")
    expect(page.get_by_text("No message yet")).to_be_visible()
    expect(page.get_by_role("option", name="interview_reminder_2")).to_contain_text("Paused")
    send = page.get_by_role("button", name="Send template").bounding_box()
    assert send and send["y"] + send["height"] <= 900
    name = page.get_by_text("interview_reminder_2", exact=True)
    assert name.evaluate("box => box.getClientRects().length") == 1
    picture(page, "profile-picker")
    page.get_by_role("option", name="interview_invitation").click()
    expect(page.locator(".picker-look")).to_be_visible()
    picture(page, "profile-picker-chosen")


def test_what_is_typed_before_the_page_listens_is_kept(stack: Stack, browser_page: PageOf) -> None:
    meta = connect(stack, now=timezone.now())
    page = writer_page(browser_page, meta)
    start_empty(page)
    script = "**/whatsapp-template-editor*.js"
    page.route(script, lambda route: route.fulfill(content_type="text/javascript", body=""))
    page.reload()
    address = page.locator("script[src*='whatsapp-template-editor']").get_attribute("src")
    page.get_by_label("Body").fill(
        "Hello {{first_name}}, typed on a slow line before it was there."
    )
    page.unroute(script)
    page.add_script_tag(url=f"{address}?late", type="module")
    expect(page.get_by_label("Sample for first_name")).to_be_visible()
