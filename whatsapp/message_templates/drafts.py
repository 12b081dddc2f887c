"""What people write of templates here: kept as it is typed, whatever Meta would say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from ats.public import User
from whatsapp import events, figures
from whatsapp.message_templates.build import components, written_of
from whatsapp.models import (
    MessageTemplate,
    TemplateFamily,
    TemplateFile,
    TemplateTranslation,
    Waba,
)
from whatsapp.policy.written import Around, Button, CodeText, Header, Written

Sources = Mapping[str, Mapping[str, str]]


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
    for name in ("has_file", "file_problem"):
        del data["header"][name]
    return data


def from_json(data: Mapping[str, Any], translation: TemplateTranslation) -> Written:
    template = translation.template
    is_fixed = template is not None and template.status == "APPROVED"
    header, code = data.get("header", {}), data.get("code", {})
    return Written(
        name=translation.family.name,
        language=translation.language,
        # Meta fixes the category of what it approved, and may move it.
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
    return with_file(written, translation.file)


def at_meta(translation: TemplateTranslation) -> Written | None:
    template = translation.template
    if template is None:
        return None
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


def is_changed(translation: TemplateTranslation) -> bool:
    """Whether something is written that Meta does not have."""
    if translation.written is None:
        return False
    there = at_meta(translation)
    here = from_json(translation.written, translation)
    return there is None or components(here) != components(there)


def around(translation: TemplateTranslation) -> Around:
    """What the rules must know of the templates beside it."""
    family, template = translation.family, translation.template
    rows = MessageTemplate.objects.filter(waba=family.waba_id)
    listed = list(rows.filter(is_gone=False))
    has_name = any(row.name == family.name for row in listed) and is_submitted(family)
    gone = rows.filter(is_gone=True, gone_at__isnull=False).values_list("name", "gone_at")
    others = [row for row in listed if template is None or row.pk != template.pk]
    return Around(
        taken=frozenset() if has_name else frozenset(row.name for row in listed),
        texts=frozenset(_text_of(row) for row in others if row.category != "AUTHENTICATION"),
        waits={name: at + figures.at(at).templates.name_wait for name, at in gone if at},
        count=len(listed),
        is_verified=family.waba.business_verification.lower() == "verified",
        status=template.status if template else "",
        approved_category=template.category if template else "",
        edits=tuple(datetime.fromisoformat(at) for at in translation.edits),
    )


def _text_of(row: MessageTemplate) -> tuple[str, str]:
    by_kind = {str(one.get("type", "")).upper(): one for one in row.components}
    body, footer = by_kind.get("BODY", {}), by_kind.get("FOOTER", {})
    return str(body.get("text", "")).strip(), str(footer.get("text", "")).strip()


def is_submitted(family: TemplateFamily) -> bool:
    """Whether Meta has one of its languages: then its name is fixed."""
    rows = TemplateTranslation.objects.filter(family=family, submitted_at__isnull=False)
    at_meta = MessageTemplate.objects.filter(waba=family.waba_id, name=family.name, is_gone=False)
    return rows.exists() and at_meta.exists()


def start_template(
    *,
    waba: Waba,
    language: str,
    by: User,
    now: datetime,
    written: Written | None = None,
    sources: Sources | None = None,
) -> TemplateTranslation:
    """A new name with one language; `written` and `sources` are what it begins with."""
    written = written or Written(language=language)
    with transaction.atomic():
        family = TemplateFamily.objects.create(
            company_id=waba.company_id,
            waba=waba,
            name=written.name,
            category=written.category,
            sources=dict(sources or {}),
            created_by=by,
            created_at=now,
        )
        row = _translation(family, language, written, by=by, now=now)
        events.audit(actor=by, verb="template_started", about=family, now=now)
    return row


def add_language(
    *, family: TemplateFamily, language: str, by: User, now: datetime, beginning: Written
) -> TemplateTranslation:
    """Another language, or the one that there is. It begins with what `beginning` says."""
    found = TemplateTranslation.objects.filter(family=family, language=language).first()
    if found is None and is_submitted(family):
        rows = MessageTemplate.objects.filter(waba=family.waba_id, name=family.name)
        there = rows.filter(language=language, is_gone=False).first()
        if there is not None:
            found = adopt(there, now=now)
    return found or _translation(family, language, beginning, by=by, now=now)


def _translation(
    family: TemplateFamily, language: str, written: Written, *, by: User, now: datetime
) -> TemplateTranslation:
    row: TemplateTranslation = TemplateTranslation.objects.create(
        company_id=family.company_id,
        family=family,
        language=language,
        written=to_json(written),
        saved_at=now,
        saved_by=by,
    )
    return row


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
    rows = TemplateFamily.objects.filter(waba=template.waba_id, name=template.name)
    submitted = rows.filter(translations__submitted_at__isnull=False).order_by("pk").first()
    found: TemplateFamily | None = submitted
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
    version: int,
    page: str,
    by: User,
    now: datetime,
) -> TemplateTranslation:
    """Keeps what is typed. Raises `Overtaken` where another page than this one, of another person
    or in another tab, saved after `version`."""
    with transaction.atomic():
        row = _held(translation.pk)
        data = to_json(written)
        if row.version != version and row.saved_from != page and row.written != data:
            raise Overtaken(row)
        row.written, row.saved_at, row.saved_by, row.refusal = data, now, by, ""
        row.version, row.saved_from = row.version + 1, page
        row.save(
            update_fields=["written", "saved_at", "saved_by", "saved_from", "refusal", "version"]
        )
        _save_family(row.family, written, sources)
    return row


def _save_family(family: TemplateFamily, written: Written, sources: Sources) -> None:
    if not is_submitted(family) and family.name != written.name:
        family.name = written.name[:1000]
        # Meta's template of the new name, should there be one, is another.
        TemplateTranslation.objects.filter(family=family).update(submitted_at=None)
    family.category = written.category
    # Other languages have fields of their own.
    merged = {**family.sources, **{key: dict(one) for key, one in sources.items()}}
    family.sources = {key: one for key, one in merged.items() if one}
    family.save(update_fields=["name", "category", "sources"])


def put_file(
    *, translation: TemplateTranslation, file: TemplateFile | None, by: User, now: datetime
) -> None:
    """The header's sample; `file` is stored already."""
    with transaction.atomic():
        row = _held(translation.pk)
        row.file, row.saved_at, row.saved_by = file, now, by
        row.save(update_fields=["file", "saved_at", "saved_by"])


def discard(*, translation: TemplateTranslation, by: User, now: datetime) -> bool:
    """Forgets what Meta does not have; whether the language is gone altogether."""
    with transaction.atomic():
        row = _held(translation.pk)
        family = row.family
        events.audit(
            actor=by, verb="template_discarded", about=family, now=now, language=row.language
        )
        if row.template is not None:
            row.written, row.refusal, row.version = None, "", row.version + 1
            family.category = row.template.category
            family.save(update_fields=["category"])
            row.save(update_fields=["written", "refusal", "version"])
            return False
        row.delete()
        if not family.translations.exists():
            family.delete()
    return True


def _held(pk: int) -> TemplateTranslation:
    rows = TemplateTranslation.objects.select_related("family__waba", "file")
    row: TemplateTranslation = rows.select_for_update(no_key=True, of=("self",)).get(pk=pk)
    return row
