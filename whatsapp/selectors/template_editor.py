"""The editor's page: what is typed, what Meta would say of it, and how a candidate would see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from django.utils import timezone

from whatsapp import figures
from whatsapp.figures.loader import ContentFigures
from whatsapp.message_templates.beside import around, is_submitted
from whatsapp.message_templates.drafts import Change, Sources, change_of, current, with_file
from whatsapp.message_templates.sources import source_of
from whatsapp.models import BulkRun, MessageTemplate, TemplateTranslation
from whatsapp.models.run import OVER as RUN_IS_OVER
from whatsapp.policy.template_rules import count_words, faults, has_fixed_category, is_variable
from whatsapp.policy.template_sentences import (
    NAME_IS_FREE,
    FaultSaid,
    say_body_is_fine,
    say_fault,
    say_field,
    say_in_list,
)
from whatsapp.policy.template_states import (
    KEPT,
    OVER,
    StatusSaid,
    can_go_on,
    say_status,
    say_writing,
)
from whatsapp.policy.written import SLOT, Around, Written, slot_keys
from whatsapp.selectors.template_category import CategoryChange, category_change
from whatsapp.selectors.template_choices import own_field
from whatsapp.selectors.template_look import Look, language_name, look_of
from whatsapp.selectors.template_places import id_of, place_of
from whatsapp.sending.values import fields_of


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One variable: where its text comes from, its sample, and what stands in for nothing."""

    key: str
    name: str
    field: str
    fallback: str
    sample: str
    hints: list[FaultSaid]

    @property
    def id(self) -> str:
        """Of letters that an id may have, whatever somebody wrote between the braces."""
        return id_of(self.key)


@dataclass(frozen=True, slots=True)
class ButtonRow:
    number: int
    type: str
    text: str
    url: str
    phone: str
    example: str
    has_variable: bool
    key: str
    field: str
    hints: list[FaultSaid]

    @property
    def place(self) -> str:
        return str(self.number)


@dataclass(frozen=True, slots=True)
class Tab:
    """One language of the name."""

    pk: int
    language: str
    label: str
    problems: int
    status: str
    tone: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class EditorView:
    """`hints` that belong to no single field are in `general`; `problems` are all that refuse."""

    translation: TemplateTranslation
    template: MessageTemplate | None
    status: StatusSaid
    category_change: CategoryChange | None
    written: Written
    name_is_fixed: bool
    category_is_fixed: bool
    change: Change
    name_hints: list[FaultSaid]
    category_hints: list[FaultSaid]
    header_hints: list[FaultSaid]
    body_hints: list[FaultSaid]
    footer_hints: list[FaultSaid]
    buttons_hints: list[FaultSaid]
    code_hints: list[FaultSaid]
    general: list[FaultSaid]
    problems: list[FaultSaid]
    fields: list[FieldRow]
    buttons: list[ButtonRow]
    tabs: list[Tab]
    look: Look
    most: ContentFigures

    @property
    def slots_key(self) -> str:
        """What the table of fields was drawn for."""
        return " ".join(row.key for row in self.fields)

    @property
    def jumps(self) -> list[tuple[str, str]]:
        """Where on the page each problem is, by the id, and its words."""
        found = []
        for one in self.problems:
            is_alone = sum(other.title == one.title for other in self.problems) == 1
            found.append((place_of(one.where), say_in_list(one, is_alone=is_alone)))
        return found

    @property
    def photo(self) -> int | None:
        """The key of the picture that stands above the text."""
        file = self.translation.draft_file
        is_shown = self.look.header_format == "IMAGE" and self.written.header.has_file
        return file.pk if file and is_shown and file.kind == "image" else None

    @property
    def name_is_fine(self) -> str:
        return "" if self.name_hints or self.name_is_fixed else NAME_IS_FREE

    @property
    def body_is_fine(self) -> str:
        body = self.written.body
        if any(one.refuses for one in self.body_hints):
            return ""
        return say_body_is_fine(len(SLOT.findall(body)), count_words(body))

    @property
    def has_most_buttons(self) -> bool:
        return len(self.buttons) >= self.most.template_buttons

    @property
    def writing(self) -> str:
        """What writing means while Meta has it in this state."""
        return say_writing(self.template.status) if self.template else ""

    @property
    def is_over(self) -> bool:
        """Whether nothing of it can be written any more."""
        return self.template is not None and self.template.status in OVER

    @property
    def can_delete(self) -> bool:
        return self.template is not None and self.template.status not in KEPT

    @property
    def can_go_on(self) -> bool:
        template = self.template
        return template is not None and can_go_on(template.status, template.paused_until)

    @property
    def stops_sending(self) -> bool:
        """Whether candidates cannot get it while Meta reviews what is submitted."""
        return self.template is not None and self.template.status == "APPROVED"

    @property
    def bulk_sends(self) -> int:
        """How many are not over, and would ask before the rest get another text."""
        return BulkRun.objects.filter(template=self.template).exclude(state__in=RUN_IS_OVER).count()

    @property
    def category_was(self) -> str:
        """What all languages had when this was drawn."""
        template = self.template if self.category_is_fixed else None
        return template.category if template else str(self.translation.family.category)

    @property
    def is_changed(self) -> bool:
        return self.change != Change.NONE

    @property
    def is_ours(self) -> bool:
        """Changed where Meta has nothing to review."""
        return self.change == Change.OURS

    @property
    def can_submit(self) -> bool:
        return not self.problems and (self.template is None or self.is_changed)


def editor_view(
    translation: TemplateTranslation,
    *,
    now: datetime,
    typed: Written | None = None,
    sources: Sources | None = None,
) -> EditorView:
    """`typed` and `sources` are what the form says, where they are not what is kept."""
    tz = timezone.get_current_timezone()
    written = current(translation) if typed is None else with_file(typed, translation.draft_file)
    sources = translation.draft_sources if sources is None else sources
    template = translation.template
    beside = replace(around(translation, written), siblings=_siblings(translation))
    change = change_of(translation) if typed is None else Change.METAS
    said = _said(written, beside, changed=change == Change.METAS, now=now, tz=tz)
    at: dict[str, list[FaultSaid]] = {}
    for one in said:
        at.setdefault(one.where, []).append(one)
    return EditorView(
        translation=translation,
        template=template,
        status=_status(template, tz),
        category_change=category_change(template, now=now),
        written=written,
        name_is_fixed=is_submitted(translation.family),
        category_is_fixed=template is not None and has_fixed_category(template.status),
        change=change,
        name_hints=at.get("name", []) + at.get("language", []),
        category_hints=at.get("category", []),
        header_hints=at.get("header", []),
        body_hints=at.get("body", []),
        footer_hints=at.get("footer", []),
        buttons_hints=at.get("buttons", []),
        code_hints=at.get("code", []),
        general=at.get("", []),
        problems=[one for one in said if one.refuses],
        fields=_fields(written, sources, at, fields_of(translation.company)),
        buttons=_buttons(written, sources, at),
        tabs=_tabs(translation, len([one for one in said if one.refuses]), now=now),
        look=look_of(written),
        most=figures.at(now).content,
    )


def _siblings(translation: TemplateTranslation) -> dict[str, str]:
    """The other languages of the name, by their text."""
    rows = translation.family.translations.exclude(pk=translation.pk)
    found = ((row, current(row).body.strip()) for row in rows.select_related("family__waba"))
    return {body: language_name(row.language) for row, body in found if body}


def _status(template: MessageTemplate | None, tz: tzinfo) -> StatusSaid:
    if template is None:
        return say_status("", reason="", paused_until=None, tz=tz)
    return say_status(
        template.status,
        reason=template.rejected_reason,
        paused_until=template.paused_until,
        tz=tz,
    )


def _said(
    written: Written, beside: Around, *, changed: bool, now: datetime, tz: tzinfo
) -> list[FaultSaid]:
    # What stands unchanged at Meta has nothing to be refused.
    if not changed and beside.status:
        return []
    return [say_fault(one, tz=tz) for one in faults(written, beside, now=now)]


def _fields(
    written: Written,
    sources: Sources,
    at: Mapping[str, list[FaultSaid]],
    known: Mapping[str, str],
) -> list[FieldRow]:
    """`known` are the fields of the ATS, by their keys."""
    if written.category == "AUTHENTICATION":
        return []
    rows = []
    for key in slot_keys(written):
        name = key.rpartition(".")[2]
        if not is_variable(name):
            # Under this name it never will be filled.
            continue
        source = source_of(sources, key, written.body)
        rows.append(
            FieldRow(
                key=key,
                name=say_field(key),
                field=source.get("field", "") or ("" if key in sources else own_field(name, known)),
                fallback=source.get("fallback", "") or source.get("text", ""),
                sample=written.samples.get(key, ""),
                hints=at.get(f"sample.{key}", []),
            )
        )
    return rows


def _buttons(
    written: Written, sources: Sources, at: Mapping[str, list[FaultSaid]]
) -> list[ButtonRow]:
    return [
        ButtonRow(
            number=number,
            type=one.type,
            text=one.text,
            url=one.url,
            phone=one.phone,
            example=one.example,
            has_variable=one.type == "URL" and "{{" in one.url,
            key=f"button{number}.1",
            field=sources.get(f"button{number}.1", {}).get("field", ""),
            hints=at.get(f"button.{number}", []),
        )
        for number, one in enumerate(written.buttons)
    ]


def _tabs(translation: TemplateTranslation, problems: int, *, now: datetime) -> list[Tab]:
    tabs, tz = [], timezone.get_current_timezone()
    languages = translation.family.translations.order_by("pk")
    rows = languages.select_related("family__waba", "draft_file")
    for row in rows:
        is_current = row.pk == translation.pk
        template = row.template
        if not is_current:
            text = current(row)
            beside = around(row, text)
            changed = change_of(row) == Change.METAS
            said = _said(text, beside, changed=changed, now=now, tz=tz)
            count = len([one for one in said if one.refuses])
        else:
            count = problems
        if template is not None and template.status in OVER:
            # Nobody can mend it.
            count = 0
        status = _status(template, tz)
        tabs.append(
            Tab(
                row.pk,
                row.language,
                language_name(row.language),
                count,
                status.label,
                status.tone,
                is_current,
            )
        )
    return tabs


def languages(now: datetime) -> Sequence[tuple[str, str]]:
    """Every one that Meta takes, by its name."""
    found = [(code, language_name(code)) for code in figures.at(now).templates.languages]
    return sorted(found, key=lambda one: one[1])
