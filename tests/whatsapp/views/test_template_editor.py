"""What is typed in the editor stays, whatever is pressed, drawn anew or saved elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ats.models import Role, User
from ats.tenancy import company_scope
from tests.factories.ats import UserFactory
from tests.factories.templates import TemplateTranslationFactory
from tests.factories.whatsapp import MessageTemplateFactory, World
from whatsapp.message_templates.drafts import current
from whatsapp.models import TemplateTranslation

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
