"""What is typed in the editor stays, whatever is pressed, drawn anew or saved elsewhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ats.models import Role, User
from ats.tenancy import company_scope
from tests.factories.ats import CandidateFieldFactory, CompanyFactory, UserFactory
from tests.factories.templates import TemplateTranslationFactory
from tests.factories.whatsapp import NOW, MessageTemplateFactory, World
from whatsapp.connection.template_life import put, state_of, tell
from whatsapp.message_templates.drafts import current
from whatsapp.models import MessageTemplate, TemplateTranslation

SAMPLES = Path(__file__).parents[3] / "sandbox" / "samples"

FORM = {
    "page": "this",
    "name": "interview_invitation",
    "category": "UTILITY",
    "header_format": "TEXT",
    "header_text": "Your interview",
    "body": "Hello {{first_name}}, we would like to meet you soon.",
    "footer": "Reply STOP to end",
    "sample-first_name": "Amina",
    "field-first_name": "first_name",
    "fallback-first_name": "there",
    "buttons": "1",
    "button-0-type": "QUICK_REPLY",
    "button-0-text": "I will be there",
}


@pytest.fixture
def wanda(world: World, client: Client) -> User:
    user: User = UserFactory(company=world.company, role=Role.WHATSAPP_ADMIN)
    client.force_login(user)
    return user


@pytest.fixture
def draft(world: World) -> TemplateTranslation:
    row: TemplateTranslation = TemplateTranslationFactory(
        company=world.company, family__waba=world.sender.waba
    )
    return row


def save(client: Client, draft: TemplateTranslation, **form: str) -> Any:
    address = reverse("whatsapp:template_save", args=[draft.pk])
    with company_scope(draft.company):
        draft.refresh_from_db()
    form = {"version": str(draft.version), **form}
    return client.post(address, form, headers={"HX-Request": "true"})


def test_a_look_at_another_category_loses_nothing(
    client: Client, wanda: User, draft: TemplateTranslation
) -> None:
    save(client, draft, **FORM)
    code = {"page": "this", "name": FORM["name"], "category": "AUTHENTICATION"}
    drawn = save(client, draft, **FORM, redraw="1").content.decode()
    assert 'name="code_warns"' not in drawn
    save(client, draft, **{**FORM, "category": "AUTHENTICATION"}, redraw="1")
    save(client, draft, **code, code_button="", code_minutes="5", code_warns="on", redraw="1")
    save(client, draft, **{**code, "category": "UTILITY"}, code_button="", code_minutes="5")
    with company_scope(draft.company):
        draft.refresh_from_db()
        written = current(draft)
        sources = draft.draft_sources
    assert (written.body, written.footer) == (FORM["body"], FORM["footer"])
    assert [one.text for one in written.buttons] == ["I will be there"]
    assert written.samples["first_name"] == "Amina"
    assert sources["first_name"] == {"field": "first_name", "fallback": "there"}
    assert written.code.minutes == 5


@pytest.mark.parametrize("sign", ["²", "０", "1" * 5000])
def test_what_only_looks_like_a_number_is_a_field_with_a_wrong_name(
    client: Client, wanda: User, draft: TemplateTranslation, sign: str
) -> None:
    save(client, draft, **FORM)
    at_meta(draft, "APPROVED")
    answer = save(client, draft, **{**FORM, "body": f"Hello {{{{{sign}}}}}, we meet you soon."})
    assert answer.status_code == 200
    page = client.get(reverse("whatsapp:template_editor", args=[draft.pk]))
    assert f"{{{{{sign}}}}}" in page.content.decode()


def test_each_language_has_its_own_fields(
    client: Client, wanda: User, draft: TemplateTranslation
) -> None:
    save(client, draft, **FORM)
    italian = TemplateTranslationFactory(company=draft.company, family=draft.family, language="it")
    other = {"body": "Ciao {{nome}}, ci vediamo presto in albergo.", "field-nome": "first_name"}
    save(client, italian, **{**FORM, **other, "name_was": FORM["name"]})
    with company_scope(draft.company):
        draft.refresh_from_db()
        italian.refresh_from_db()
    assert "nome" not in draft.draft_sources
    assert "first_name" not in italian.draft_sources


def test_what_two_languages_share_is_overwritten_by_nobody_who_did_not_change_it(
    client: Client, wanda: User, draft: TemplateTranslation
) -> None:
    drawn = {**FORM, "name_was": FORM["name"], "category_was": "UTILITY"}
    save(client, draft, **FORM)
    italian = TemplateTranslationFactory(company=draft.company, family=draft.family, language="it")
    renamed = {**drawn, "page": "other", "name": "new_name", "category": "MARKETING"}
    save(client, italian, **renamed)
    # The first window still shows the old name, and somebody types in it.
    answer = save(client, draft, **{**drawn, "body": "Another text, with a word or two."})
    with company_scope(draft.company):
        draft.family.refresh_from_db()
        assert (draft.family.name, draft.family.category) == ("new_name", "MARKETING")
        draft.refresh_from_db()
        assert current(draft).body == "Another text, with a word or two."
    assert "in another window" not in answer.content.decode()
    # Another new name there is no accident: people are asked.
    answer = save(client, draft, **{**drawn, "name": "third_name"})
    assert "in another window" in answer.content.decode()
    with company_scope(draft.company):
        draft.family.refresh_from_db()
        assert draft.family.name == "new_name"


def test_what_was_typed_earlier_and_comes_in_later_is_left(
    client: Client, wanda: User, draft: TemplateTranslation
) -> None:
    save(client, draft, **FORM, turn="2")
    save(client, draft, **{**FORM, "body": "Typed a moment before."}, turn="1")
    with company_scope(draft.company):
        draft.refresh_from_db()
        assert current(draft).body == FORM["body"]


def test_a_form_that_is_drawn_anew_brings_preview_and_verdict_along(
    client: Client, wanda: User, draft: TemplateTranslation
) -> None:
    save(client, draft, **FORM)
    drawn = save(client, draft, **FORM, redraw="1", act="add:URL").content.decode()
    for part in ("t-form", "t-phone", "t-why", "t-acts", "t-tabs"):
        assert f'id="{part}"' in drawn
    assert "No address yet." in drawn


def test_what_was_typed_in_an_older_window_is_there_after_pressing_submit(
    client: Client, wanda: User, draft: TemplateTranslation
) -> None:
    save(client, draft, **FORM)
    mine = {**FORM, "page": "older", "version": "1", "body": "Mine, typed in the older window."}
    answer = client.post(reverse("whatsapp:template_submit", args=[draft.pk]), mine)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Mine, typed in the older window." in page and "in another window" in page
    htmx = client.post(
        reverse("whatsapp:template_save", args=[draft.pk]),
        {**mine, "redraw": "1"},
        headers={"HX-Request": "true"},
    )
    assert htmx["HX-Reswap"] == "none"
    with company_scope(draft.company):
        draft.refresh_from_db()
        assert current(draft).body == FORM["body"]


def test_a_name_that_another_template_has_is_never_taken_for_it(
    client: Client, wanda: User, world: World, draft: TemplateTranslation
) -> None:
    MessageTemplateFactory(company=world.company, waba=world.sender.waba, name="taken_name")
    with company_scope(world.company):
        TemplateTranslation.objects.update(submitted_at=draft.saved_at)
    page = save(client, draft, **{**FORM, "name": "taken_name"}).content.decode()
    assert "There is another template of that name." in page


def test_what_cannot_be_written_here_is_not_opened_for_it(
    client: Client, wanda: User, world: World
) -> None:
    buttons = [{"type": "FLOW", "text": "Fill in", "flow_id": "1"}]
    template = MessageTemplateFactory(
        company=world.company,
        waba=world.sender.waba,
        name="with_form",
        components=[{"type": "BODY", "text": "Hello."}, {"type": "BUTTONS", "buttons": buttons}],
    )
    answer = client.get(reverse("whatsapp:template_open", args=[template.pk]), follow=True)
    assert "would be lost by editing it here" in answer.content.decode()


def test_the_browser_keeps_no_older_form(
    client: Client, wanda: User, draft: TemplateTranslation
) -> None:
    """Back would show it, and its first saving would take the place of what was typed since."""
    page = client.get(reverse("whatsapp:template_editor", args=[draft.pk]))
    assert "no-store" in page["Cache-Control"]
    # A choice that draws the form anew finds its way back to where it was made.
    drawn = page.content.decode()
    assert 'id="t-head-image"' in drawn and 'id="t-category-marketing"' in drawn


def at_meta(draft: TemplateTranslation, status: str, **given: Any) -> TemplateTranslation:
    """What Meta has of the draft, in a state."""
    with company_scope(draft.company):
        draft.refresh_from_db()
        MessageTemplateFactory(
            company=draft.company,
            waba=draft.family.waba,
            name=draft.family.name,
            language=draft.language,
            status=status,
            components=[{"type": "BODY", "text": "Hello, this is about your application."}],
            **given,
        )
        draft.submitted_at = draft.saved_at
        draft.written = None
        draft.save(update_fields=["submitted_at", "written"])
    return draft


def editor(client: Client, draft: TemplateTranslation) -> str:
    page = client.get(reverse("whatsapp:template_editor", args=[draft.pk])).content.decode()
    return " ".join(page.split())


def test_another_kind_of_button_gives_back_what_the_first_had(
    client: Client, wanda: User, draft: TemplateTranslation
) -> None:
    page = {"button-0-url": "https://caravella.example/{{1}}", "button-0-example": "4711"}
    save(client, draft, **{**FORM, **page, "button-0-type": "URL"})
    drawn = save(client, draft, **{**FORM, **page, "button-0-type": "QUICK_REPLY"}, redraw="1")
    hidden = '<input type="hidden" name="button-0-url" value="https://caravella.example/{{1}}">'
    assert hidden in drawn.content.decode()
    with company_scope(draft.company):
        draft.refresh_from_db()
        [button] = current(draft).buttons
    assert (button.type, button.url, button.example) == ("QUICK_REPLY", *page.values())


def test_of_eleven_buttons_the_last_is_the_one_too_many(
    client: Client, wanda: User, draft: TemplateTranslation
) -> None:
    rows = {f"button-{n}-type": "QUICK_REPLY" for n in range(11)}
    rows |= {f"button-{n}-text": f"Slot {n}" for n in range(11)}
    drawn = save(client, draft, **{**FORM, **rows, "buttons": "11"}, redraw="1").content.decode()
    place = drawn.split('id="hints-button-10"')[1].split("</div>")[0]
    assert "Too many buttons." in place
    assert "10 buttons are the most that Meta takes." in drawn
    assert 'popovertarget="t-button-kinds"' not in drawn


@pytest.mark.parametrize("status", ["PENDING", "IN_APPEAL"])
def test_what_meta_reviews_can_be_written_and_says_when_it_can_be_submitted(
    client: Client, wanda: User, draft: TemplateTranslation, status: str
) -> None:
    save(client, draft, **FORM)
    page = editor(client, at_meta(draft, status))
    assert "You can write here meanwhile, and submit once Meta has decided." in page
    assert '<fieldset class="editor-form">' in page


def test_what_meta_has_disabled_is_shown_and_neither_written_nor_deleted(
    client: Client, wanda: User, draft: TemplateTranslation
) -> None:
    save(client, draft, **FORM)
    page = editor(client, at_meta(draft, "DISABLED"))
    assert "it can be neither changed nor deleted" in page
    assert '<fieldset class="editor-form" disabled>' in page
    delete = reverse("whatsapp:template_delete", args=[draft.pk])
    assert delete not in page and "data-submit" not in page
    assert client.get(delete).status_code == 302


def test_a_pause_with_an_end_is_not_to_be_let_go_on(
    client: Client, wanda: User, draft: TemplateTranslation
) -> None:
    save(client, draft, **FORM)
    timed = at_meta(draft, "PAUSED", paused_until=timezone.now() + timedelta(hours=3))
    page = editor(client, timed)
    assert "Then it goes on by itself." in page and "Let it go on" not in page
    with company_scope(draft.company):
        MessageTemplate.objects.update(paused_until=None)
    assert "Let it go on" in editor(client, timed)


def test_before_a_change_is_submitted_it_says_that_nobody_can_be_sent_it_meanwhile(
    client: Client, wanda: User, draft: TemplateTranslation
) -> None:
    save(client, draft, **FORM)
    approved = at_meta(draft, "APPROVED")
    words = "Until Meta has approved the change, nobody can be sent this template."
    assert words not in editor(client, approved)
    save(client, approved, **{**FORM, "body": "Hello, this is news of your application."})
    assert words in editor(client, approved)


def test_a_text_that_others_have_saved_can_be_read_beside_ones_own(
    client: Client, wanda: User, draft: TemplateTranslation
) -> None:
    save(client, draft, **FORM)
    mine = {**FORM, "page": "older", "version": "1", "body": "Mine, typed in the older window."}
    answer = client.post(reverse("whatsapp:template_submit", args=[draft.pk]), mine)
    page = answer.content.decode()
    link = f'<a href="{reverse("whatsapp:template_editor", args=[draft.pk])}" target="_blank"'
    assert link in page and "See theirs in a new tab" in page


def test_a_copy_for_another_language_asks_to_be_translated_and_nothing_is_red(
    client: Client, wanda: User, draft: TemplateTranslation
) -> None:
    save(client, draft, **FORM)
    approved = at_meta(draft, "APPROVED")
    client.post(reverse("whatsapp:template_language", args=[approved.pk]), {"language": "it"})
    with company_scope(draft.company):
        italian = TemplateTranslation.objects.get(family=draft.family, language="it")
    page = editor(client, italian)
    assert "This is still the English text." in page
    assert "Another template says the same." not in page


def test_a_new_template_can_start_from_the_one_that_is_open(
    client: Client, wanda: User, draft: TemplateTranslation
) -> None:
    save(client, draft, **FORM)
    at_meta(draft, "DISABLED")
    with company_scope(draft.company):
        template = MessageTemplate.objects.get(name=FORM["name"])
    page = client.get(reverse("whatsapp:template_new"), {"template": str(template.pk)})
    drawn = page.content.decode()
    assert f'<option value="{template.pk}" selected>' in drawn
    assert 'id="start-copy" value="copy" checked' in drawn


def test_a_field_of_the_companys_own_is_written_by_a_name_that_meta_takes(
    client: Client, wanda: User, draft: TemplateTranslation
) -> None:
    with company_scope(draft.company):
        CandidateFieldFactory(company=draft.company, key="Work-permit", label="Work permit")
    assert 'data-insert="work_permit">Work permit</button>' in editor(client, draft)
    body = "Hello, we need your {{work_permit}} before you start with us."
    drawn = save(client, draft, **{**FORM, "body": body}).content.decode()
    assert '<option value="field:Work-permit" selected>' in drawn


def test_a_field_with_spaces_or_without_a_name_is_said_plainly(
    client: Client, wanda: User, draft: TemplateTranslation
) -> None:
    body = "Hello {{ First name }}, we need {{}} from you before your first day with us."
    drawn = save(client, draft, **{**FORM, "body": body}).content.decode()
    assert "Write {{first_name}}, or insert one" in drawn
    assert "A field without a name." in drawn
    assert 'id="hints-sample- ' not in drawn
    numbered = "Hello {{1}}, we would like to meet you soon at our hotel."
    drawn = save(client, draft, **{**FORM, "body": numbered}).content.decode()
    assert "Sample for Field 1 of the text" in drawn
    assert "No sample for field 1 of the text." in drawn


def test_a_page_that_another_language_overtook_stays_its_own(
    client: Client, wanda: User, draft: TemplateTranslation
) -> None:
    drawn = {**FORM, "name_was": FORM["name"], "category_was": "UTILITY"}
    save(client, draft, **FORM)
    italian = TemplateTranslationFactory(company=draft.company, family=draft.family, language="it")
    save(client, italian, **{**drawn, "page": "other", "name": "new_name", "body": "Ciao a tutti."})
    with company_scope(draft.company):
        draft.refresh_from_db()
    mine = {"version": str(draft.version), "name": "third_name", "body": "English text, mine."}
    answer = client.post(reverse("whatsapp:template_submit", args=[draft.pk]), {**drawn, **mine})
    page = answer.content.decode()
    assert answer.status_code == 409 and "English text, mine." in page
    assert f'hx-post="{reverse("whatsapp:template_save", args=[draft.pk])}"' in page


def test_of_two_windows_neither_takes_the_others_fields(
    client: Client, wanda: User, draft: TemplateTranslation
) -> None:
    save(client, draft, **FORM)
    with company_scope(draft.company):
        draft.refresh_from_db()
    version = str(draft.version)
    ours = {**FORM, "page": "one", "version": version, "field-first_name": "name"}
    theirs = {**FORM, "page": "other", "version": version, "fallback-first_name": "friend"}
    address = reverse("whatsapp:template_save", args=[draft.pk])
    client.post(address, ours, headers={"HX-Request": "true"})
    answer = client.post(address, theirs, headers={"HX-Request": "true"})
    assert "in another window" in answer.content.decode()


def test_the_file_that_was_chosen_is_named(
    client: Client, wanda: User, draft: TemplateTranslation
) -> None:
    save(client, draft, **{**FORM, "header_format": "IMAGE"})
    with company_scope(draft.company):
        draft.refresh_from_db()
    photo = (SAMPLES / "photo.jpg").read_bytes()
    given = {
        **FORM,
        "header_format": "IMAGE",
        "version": str(draft.version),
        "file": SimpleUploadedFile("second.jpg", photo, "image/jpeg"),
    }
    answer = client.post(reverse("whatsapp:template_file", args=[draft.pk]), given)
    assert "second.jpg" in answer.content.decode()
    # Its preview shows it, to who writes it and to nobody else.
    address = reverse("whatsapp:template_photo", args=[draft.pk])
    assert f'src="{address}?file=' in editor(client, draft)
    shown = client.get(address)
    assert b"".join(shown.streaming_content) == photo
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Cache-Control"] == "no-store"
    client.force_login(UserFactory(company=CompanyFactory(modules=["whatsapp"]), role=wanda.role))
    assert client.get(address).status_code == 404


def test_the_editor_says_what_meta_said_and_what_it_changed(
    client: Client, wanda: User, world: World
) -> None:
    waba = world.sender.waba
    with company_scope(world.company):
        waba.currency, waba.timezone = "EUR", "Europe/Rome"
        waba.save()
        world.contact.phone = "+254722000111"
        world.contact.save()
        template = MessageTemplateFactory(
            company=world.company,
            waba=waba,
            name="reminder",
            status="REJECTED",
            rejected_reason="INVALID_FORMAT",
            rejection_words="Variables {{1}} are side by side.",
        )
    opened = client.get(reverse("whatsapp:template_open", args=[template.pk]), follow=True)
    page = " ".join(opened.content.decode().split())
    assert "Meta says: “" in page and "Variables {{1}} are side by side." in page
    # Nobody submitted it here.
    assert "Submitted" not in page
    with company_scope(world.company):
        draft = TemplateTranslation.objects.get(family__name="reminder")
        draft.submitted_by = wanda
        draft.save()
        template.status = "APPROVED"
        template.save()
        before = state_of(template)
        after = replace(before, category="MARKETING", previous_category="UTILITY")
        tell(template, before, after, now=NOW)
        put(template, after)
        template.save()
    page = editor(client, draft)
    assert "Meta moved it from utility to marketing." in page
    assert "instead of €" in page
    assert f"WhatsApp admins and {wanda.full_name} were told." in page
    assert "Submitted" in page


def test_what_is_to_be_mended_is_told_apart_and_asks_nothing_of_impossible_fields(
    client: Client, wanda: User, draft: TemplateTranslation
) -> None:
    buttons = {"buttons": "2", "button-1-type": "QUICK_REPLY", "button-0-text": ""}
    body = "Hello {{}} and {{First name}}, please <b>come</b> to us on {{day}} at noon."
    drawn = save(client, draft, **{**FORM, **buttons, "body": body, "footer": "<b>Bye</b>"})
    page = " ".join(drawn.content.decode().split())
    for words in ("Button 1: no text.", "Button 2: no text.", "Text: HTML does", "Footer: HTML"):
        assert f">{words}" in page
    assert 'aria-label="Sample for day"' in page
    assert page.count('aria-label="Sample for') == 1
    assert "No sample for ." not in page and "No sample for First name." not in page


def test_who_may_not_write_templates_is_told_that(
    client: Client, world: World, draft: TemplateTranslation
) -> None:
    client.force_login(world.alice)
    refused = client.get(reverse("whatsapp:template_editor", args=[draft.pk]))
    assert refused.status_code == 403
    assert "Only a WhatsApp admin may write and change message templates." in (
        refused.content.decode()
    )
