"""Where a new template begins: empty, from our library, or from another one of the company."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import IntegrityError, transaction

from ats.public import User
from whatsapp.message_templates.drafts import (
    Sources,
    add_language,
    current,
    start_template,
    written_at,
)
from whatsapp.message_templates.starters import Starter
from whatsapp.meta.template_text import unsupported
from whatsapp.models import (
    MessageTemplate,
    TemplateFamily,
    TemplateFile,
    TemplateTranslation,
    Waba,
)
from whatsapp.policy.template_states import say_unwritable
from whatsapp.policy.written import Written


@dataclass(frozen=True, slots=True)
class Beginning:
    """One language: what it says, what fills it, and the header's file."""

    written: Written
    sources: Sources = field(default_factory=dict)
    file: TemplateFile | None = None


def start_empty(
    *, waba: Waba, languages: Sequence[str], by: User, client_id: uuid.UUID, now: datetime
) -> TemplateTranslation:
    """The first of `languages`, which are in the order of the page."""
    beginnings = [Beginning(Written(language=one)) for one in languages]
    return _start(waba, beginnings, by=by, client_id=client_id, now=now)


def start_from_library(
    *,
    starter: Starter,
    waba: Waba,
    languages: Sequence[str],
    by: User,
    client_id: uuid.UUID,
    now: datetime,
) -> TemplateTranslation:
    name = free_name(waba, starter.name)
    beginnings = [
        Beginning(replace(starter.written(code), name=name), starter.sources(code))
        for code in languages
    ]
    return _start(waba, beginnings, by=by, client_id=client_id, now=now)


def why_no_copy(template: MessageTemplate) -> str:
    """Why no template can start from it, a sentence: one of its languages has parts that cannot be
    written here. Empty where it can."""
    rows = MessageTemplate.objects.filter(waba=template.waba_id, name=template.name, is_gone=False)
    parts = dict.fromkeys(part for row in rows for part in unsupported(row.components))
    return say_unwritable(template.name, list(parts))


def start_from_copy(
    *, template: MessageTemplate, waba: Waba, by: User, client_id: uuid.UUID, now: datetime
) -> TemplateTranslation:
    """Every language of the name that Meta has, the one of `template` first, with what is written
    here and not submitted yet."""
    rows = MessageTemplate.objects.filter(waba=template.waba_id, name=template.name, is_gone=False)
    all_rows = sorted(rows, key=lambda row: (row.pk != template.pk, row.pk))
    here = {row.language: row for row in _translations(template)}
    name = free_name(waba, template.name)
    beginnings = []
    for row in all_rows:
        known = here.get(row.language)
        one = Beginning(written_at(row))
        if known is not None:
            one = Beginning(current(known), known.draft_sources, known.draft_file)
        # All languages of a name share the category, also where Meta moved one of them.
        written = replace(one.written, name=name, category=template.category)
        beginnings.append(replace(one, written=written))
    return _start(waba, beginnings, by=by, client_id=client_id, now=now)


def _translations(template: MessageTemplate) -> list[TemplateTranslation]:
    rows = TemplateTranslation.objects.of_names(template.waba_id, [template.name])
    return list(rows.select_related("family__waba", "draft_file"))


def _start(
    waba: Waba,
    beginnings: Sequence[Beginning],
    *,
    by: User,
    client_id: uuid.UUID,
    now: datetime,
) -> TemplateTranslation:
    """`client_id` names the press: again, it answers with the template of the first time."""
    try:
        with transaction.atomic():
            return _begin(waba, beginnings, by=by, client_id=client_id, now=now)
    except IntegrityError:
        rows = TemplateTranslation.objects.filter(family__client_id=client_id)
        begun: TemplateTranslation | None = rows.order_by("pk").first()
        if begun is None:
            raise
        return begun


def _begin(
    waba: Waba,
    beginnings: Sequence[Beginning],
    *,
    by: User,
    client_id: uuid.UUID,
    now: datetime,
) -> TemplateTranslation:
    head, *rest = beginnings
    first = start_template(
        waba=waba,
        language=head.written.language,
        by=by,
        now=now,
        written=head.written,
        sources=head.sources,
        file=head.file,
        client_id=client_id,
    )
    for one in rest:
        add_language(
            family=first.family,
            language=one.written.language,
            by=by,
            now=now,
            beginning=one.written,
            sources=one.sources,
            file=one.file,
        )
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
