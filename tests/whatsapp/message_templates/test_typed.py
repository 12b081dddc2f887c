"""What is typed in the editor is kept as it was typed, however odd it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ats.models import Role
from ats.tenancy import company_scope
from tests.factories.ats import UserFactory
from tests.factories.templates import TemplateTranslationFactory
from tests.factories.whatsapp import NOW
from whatsapp.forms.template_editor import Typed, read
from whatsapp.message_templates import drafts
from whatsapp.models import TemplateTranslation
from whatsapp.policy.template_rules import faults
from whatsapp.policy.template_sentences import say_fault
from whatsapp.policy.written import BUTTONS, CATEGORIES, HEADERS, Around, Written

pytestmark = pytest.mark.django_db

TEXT = st.text(max_size=40) | st.sampled_from(
    [
        "Hello {{first_name}}, we meet on {{ date }} there",
        "{{1}}{{2}} {{1}} {{" + "x" * 300 + "}}",
        "<script>alert(1)</script> & <b>",
        "one\r\ntwo\rthree\n",
        "مرحبًا \u200f{{name}} 🎉👩🏽\u200d💻",
        "  spaces \t",
        "a" * 20_000,
        "nothing \x00 there",
    ]
)


@st.composite
def forms(draw: Any) -> dict[str, str]:
    count = draw(st.integers(0, 3))
    data = {
        "name": draw(TEXT.map(lambda text: text[:1000])),
        "category": draw(st.sampled_from(CATEGORIES)),
        "header_format": draw(st.sampled_from(HEADERS)),
        "header_text": draw(TEXT),
        "body": draw(TEXT),
        "footer": draw(TEXT),
        "code_minutes": draw(st.sampled_from(["", "5", "91", "0"])),
        "code_button": draw(TEXT),
        "buttons": str(count),
        "sample-first_name": draw(TEXT),
        "sample-body.1": draw(TEXT),
        "field-first_name": "first_name",
        "fallback-first_name": draw(TEXT),
    }
    for number in range(count):
        data[f"button-{number}-type"] = draw(st.sampled_from(BUTTONS))
        for part in ("text", "url", "phone", "example"):
            data[f"button-{number}-{part}"] = draw(TEXT)
    for box in ("asks_to_call", "code_warns"):
        if draw(st.booleans()):
            data[box] = "on"
    return data


def plain(text: str) -> str:
    # PostgreSQL keeps no NUL, and nobody types one.
    return text.replace("\x00", "")


def typed(data: dict[str, str]) -> Typed:
    return read(data, name="", language="en")


def kept(translation: TemplateTranslation, form: Typed, by: Any) -> Written:
    saved = drafts.save_draft(
        translation=translation,
        written=form.written,
        sources=form.sources,
        saving=replace(
            form.saving,
            page="this",
            version=translation.version,
            name=translation.family.name,
            category=translation.family.category,
        ),
        by=by,
        now=NOW,
    )
    fresh = TemplateTranslation.objects.select_related("family__waba").get(pk=saved.pk)
    sources = fresh.draft_sources
    assert all(sources.get(key, {}) == one for key, one in form.sources.items())
    return drafts.current(fresh)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=forms())
def test_what_is_typed_is_kept(caravella: TemplateTranslation, data: dict[str, str]) -> None:
    form = typed(data)
    with company_scope(caravella.company):
        caravella.refresh_from_db()
        assert kept(caravella, form, caravella.saved_by) == form.written
    written = form.written
    assert written.name == plain(data["name"])
    assert written.body == plain(data["body"]).replace("\r\n", "\n")
    assert written.header.text == plain(data["header_text"])
    assert written.footer == plain(data["footer"])
    assert written.code.button == plain(data["code_button"])
    for number, button in enumerate(written.buttons):
        assert button.type == data[f"button-{number}-type"]
        for part in ("text", "url", "phone", "example"):
            assert getattr(button, part) == plain(data[f"button-{number}-{part}"])
    for key, sample in written.samples.items():
        assert sample == plain(data.get(f"sample-{key}", ""))
    # And the rules have words for all of it.
    for fault in faults(written, Around(), now=NOW):
        assert say_fault(fault, tz=NOW.tzinfo).sentence  # type: ignore[arg-type]


@pytest.fixture
def caravella() -> TemplateTranslation:
    user = UserFactory(role=Role.WHATSAPP_ADMIN)
    row: TemplateTranslation = TemplateTranslationFactory(company=user.company, saved_by=user)
    return row
