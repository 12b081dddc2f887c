"""Where a new template begins: empty, from our library, or from another one of the company."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from ats.public import User
from whatsapp.message_templates.build import written_of
from whatsapp.message_templates.drafts import (
    Sources,
    add_language,
    current,
    put_file,
    start_template,
)
from whatsapp.message_templates.starters import Starter
from whatsapp.models import MessageTemplate, TemplateFamily, TemplateTranslation, Waba
from whatsapp.policy.written import Written


def start_empty(
    *, waba: Waba, languages: Sequence[str], by: User, now: datetime
) -> TemplateTranslation:
    """The first of `languages`, which are in the order of the page."""
    beginnings = [Written(language=code) for code in languages]
    return _start(waba, beginnings, {}, by=by, now=now)


def start_from_library(
    *, starter: Starter, waba: Waba, languages: Sequence[str], by: User, now: datetime
) -> TemplateTranslation:
    name = free_name(waba, starter.name)
    beginnings = [replace(starter.written(code), name=name) for code in languages]
    return _start(waba, beginnings, starter.sources(languages), by=by, now=now)


def start_from_copy(
    *, template: MessageTemplate, waba: Waba, by: User, now: datetime
) -> TemplateTranslation:
    """Every language of the name that Meta has, the one of `template` first, with what is written
    here and not submitted yet."""
    rows = MessageTemplate.objects.filter(waba=template.waba_id, name=template.name, is_gone=False)
    all_rows = sorted(rows, key=lambda row: (row.pk != template.pk, row.pk))
    families = TemplateFamily.objects.filter(waba=template.waba_id, name=template.name)
    family = families.filter(translations__submitted_at__isnull=False).order_by("pk").first()
    here = {row.language: row for row in _translations(family)}
    name = free_name(waba, template.name)
    beginnings = []
    for row in all_rows:
        known = here.get(row.language)
        written = current(known) if known is not None else _at_meta(row)
        # All languages of a name share the category, also where Meta moved one of them.
        beginnings.append(replace(written, name=name, category=template.category))
    sources = family.sources if family is not None else {}
    with transaction.atomic():
        first = _start(waba, beginnings, sources, by=by, now=now)
        for copy in first.family.translations.all():
            known = here.get(copy.language)
            if known is not None and known.file is not None:
                put_file(translation=copy, file=known.file, by=by, now=now)
    return first


def _translations(family: TemplateFamily | None) -> list[TemplateTranslation]:
    if family is None:
        return []
    rows = TemplateTranslation.objects.filter(family=family, submitted_at__isnull=False)
    return list(rows.select_related("family__waba", "file"))


def _at_meta(row: MessageTemplate) -> Written:
    return written_of(
        row.components,
        name=row.name,
        language=row.language,
        category=row.category,
        parameter_format=row.parameter_format,
    )


def _start(
    waba: Waba, beginnings: Sequence[Written], sources: Sources, *, by: User, now: datetime
) -> TemplateTranslation:
    head, *rest = beginnings
    with transaction.atomic():
        first = start_template(
            waba=waba, language=head.language, by=by, now=now, written=head, sources=sources
        )
        for one in rest:
            add_language(family=first.family, language=one.language, by=by, now=now, beginning=one)
    return first


def free_name(waba: Waba, name: str) -> str:
    """`name`, or it with the first number that makes it a name nobody has at this WABA. One that
    Meta keeps of a deleted template counts as had."""
    rows = MessageTemplate.objects.filter(waba=waba, name__startswith=name)
    drafts = TemplateFamily.objects.filter(waba=waba, name__startswith=name)
    taken = {*rows.values_list("name", flat=True), *drafts.values_list("name", flat=True)}
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name[:500]}_{number}"
    return found
