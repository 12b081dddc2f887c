"""What a WhatsApp admin submits, against the sandbox: taken, refused, lost, pressed twice."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ats.tenancy import all_companies
from tests.whatsapp.office import Office, office
from whatsapp.connection import sync
from whatsapp.connection.template_life import put, state_of
from whatsapp.message_templates import drafts, header_files, submit
from whatsapp.message_templates.beside import around, is_submitted
from whatsapp.message_templates.build import components, creation
from whatsapp.meta.errors import AnswerLost
from whatsapp.meta.template_text import text_digest
from whatsapp.meta.templates import Created, TemplateClient
from whatsapp.models import AdminNotice, MessageTemplate, TemplateFile, TemplateTranslation
from whatsapp.policy.template_life import after_reading_status
from whatsapp.policy.template_rules import faults, refused
from whatsapp.policy.written import Button, Header, Written
from whatsapp.sending.content.template import status_of
from whatsapp.sending.values import chosen_for

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("sending"), pytest.mark.django_db]
__all__ = ["office"]

SAMPLES = Path(__file__).parents[3] / "sandbox" / "samples"
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


def saving(row: TemplateTranslation, page: str = "this", turn: int = 1) -> drafts.Saving:
    family = row.family
    return drafts.Saving(page, turn, row.version, family.name, family.category)


def change(
    office: Office, translation: TemplateTranslation, body: str, now: datetime | None = None
) -> TemplateTranslation:
    fresh = TemplateTranslation.objects.get(pk=translation.pk)
    written = replace(drafts.current(fresh), body=body)
    return drafts.save_draft(
        translation=fresh,
        written=written,
        sources={},
        saving=saving(fresh),
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
    assert is_submitted(translation.family)


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
    name_waits(office)


def name_waits(office: Office) -> None:
    with pytest.raises(submit.NotTaken) as refusal:
        give(office, start(office))
    assert [one.code for one in refusal.value.faults] == ["name_waits"]


def test_the_name_of_one_that_is_paused_waits_too(office: Office) -> None:
    template = give(office, start(office))
    MessageTemplate.objects.filter(pk=template.pk).update(status="PAUSED")
    submit.delete(template=template, by=office.wanda, now=office.now)
    name_waits(office)


def test_the_name_of_one_that_is_reviewed_anew_waits_too(office: Office) -> None:
    translation = start(office)
    template = give(office, translation)
    office.meta.stack.control("clock", advance=5)
    # As the listing has it after the first review.
    put(template, after_reading_status(state_of(template), "APPROVED", reason="", at=office.now))
    template.save()
    change(office, translation, "Hello {{first_name}}, we meet on {{interview_date}} in our hotel.")
    again = give(office, translation)
    assert again.status == "PENDING"
    submit.delete(template=again, by=office.wanda, now=office.now)
    name_waits(office)


def test_the_name_of_one_that_never_was_approved_is_free_at_once(office: Office) -> None:
    office.meta.stack.control("templates/review", seconds=3600)
    template = give(office, start(office))
    submit.delete(template=template, by=office.wanda, now=office.now)
    give(office, start(office))


def test_a_deleted_language_holds_up_no_other_of_its_name(office: Office) -> None:
    english = start(office)
    template = give(office, english)
    approve(english)
    italian = MessageTemplate.objects.create(
        company=template.company,
        waba=template.waba,
        meta_id="77",
        name=template.name,
        language="it",
        category="UTILITY",
        status="DELETED",
        is_gone=True,
        gone_at=office.now,
    )
    office.meta.stack.control("clock", advance=5)
    change(office, english, "Hello {{first_name}}, we meet on {{interview_date}} in our hotel.")
    give(office, english)

    def waits(language: str) -> list[str]:
        row = drafts.add_language(
            family=newest(english).family,
            language=language,
            by=office.wanda,
            now=office.now,
            beginning=replace(WRITTEN, language=language, body=f"This is {language}, all of it."),
            sources={},
        )
        written = drafts.current(row)
        found = refused(faults(written, around(row, written), now=office.now))
        return [one.code for one in found if one.where == "name"]

    assert (waits("fr"), waits("it")) == ([], ["name_waits"])
    # Of a name that Meta has no language of any more, every language waits.
    MessageTemplate.objects.exclude(pk=italian.pk).update(is_gone=True, status="DELETED")
    assert waits("fr") == ["name_waits"]


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
    save(office, newest(translation), first_name={"field": "name"})
    translation.refresh_from_db()
    assert claim(office, translation)
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
    assert drafts.change_of(translation) == drafts.Change.NONE


def test_news_that_came_before_the_answer_stays(office: Office) -> None:
    translation = start(office)
    template = give(office, translation)
    later = office.now + timedelta(seconds=3)
    MessageTemplate.objects.filter(pk=template.pk).update(status="APPROVED", told_at=later)
    change(office, translation, "Hello {{first_name}}, we meet on {{interview_date}} in our hotel.")
    again = give(office, translation)
    again.refresh_from_db()
    assert again.status == "APPROVED"


def with_photo(office: Office, translation: TemplateTranslation) -> TemplateFile:
    content = io.BytesIO((SAMPLES / "photo.jpg").read_bytes())
    file = header_files.keep(
        company_id=translation.company_id,
        kind="image",
        content=content,
        filename="photo.jpg",
        now=office.now,
    )
    drafts.put_file(
        translation=translation,
        file=file,
        saving=saving(translation),
        by=office.wanda,
        now=office.now,
    )
    return file


def claim(office: Office, row: TemplateTranslation) -> bool:
    taken: bool = TemplateTranslation.objects.claim_submission(
        row,
        text=text_digest(components(drafts.current(row))),
        is_change=row.template is not None,
        now=office.now,
    )
    return taken


def approve(translation: TemplateTranslation) -> MessageTemplate:
    MessageTemplate.objects.filter(name=translation.family.name).update(status="APPROVED")
    template: MessageTemplate = MessageTemplate.objects.get(name=translation.family.name)
    return template


def newest(translation: TemplateTranslation) -> TemplateTranslation:
    row: TemplateTranslation = TemplateTranslation.objects.select_related("family__waba").get(
        pk=translation.pk
    )
    return row


def save(office: Office, translation: TemplateTranslation, **sources: dict[str, str]) -> None:
    drafts.save_draft(
        translation=translation,
        written=drafts.current(translation),
        sources=sources,
        saving=saving(translation),
        by=office.wanda,
        now=office.now,
    )


def test_a_change_is_sent_when_meta_has_taken_it_and_not_before(office: Office) -> None:
    translation = start(office, replace(WRITTEN, header=Header("IMAGE")))
    first = with_photo(office, newest(translation))
    save(office, newest(translation), first_name={"field": "first_name"})
    give(office, translation)
    template = approve(translation)
    assert newest(translation).file == first
    # A change that nobody has submitted: another photo, another field, another text.
    second = with_photo(office, newest(translation))
    change(office, translation, "Hello {{first_name}}, we meet on {{interview_date}} in our hotel.")
    save(office, newest(translation), first_name={"field": "name"})
    assert newest(translation).file == first
    assert chosen_for(template)["first_name"] == {"field": "first_name"}
    assert drafts.change_of(newest(translation)) == drafts.Change.METAS
    office.meta.stack.control("clock", advance=5)
    give(office, translation)
    assert newest(translation).file == second
    assert chosen_for(template)["first_name"] == {"field": "name"}
    assert drafts.change_of(newest(translation)) == drafts.Change.NONE


def test_what_meta_does_not_review_is_used_without_it(office: Office) -> None:
    translation = start(office)
    give(office, translation)
    template = approve(translation)
    save(office, newest(translation), first_name={"field": "name"})
    assert drafts.change_of(newest(translation)) == drafts.Change.OURS
    assert chosen_for(template).get("first_name") != {"field": "name"}
    there = newest(translation)
    assert drafts.put_in_force(translation=there, by=office.wanda, now=office.now)
    assert chosen_for(template)["first_name"] == {"field": "name"}
    template.refresh_from_db()
    assert template.status == "APPROVED"
    # Pressed again, or after somebody changed the text: nothing.
    assert not drafts.put_in_force(translation=there, by=office.wanda, now=office.now)
    change(office, translation, "Hello {{first_name}}, we meet on {{interview_date}} in our hotel.")
    there = newest(translation)
    assert not drafts.put_in_force(translation=there, by=office.wanda, now=office.now)


def test_what_is_dropped_takes_its_photo_and_its_fields_along(office: Office) -> None:
    translation = start(office, replace(WRITTEN, header=Header("IMAGE")))
    first = with_photo(office, newest(translation))
    give(office, translation)
    with_photo(office, newest(translation))
    save(office, newest(translation), first_name={"field": "name"})
    drafts.discard(translation=newest(translation), by=office.wanda, now=office.now)
    there = newest(translation)
    assert (there.draft_file, there.draft_sources) == (first, there.sources)
    assert drafts.change_of(there) == drafts.Change.NONE


def test_a_name_that_is_typed_while_meta_is_asked_is_not_the_names(office: Office) -> None:
    translation = start(office)
    mine = newest(translation)
    assert claim(office, mine)
    written = replace(drafts.current(mine), name="another_name")
    drafts.save_draft(
        translation=mine,
        written=written,
        sources={},
        saving=saving(mine),
        by=office.wanda,
        now=office.now,
    )
    created = Created("4711", "PENDING", "UTILITY")
    submit._keep(mine, None, creation(WRITTEN), created, by=office.wanda, now=office.now)
    there = newest(translation)
    assert there.family.name == WRITTEN.name
    assert there.template is not None and there.template.meta_id == "4711"


def test_admins_hear_of_a_category_that_meta_chose_at_once(office: Office) -> None:
    mine = newest(start(office))
    created = Created("4711", "PENDING", "MARKETING")
    template = submit._keep(mine, None, creation(WRITTEN), created, by=office.wanda, now=office.now)
    assert (template.category, template.previous_category) == ("MARKETING", "UTILITY")
    [notice] = AdminNotice.objects.filter(kind="template_moved")
    assert notice.company_id == template.company_id


def test_a_file_that_cannot_be_read_is_said_and_the_draft_stays_free(office: Office) -> None:
    translation = start(office, replace(WRITTEN, header=Header("IMAGE")))
    file = with_photo(office, newest(translation))
    file.file.storage.delete(file.file.name)
    with pytest.raises(submit.NotTaken, match="could not be read here"):
        give(office, translation)
    there = newest(translation)
    assert (there.submitting_at, there.submitted_at) == (None, None)


def test_what_is_being_submitted_cannot_be_dropped_and_is_kept_all_the_same(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    translation = start(office)
    real = TemplateClient.create_template

    def meanwhile(self: TemplateClient, *args: Any, **given: Any) -> Created:
        done = real(self, *args, **given)
        with pytest.raises(drafts.Busy):
            drafts.discard(translation=newest(translation), by=office.wanda, now=office.now)
        # As whoever takes the claim for dead may do.
        TemplateTranslation.objects.all().delete()
        return done

    monkeypatch.setattr(TemplateClient, "create_template", meanwhile)
    give(office, translation)
    assert MessageTemplate.objects.filter(name=WRITTEN.name, status="PENDING").exists()


def test_a_window_from_before_the_submission_is_told(office: Office) -> None:
    translation = start(office)
    before = saving(newest(translation), page="old")
    give(office, translation)
    with pytest.raises(drafts.Overtaken):
        drafts.save_draft(
            translation=newest(translation),
            written=replace(WRITTEN, body="Typed in an old window, with a few words."),
            sources={},
            saving=before,
            by=office.wanda,
            now=office.now,
        )


LATER = "We would like to meet you on {{1}} in our office, dear candidate."


def lost_change(office: Office, monkeypatch: pytest.MonkeyPatch) -> TemplateTranslation:
    """Meta has another text now, filled with another field, and its answer was lost."""
    body = "Hello {{1}}, we would like to meet you soon in our office."
    translation = start(office, replace(WRITTEN, body=body, samples={"body.1": "Amina"}))
    save(office, newest(translation), **{"body.1": {"field": "first_name"}})
    give(office, translation)
    office.meta.stack.control("clock", advance=5)
    approve(translation)
    change(office, translation, LATER)
    save(office, newest(translation), **{"body.1": {"field": "interview_date"}})
    real = TemplateClient.edit_template

    def lost(self: TemplateClient, *args: Any, **given: Any) -> None:
        real(self, *args, **given)
        raise AnswerLost("Gone on the way.")

    monkeypatch.setattr(TemplateClient, "edit_template", lost)
    with pytest.raises(submit.NotTaken):
        give(office, translation)
    return newest(translation)


def test_a_change_whose_answer_was_lost_is_filled_as_it_was_submitted(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    translation = lost_change(office, monkeypatch)
    template = translation.template
    assert template is not None
    # Until somebody knows, nothing is sent: the fields of one text are not those of the other.
    assert status_of(template) == "PENDING"
    assert chosen_for(template)["body.1"] == {"field": "first_name"}
    now = office.now + timedelta(minutes=1)
    sync.request_all(now=now)
    assert sync.drain(lambda: now)
    template = MessageTemplate.objects.get(pk=template.pk)
    assert chosen_for(template)["body.1"] == {"field": "interview_date"}
    assert drafts.change_of(newest(translation)) == drafts.Change.NONE
    assert newest(translation).given is None


def test_a_change_that_meta_never_had_is_given_up_once_nobody_can_be_asking(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    translation = lost_change(office, monkeypatch)
    TemplateTranslation.objects.update(given={**translation.given, "text": "of another"})
    soon, late = (office.now + timedelta(minutes=one) for one in (1, 11))
    TemplateTranslation.objects.settle(translation.family.waba_id, at=soon)
    assert newest(translation).given is not None
    with all_companies():
        assert list(TemplateTranslation.objects.unknown(now=soon)) == []
        assert list(TemplateTranslation.objects.unknown(now=late)) == [translation]
        submit.expire_claims(now=late)
    TemplateTranslation.objects.settle(translation.family.waba_id, at=late)
    there = newest(translation)
    assert there.given is None and there.sources["body.1"] == {"field": "first_name"}


def test_whoever_died_while_asking_leaves_no_claim(office: Office) -> None:
    translation = start(office)
    assert claim(office, newest(translation))
    with all_companies():
        submit.expire_claims(now=office.now + timedelta(minutes=9))
        assert newest(translation).submitting_at is not None
        submit.expire_claims(now=office.now + timedelta(minutes=11))
    there = newest(translation)
    assert there.submitting_at is None and "answer was lost" in there.refusal


def test_a_template_whose_photo_is_taken_out_is_not_put_in_force_without_one(
    office: Office,
) -> None:
    translation = start(office, replace(WRITTEN, header=Header("IMAGE")))
    photo = with_photo(office, newest(translation))
    give(office, translation)
    approve(translation)
    there = newest(translation)
    drafts.put_file(
        translation=there, file=None, saving=saving(there), by=office.wanda, now=office.now
    )
    there = newest(translation)
    assert not drafts.put_in_force(translation=there, by=office.wanda, now=office.now)
    with pytest.raises(submit.NotTaken) as refusal:
        give(office, translation, office.now + timedelta(days=2))
    assert [one.code for one in refusal.value.faults] == ["header_no_file"]
    assert newest(translation).file == photo


def test_a_photo_that_nobody_can_see_is_not_taken(office: Office) -> None:
    photo = (SAMPLES / "photo.jpg").read_bytes()
    for broken in (b"\xff\xd8\xff\xe0hello", photo[: len(photo) // 2]):
        with pytest.raises(header_files.FileRefused, match="cannot be read as a picture"):
            header_files.keep(
                company_id=office.wanda.company_id,
                kind="image",
                content=io.BytesIO(broken),
                filename="photo.jpg",
                now=office.now,
            )
