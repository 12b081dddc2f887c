"""What a WhatsApp admin submits, against the sandbox: taken, refused, lost, pressed twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.whatsapp.office import Office, office
from whatsapp.message_templates import drafts, submit
from whatsapp.message_templates.build import components
from whatsapp.models import MessageTemplate, TemplateTranslation
from whatsapp.policy.written import Button, Header, Written

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("sending"), pytest.mark.django_db]
__all__ = ["office"]

WRITTEN = Written(
    name="second_interview",
    language="en",
    header=Header("TEXT", "Your interview"),
    body="Hello {{first_name}}, we would like to meet you on {{interview_date}} in our office.",
    footer="Reply STOP to end",
    buttons=(Button("QUICK_REPLY", "I will be there"),),
    samples={"first_name": "Amina", "interview_date": "Friday 27 November"},
)


def start(office: Office, written: Written = WRITTEN) -> TemplateTranslation:
    return drafts.start_template(
        waba=office.meta.world.sender.waba,
        language=written.language,
        by=office.wanda,
        now=office.now,
        written=written,
    )


def give(
    office: Office, translation: TemplateTranslation, now: datetime | None = None
) -> MessageTemplate:
    fresh = TemplateTranslation.objects.select_related("family__waba__connection").get(
        pk=translation.pk
    )
    return submit.submit(translation=fresh, by=office.wanda, now=now or office.now)


def change(
    office: Office, translation: TemplateTranslation, body: str, now: datetime | None = None
) -> TemplateTranslation:
    fresh = TemplateTranslation.objects.get(pk=translation.pk)
    written = replace(drafts.current(fresh), body=body)
    return drafts.save_draft(
        translation=fresh,
        written=written,
        sources={},
        version=fresh.version,
        page="this",
        by=office.wanda,
        now=now or office.now,
    )


def test_what_is_submitted_is_what_meta_has(office: Office) -> None:
    translation = start(office)
    template = give(office, translation)
    assert (template.parameter_format, template.category) == ("NAMED", "UTILITY")
    translation.refresh_from_db()
    assert translation.written is None
    assert drafts.at_meta(translation) == WRITTEN
    assert drafts.is_submitted(translation.family)


def test_what_our_rules_refuse_does_not_reach_meta(office: Office) -> None:
    translation = start(office, replace(WRITTEN, body="Hello {{first_name}}"))
    with pytest.raises(submit.NotTaken) as refusal:
        give(office, translation)
    assert "body_ends" in [one.code for one in refusal.value.faults]
    assert not MessageTemplate.objects.filter(name=WRITTEN.name).exists()


def test_a_second_change_on_one_day_is_refused_before_meta_is_asked(office: Office) -> None:
    translation = start(office)
    give(office, translation)
    office.meta.stack.control("clock", advance=5)
    MessageTemplate.objects.filter(name=WRITTEN.name).update(status="APPROVED")
    change(office, translation, "Hello {{first_name}}, we meet on {{interview_date}} in our hotel.")
    give(office, translation)
    MessageTemplate.objects.filter(name=WRITTEN.name).update(status="APPROVED")
    change(office, translation, "Dear {{first_name}}, we meet on {{interview_date}} in our hotel.")
    with pytest.raises(submit.NotTaken) as refusal:
        give(office, translation, office.now + timedelta(hours=23))
    assert [one.code for one in refusal.value.faults] == ["edits_day"]


def test_a_name_that_was_deleted_waits(office: Office) -> None:
    template = give(office, start(office))
    MessageTemplate.objects.filter(pk=template.pk).update(status="APPROVED")
    template.refresh_from_db()
    submit.delete(template=template, by=office.wanda, now=office.now)
    with pytest.raises(submit.NotTaken) as refusal:
        give(office, start(office))
    assert [one.code for one in refusal.value.faults] == ["name_waits"]


def test_the_teams_of_a_name_stay_while_meta_has_a_language_of_it(office: Office) -> None:
    template = give(office, start(office))
    family = TemplateTranslation.objects.get().family
    italian = MessageTemplate.objects.create(
        company=template.company,
        waba=template.waba,
        meta_id="77",
        name=template.name,
        language="it",
        category="UTILITY",
        status="APPROVED",
    )
    MessageTemplate.objects.filter(pk=template.pk).update(status="APPROVED")
    template.refresh_from_db()
    submit.delete(template=template, by=office.wanda, now=office.now)
    [left] = TemplateTranslation.objects.all()
    assert (left.family, left.template) == (family, italian)


def test_a_killed_worker_leaves_what_meta_has_found_again(office: Office) -> None:
    translation = start(office)
    taken = TemplateTranslation.objects.claim_submission(
        translation.pk, version=translation.version, now=office.now
    )
    assert taken
    # It dies here; the reading lists what Meta took.
    there = MessageTemplate.objects.create(
        company_id=translation.company_id,
        waba=translation.family.waba,
        meta_id="78",
        name=WRITTEN.name,
        language="en",
        category="UTILITY",
        status="PENDING",
        parameter_format="NAMED",
        components=components(WRITTEN),
    )
    translation.refresh_from_db()
    assert translation.template == there
    assert not drafts.is_changed(translation)


def test_news_that_came_before_the_answer_stays(office: Office) -> None:
    translation = start(office)
    template = give(office, translation)
    later = office.now + timedelta(seconds=3)
    MessageTemplate.objects.filter(pk=template.pk).update(status="APPROVED", told_at=later)
    change(office, translation, "Hello {{first_name}}, we meet on {{interview_date}} in our hotel.")
    again = give(office, translation)
    again.refresh_from_db()
    assert again.status == "APPROVED"
