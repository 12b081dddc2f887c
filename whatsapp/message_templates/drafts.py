"""What people write of templates here: kept as it is typed, whatever Meta would say of it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction

from ats.public import User
from whatsapp import events
from whatsapp.message_templates.beside import is_submitted
from whatsapp.message_templates.build import components, written_of
from whatsapp.message_templates.sources import source_of
from whatsapp.models import (
    MessageTemplate,
    TemplateFamily,
    TemplateFile,
    TemplateTranslation,
    Waba,
)
from whatsapp.models.template_draft import SUBMIT_LEASE
from whatsapp.policy.template_rules import has_fixed_category
from whatsapp.policy.written import (
    MEDIA,
    Button,
    CodeText,
    Header,
    Written,
    slot_keys,
)

Sources = Mapping[str, Mapping[str, str]]


class Change(StrEnum):
    """What is written beyond what is sent: nothing, only what is ours (where fields come from, the
    header's file), or what Meta has to review."""

    NONE = ""
    OURS = "ours"
    METAS = "metas"


@dataclass(frozen=True, slots=True)
class Saving:
    """Where a saving comes from: `page` names the open page and `turn` counts its savings. The page
    was drawn from `version`, with the name and category that its languages share."""

    page: str
    turn: int
    version: int
    name: str
    category: str


class Overtaken(Exception):
    """Somebody saved it meanwhile: `translation` is what is there now."""

    def __init__(self, translation: TemplateTranslation) -> None:
        super().__init__(translation.pk)
        self.translation = translation


def to_json(written: Written) -> dict[str, Any]:
    """Without what is the family's: name and category."""
    data = asdict(written)
    for name in ("name", "language", "category"):
        del data[name]
    del data["header"]["has_file"]
    return data


def from_json(data: Mapping[str, Any], translation: TemplateTranslation) -> Written:
    template = translation.template
    is_fixed = template is not None and has_fixed_category(template.status)
    header, code = data.get("header", {}), data.get("code", {})
    return Written(
        name=translation.family.name,
        language=translation.language,
        # Meta fixes the category of what it has not rejected, and may move it.
        category=template.category if is_fixed and template else translation.family.category,
        header=Header(header.get("format", "NONE"), header.get("text", "")),
        body=data.get("body", ""),
        footer=data.get("footer", ""),
        buttons=tuple(Button(**one) for one in data.get("buttons", [])),
        samples=data.get("samples", {}),
        asks_to_call=data.get("asks_to_call", False),
        code=CodeText(**code),
    )


def current(translation: TemplateTranslation) -> Written:
    """What is being written, or else what Meta has."""
    if translation.written is not None:
        written = from_json(translation.written, translation)
    else:
        written = at_meta(translation) or from_json({}, translation)
    return with_file(written, translation.draft_file)


def at_meta(translation: TemplateTranslation) -> Written | None:
    template = translation.template
    return written_at(template) if template is not None else None


def written_at(template: MessageTemplate) -> Written:
    """What Meta has, as it would be written here."""
    return written_of(
        template.components,
        name=template.name,
        language=template.language,
        category=template.category,
        parameter_format=template.parameter_format,
    )


def with_file(written: Written, file: TemplateFile | None) -> Written:
    """A sample counts for a header of its own kind only."""
    has = file is not None and file.kind.upper() == written.header.format
    return replace(written, header=replace(written.header, has_file=has))


def change_of(translation: TemplateTranslation) -> Change:
    there, here = at_meta(translation), current(translation)
    if there is None:
        return Change.METAS if translation.written is not None else Change.NONE
    if components(here) != components(there):
        return Change.METAS
    if here.header.format in MEDIA and translation.file and not here.header.has_file:
        # Without its file it could not be sent, and Meta would refuse it.
        return Change.METAS
    is_same = translation.draft_file_id == translation.file_id and all(
        source_of(translation.draft_sources, key, here.body)
        == source_of(translation.sources, key, here.body)
        for key in source_keys(here)
    )
    return Change.NONE if is_same else Change.OURS


def source_keys(written: Written) -> list[str]:
    """What a text has to be filled with: its fields, and the ends of its buttons' addresses."""
    if written.category == "AUTHENTICATION":
        return []
    ends = [f"button{n}.1" for n, one in enumerate(written.buttons) if "{{" in one.url]
    return [*slot_keys(written), *ends]


def start_template(
    *,
    waba: Waba,
    language: str,
    by: User,
    now: datetime,
    written: Written | None = None,
    sources: Sources | None = None,
    file: TemplateFile | None = None,
    client_id: uuid.UUID | None = None,
) -> TemplateTranslation:
    """A new name with one language; `written`, `sources` and `file` are what it begins with."""
    written = written or Written(language=language)
    with transaction.atomic():
        family = TemplateFamily.objects.create(
            company_id=waba.company_id,
            waba=waba,
            name=written.name,
            category=written.category,
            client_id=client_id,
            created_by=by,
            created_at=now,
        )
        row = _translation(family, language, written, sources or {}, file, by=by, now=now)
        events.audit(actor=by, verb="template_started", about=family, now=now)
    return row


def add_language(
    *,
    family: TemplateFamily,
    language: str,
    by: User,
    now: datetime,
    beginning: Written,
    sources: Sources,
    file: TemplateFile | None = None,
) -> TemplateTranslation:
    """Another language, or the one that there is; what it begins with is given."""
    with transaction.atomic():
        # Two presses must not make two.
        Waba.objects.select_for_update(no_key=True).get(pk=family.waba_id)
        TemplateFamily.objects.select_for_update(no_key=True).get(pk=family.pk)
        found = TemplateTranslation.objects.filter(family=family, language=language).first()
        if found is None and is_submitted(family):
            rows = MessageTemplate.objects.filter(waba=family.waba_id, name=family.name)
            there = rows.filter(language=language, is_gone=False).first()
            if there is not None:
                found = adopt(there, now=now)
        if found is None:
            found = _translation(family, language, beginning, sources, file, by=by, now=now)
            events.audit(
                actor=by, verb="template_language_added", about=family, now=now, language=language
            )
    return found


def _translation(
    family: TemplateFamily,
    language: str,
    written: Written,
    sources: Sources,
    file: TemplateFile | None,
    *,
    by: User,
    now: datetime,
) -> TemplateTranslation:
    row: TemplateTranslation = TemplateTranslation.objects.create(
        company_id=family.company_id,
        family=family,
        language=language,
        written=to_json(written),
        draft_sources=_plain(sources),
        draft_file=file,
        saved_at=now,
        saved_by=by,
    )
    return row


def _plain(sources: Sources) -> dict[str, dict[str, str]]:
    return {key: dict(one) for key, one in sources.items()}


def adopt(template: MessageTemplate, *, now: datetime) -> TemplateTranslation:
    """The place here of a template that Meta had first."""
    with transaction.atomic():
        family = family_of(template, now=now)
        row, _ = TemplateTranslation.objects.get_or_create(
            company_id=family.company_id,
            family=family,
            language=template.language,
            defaults={"saved_at": now, "submitted_at": now},
        )
    translation: TemplateTranslation = row
    return translation


def family_of(template: MessageTemplate, *, now: datetime) -> TemplateFamily:
    """Of several that people began under one name, the one whose name Meta has."""
    # Two people at once must not make two.
    Waba.objects.select_for_update(no_key=True).get(pk=template.waba_id)
    rows = TemplateFamily.objects.of_meta().filter(waba=template.waba_id, name=template.name)
    found: TemplateFamily | None = rows.order_by("pk").first()
    return found or TemplateFamily.objects.create(
        company_id=template.company_id,
        waba_id=template.waba_id,
        name=template.name,
        category=template.category,
        created_at=now,
    )


def save_draft(
    *,
    translation: TemplateTranslation,
    written: Written,
    sources: Sources,
    saving: Saving,
    by: User,
    now: datetime,
) -> TemplateTranslation:
    """Keeps what is typed. Raises `Overtaken` where another page than this one, of another person
    or in another tab, saved meanwhile. What one page typed earlier, and comes in later, is left."""
    with transaction.atomic():
        row = _held(translation.pk)
        data = to_json(written)
        is_ours = row.saved_from == saving.page
        if is_ours and saving.turn < row.saved_turn:
            return row
        if row.version != saving.version and not is_ours:
            raise Overtaken(row)
        _save_family(row, written, saving)
        row.written, row.saved_at, row.saved_by, row.refusal = data, now, by, ""
        # What was cut may come back.
        row.draft_sources = _plain({**row.draft_sources, **sources})
        row.version, row.saved_from, row.saved_turn = row.version + 1, saving.page, saving.turn
        row.save()
    return row


def _save_family(row: TemplateTranslation, written: Written, saving: Saving) -> None:
    """Name and category are written in every language's page: what this page did not change stays
    as others made it."""
    family = row.family
    name, was = written.name[:1000], saving.name[:1000]
    is_renamed, is_moved = name != was, written.category != saving.category
    if (is_renamed and family.name not in (was, name)) or (
        is_moved and family.category not in (saving.category, written.category)
    ):
        raise Overtaken(_last_saved(family))
    if is_renamed and name != family.name and not is_submitted(family):
        family.name = name
        # Meta's template of the new name, should there be one, is another.
        TemplateTranslation.objects.filter(family=family).update(submitted_at=None)
        row.submitted_at = None
    if is_moved:
        family.category = written.category
    family.save(update_fields=["name", "category"])


def _last_saved(family: TemplateFamily) -> TemplateTranslation:
    rows = TemplateTranslation.objects.filter(family=family).select_related("saved_by")
    last: TemplateTranslation = rows.latest("saved_at")
    return last


def put_file(
    *,
    translation: TemplateTranslation,
    file: TemplateFile | None,
    saving: Saving,
    by: User,
    now: datetime,
) -> None:
    """The header's file of what is being written; `file` is stored already. Raises `Overtaken`."""
    with transaction.atomic():
        row = _held(translation.pk)
        if row.version != saving.version and row.saved_from != saving.page:
            raise Overtaken(row)
        row.saved_from, row.saved_turn = saving.page, max(row.saved_turn, saving.turn)
        row.draft_file, row.saved_at, row.saved_by = file, now, by
        row.version += 1
        row.save()


def put_in_force(*, translation: TemplateTranslation, by: User, now: datetime) -> bool:
    """What is ours of a change takes effect; False where there is nothing of that kind, or Meta has
    to see it first."""
    with transaction.atomic():
        row = _held(translation.pk)
        template = row.template
        if row.version != translation.version or change_of(row) != Change.OURS or template is None:
            return False
        before = _in_use(row)
        row.take_over(row.draft_sources, row.draft_file_id)
        forget_writing(row)
        row.save()
        events.audit(
            actor=by,
            verb="template_fields_changed",
            about=template,
            now=now,
            name=template.name,
            language=template.language,
            before=before,
            after=_in_use(row),
        )
        events.publish(row.company_id, "templates", now=now)
    return True


def _in_use(row: TemplateTranslation) -> list[str]:
    """What it is sent with, for the audit trail: "first_name: name", and the file's name."""
    used = {key: one.get("field") or one.get("text", "") for key, one in row.sources.items()}
    sources = [f"{key}: {what}" for key, what in used.items() if what]
    return [*sources, *([row.file.filename or row.file.kind] if row.file else [])]


def forget_writing(row: TemplateTranslation) -> None:
    """Nothing is being written of it; a page that was drawn before is overtaken. To be saved."""
    row.written, row.version, row.saved_from = None, row.version + 1, ""


class Busy(Exception):
    """Meta is being asked about it at this moment."""


def discard(*, translation: TemplateTranslation, by: User, now: datetime) -> bool:
    """Forgets what is not sent; whether the language is gone altogether. Raises `Busy`."""
    with transaction.atomic():
        row = _held(translation.pk)
        if row.submitting_at is not None and row.submitting_at > now - SUBMIT_LEASE:
            raise Busy
        family = row.family
        events.audit(
            actor=by, verb="template_discarded", about=family, now=now, language=row.language
        )
        if row.template is not None:
            forget_writing(row)
            row.refusal = ""
            row.draft_sources, row.draft_file = row.sources, row.file
            family.category = row.template.category
            family.save(update_fields=["category"])
            row.save()
            return False
        leave(row, now=now)
    return True


def leave(row: TemplateTranslation, *, now: datetime) -> None:
    """Our side of a language that is gone; held with its family. The name's teams and stars stay
    with what Meta has of it, and go with the last of that."""
    family, was_submitted = row.family, row.submitted_at is not None
    row.delete()
    places = TemplateTranslation.objects.filter(family=family)
    if places.filter(submitted_at__isnull=False).exists():
        return
    others = MessageTemplate.objects.filter(waba=family.waba_id, name=family.name, is_gone=False)
    left = others.order_by("pk").first() if was_submitted else None
    if left is not None:
        places.update_or_create(
            company_id=family.company_id,
            family=family,
            language=left.language,
            defaults={"submitted_at": now},
            create_defaults={"submitted_at": now, "saved_at": now},
        )
    elif not places.exists():
        family.delete()


def held(pk: int) -> TemplateTranslation | None:
    """A language, held with its family until the transaction ends; None where it is gone. Locks are
    taken in this order everywhere: account, template, family, language."""
    rows = TemplateFamily.objects.filter(translations=pk).select_for_update(no_key=True)
    if rows.first() is None:
        return None
    languages = TemplateTranslation.objects.select_related("family__waba", "file", "draft_file")
    row: TemplateTranslation | None = (
        languages.select_for_update(no_key=True, of=("self",)).filter(pk=pk).first()
    )
    return row


def _held(pk: int) -> TemplateTranslation:
    """Raises `TemplateTranslation.DoesNotExist`."""
    row = held(pk)
    if row is None:
        raise TemplateTranslation.DoesNotExist("It is gone meanwhile.")
    return row
