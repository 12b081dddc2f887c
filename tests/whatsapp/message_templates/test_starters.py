"""The ready templates, and what begins with them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from ats.models import Role
from ats.tenancy import company_scope
from sandbox import template_review, template_rules
from tests.factories.ats import CompanyFactory, UserFactory
from tests.factories.templates import TemplateFamilyFactory, TemplateTranslationFactory
from tests.factories.whatsapp import MessageTemplateFactory, SenderFactory, WabaFactory
from whatsapp.message_templates import drafts
from whatsapp.message_templates.build import creation
from whatsapp.message_templates.sources import FIELDS
from whatsapp.message_templates.starters import LANGUAGES, Starter, starters
from whatsapp.models import Sender, TemplateFamily, TemplateTranslation
from whatsapp.policy.template_rules import faults
from whatsapp.policy.written import Around, slot_keys

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
EVERY = [(one, code) for one in starters() for code in LANGUAGES]
IDS = [f"{one.name}-{code}" for one, code in EVERY]


@pytest.mark.parametrize(("starter", "language"), EVERY, ids=IDS)
def test_a_ready_template_is_approved_in_its_own_category(starter: Starter, language: str) -> None:
    written = starter.written(language)
    assert faults(written, Around(), now=NOW) == ()
    asked = template_rules.check(creation(written), lambda handle: None)
    beside = [starter.written(code) for code in LANGUAGES if code != language]
    verdict = template_review.review(
        asked.components,
        category=asked.category,
        language=language,
        special=asked.special,
        others=[(one.body, one.footer) for one in beside],
    )
    assert (verdict.reason, verdict.category) == ("NONE", starter.category)


@pytest.mark.parametrize("starter", starters(), ids=lambda one: one.name)
def test_a_ready_template_has_the_same_fields_in_every_language(starter: Starter) -> None:
    keys = {frozenset(slot_keys(starter.written(code))) for code in LANGUAGES}
    assert len(keys) == 1
    assert set(starter.texts) == set(LANGUAGES)
    assert set(starter.fields) <= keys.pop()
    assert set(starter.fields.values()) <= set(FIELDS)


def test_there_is_one_for_each_step_of_recruiting() -> None:
    assert [one.title for one in starters()] == [
        "Application received",
        "Interview invitation",
        "Interview reminder",
        "Documents missing",
        "Offer",
        "Rejection",
        "Opt-in request",
        "Call request",
    ]
    assert {one.name for one in starters() if one.category == "MARKETING"} == {"opt_in_request"}
    assert {one.name for one in starters() if one.asks_to_call} == {"call_request"}


def test_a_word_that_stands_in_is_of_its_language() -> None:
    starter = starters()[0]
    words = {starter.sources(code)["first_name"]["fallback"] for code in ("de", "ar", "en")}
    assert len(words) == 3


@pytest.fixture
def sender(db: None) -> Sender:
    row: Sender = SenderFactory(company=CompanyFactory(modules=["whatsapp"]))
    return row


@pytest.fixture
def wanda(sender: Sender, client: Client) -> Client:
    client.force_login(UserFactory(company=sender.company, role=Role.WHATSAPP_ADMIN))
    return client


NEW = "whatsapp:template_new"


def begun(sender: Sender) -> list[TemplateTranslation]:
    with company_scope(sender.company):
        rows = TemplateTranslation.objects.select_related("family__waba").order_by("pk")
        return list(rows)


def test_the_texts_are_shown_in_a_language_and_its_direction(wanda: Client) -> None:
    english = wanda.get(reverse(NEW)).content.decode()
    assert "Interview invitation" in english
    assert 'dir="rtl"' not in english
    arabic = wanda.post(reverse(NEW), {"start": "job_offer", "show": "ar", "languages": ["fr"]})
    page = arabic.content.decode()
    assert arabic.status_code == 200
    assert page.count('dir="rtl" lang="ar"') == len(starters())
    # What was chosen meanwhile stays.
    assert 'value="job_offer" checked' in page
    assert 'value="fr" checked' in page


def test_a_ready_text_begins_in_the_languages_that_were_ticked(
    wanda: Client, sender: Sender
) -> None:
    given = {"start": "interview_reminder", "languages": ["ar", "it"], "languages_shown": "1"}
    answer = wanda.post(reverse(NEW), given)
    first, second = begun(sender)
    assert answer["Location"] == reverse("whatsapp:template_editor", args=[first.pk])
    assert [first.language, second.language] == ["it", "ar"]
    starter = next(one for one in starters() if one.name == "interview_reminder")
    with company_scope(sender.company):
        assert drafts.current(first) == starter.written("it")
        assert drafts.current(second) == starter.written("ar")
        assert first.draft_sources["interview_date"] == {"field": "interview_date"}


def test_a_name_that_is_taken_gets_a_number(wanda: Client, sender: Sender) -> None:
    MessageTemplateFactory(company=sender.company, waba=sender.waba, name="job_offer")
    for _ in range(2):
        wanda.post(reverse(NEW), {"start": "job_offer", "languages": ["en"]})
    assert [row.family.name for row in begun(sender)] == ["job_offer_2", "job_offer_3"]


def test_a_second_press_begins_no_second_template(wanda: Client, sender: Sender) -> None:
    page = {"client_id": "6f2f9c1e-0000-4000-8000-000000000001", "start": "job_offer"}
    answers = [wanda.post(reverse(NEW), {**page, "languages": ["en"]}) for _ in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert [row.family.name for row in begun(sender)] == ["job_offer"]
    # Back, and something else is chosen.
    wanda.post(reverse(NEW), {**page, "languages": ["it"]})
    assert [row.family.name for row in begun(sender)] == ["job_offer", "job_offer_2"]


def test_an_empty_one_begins_in_the_language_of_the_company(wanda: Client, sender: Sender) -> None:
    wanda.post(reverse(NEW))
    [row] = begun(sender)
    assert (row.language, row.family.name, row.family.waba_id) == ("en", "", sender.waba_id)


def test_what_cannot_be_written_here_is_not_copied_either(wanda: Client, sender: Sender) -> None:
    form = {"type": "BUTTONS", "buttons": [{"type": "FLOW", "text": "Fill in", "flow_id": "1"}]}
    parts = {"en": [], "it": [form]}
    rows = [
        MessageTemplateFactory(
            company=sender.company,
            waba=sender.waba,
            name="with_a_form",
            language=code,
            components=[{"type": "BODY", "text": "Hello to you."}, *more],
        )
        for code, more in parts.items()
    ]
    words = "has a button of the type flow, which would be lost by editing it here"
    page = wanda.get(reverse(NEW)).content.decode()
    assert "with_a_form" not in page and words not in page
    for row in rows:
        assert words in wanda.get(reverse(NEW), {"template": row.pk}).content.decode()
        answer = wanda.post(reverse(NEW), {"start": "copy", "template": row.pk})
        assert (answer.status_code, begun(sender)) == (422, [])
        assert words in answer.content.decode()


def test_a_copy_has_every_language_that_meta_has(wanda: Client, sender: Sender) -> None:
    common = {"company": sender.company, "waba": sender.waba, "name": "welcome"}
    parts = {
        "en": {"type": "BODY", "text": "Welcome to our team."},
        "it": {"type": "BODY", "text": "Le diamo il benvenuto."},
    }
    rows = [
        MessageTemplateFactory(**common, language=code, components=[part])
        for code, part in parts.items()
    ]
    family = TemplateFamilyFactory(**common)
    TemplateTranslationFactory(
        company=sender.company,
        family=family,
        language="en",
        written=None,
        submitted_at=NOW,
        draft_sources={"date": {"field": "interview_date"}},
    )
    wanda.post(reverse(NEW), {"start": "copy", "template": rows[1].pk})
    copies = [row for row in begun(sender) if row.family_id != family.pk]
    with company_scope(sender.company):
        assert {row.language: drafts.current(row).body for row in copies} == {
            code: part["text"] for code, part in parts.items()
        }
        assert copies[0].language == "it"
        assert [row.draft_sources for row in copies] == [
            {},
            {"date": {"field": "interview_date"}},
        ]
        assert {row.family.name for row in copies} == {"welcome_2"}
        assert TemplateFamily.objects.count() == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"start": "job_offer", "languages_shown": "1"}, "Choose at least one language."),
        ({"start": "copy"}, "Choose the template that the new one starts from."),
        ({"start": "nonsense", "languages": "en"}, "Choose what the new template starts from."),
    ],
)
def test_what_is_missing_is_said(
    wanda: Client, sender: Sender, given: dict[str, str], said: str
) -> None:
    MessageTemplateFactory(company=sender.company, waba=sender.waba)
    answer = wanda.post(reverse(NEW), given)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not begun(sender)


def test_of_several_accounts_one_is_chosen(wanda: Client, sender: Sender) -> None:
    second = WabaFactory(company=sender.company, connection=sender.waba.connection)
    assert "WhatsApp account" in wanda.get(reverse(NEW)).content.decode()
    wanda.post(reverse(NEW), {"start": "empty", "waba": second.pk})
    [row] = begun(sender)
    assert row.family.waba_id == second.pk


def test_without_an_account_there_is_nothing_to_start(client: Client, db: None) -> None:
    company = CompanyFactory(modules=["whatsapp"])
    client.force_login(UserFactory(company=company, role=Role.WHATSAPP_ADMIN))
    assert client.get(reverse(NEW))["Location"] == reverse("whatsapp:configuration")
