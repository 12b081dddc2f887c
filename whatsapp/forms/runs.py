"""A new bulk run as it is typed: whom, from which number, which text, with what in it, when."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from ats.public import Company, Job, Stage, User, find_listed
from whatsapp.bulk.audience import chosen, filtered
from whatsapp.ids import whole_number
from whatsapp.meta import template_text
from whatsapp.models import MessageTemplate, Sender
from whatsapp.selectors.picker import Picker, picker
from whatsapp.sending.values import fields_of, sources_of

FILTER, PEOPLE, CHOSEN = "filter", "people", "chosen"
SHOWN_UNKNOWN = 5


@dataclass(frozen=True, slots=True)
class Slot:
    """One variable of the template, and where its text comes from: a field, or "" for `text`."""

    key: str
    label: str
    example: str
    field: str
    text: str
    error: str


@dataclass(frozen=True, slots=True)
class NewRun:
    """What `create_run` takes."""

    sender: Sender
    template: MessageTemplate
    values: dict[str, dict[str, str]]
    audience: dict[str, Any]
    starts_at: datetime | None
    name: str
    client_id: uuid.UUID


class RunForm(forms.Form):
    """The names of fields are those of the address, too, as far as the list of candidates has
    them."""

    client_id = forms.UUIDField()
    name = forms.CharField(max_length=120, required=False)
    sender = forms.ModelChoiceField(
        queryset=Sender.objects.none(),
        error_messages={
            "required": "Choose the number to write from.",
            "invalid_choice": "This number cannot be chosen any more. Choose another one.",
        },
    )
    template = forms.ModelChoiceField(
        queryset=MessageTemplate.objects.none(),
        error_messages={
            "required": "Choose the template that they get.",
            "invalid_choice": "This template does not belong to the number, or is gone. "
            "Choose another one.",
        },
    )
    who = forms.ChoiceField(
        choices=[(FILTER, "By job, stage or words"), (PEOPLE, "A list"), (CHOSEN, "Chosen")]
    )
    q = forms.CharField(max_length=100, required=False)
    job = forms.ModelChoiceField(queryset=Job.objects.none(), required=False)
    stage = forms.ChoiceField(choices=[("", "All stages"), *Stage.choices], required=False)
    people = forms.CharField(required=False, max_length=300_000)
    candidates = forms.CharField(required=False, max_length=3_000_000)
    when = forms.ChoiceField(choices=[("now", "Now"), ("later", "Later")])
    at = forms.DateTimeField(
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        error_messages={"invalid": "Write the time like 2026-11-23T08:00."},
    )

    def __init__(
        self, data: Mapping[str, Any], *, company: Company, user: User, now: datetime
    ) -> None:
        senders = Sender.objects.filter(is_gone=False, replaced_by=None).order_by("pk")
        usual = senders.filter(status="CONNECTED").first() or senders.first()
        defaults = {
            "client_id": str(uuid.uuid4()),
            "sender": str(usual.pk) if usual else "",
            "who": CHOSEN if data.get("candidates") else FILTER,
            "when": "now",
        }
        given = {key: data[key] for key in data if key != "csrfmiddlewaretoken"}
        typed = {key: value for key, value in given.items() if value or key not in defaults}
        super().__init__(defaults | typed)
        self.company, self.user, self.now = company, user, now
        self.senders = senders
        self._offer("sender", senders)
        self._offer("job", Job.objects.order_by("title", "location"))
        self.chosen_sender = senders.filter(pk=whole_number(self.data["sender"]) or 0).first()
        rows = MessageTemplate.objects.listed()
        self.templates = (
            rows.filter(waba=self.chosen_sender.waba_id) if self.chosen_sender else rows.none()
        )
        self._offer("template", self.templates)
        wanted = whole_number(self.data.get("template")) or 0
        self.chosen_template: MessageTemplate | None = self.templates.filter(pk=wanted).first()
        self.unknown: list[str] = []

    def _offer(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows

    @cached_property
    def picker(self) -> Picker:
        """What the person may choose from, in the company's language first."""
        return picker(
            self.chosen_sender.waba_id if self.chosen_sender else None,
            user=self.user,
            languages=[self.company.language],
            chosen=self.chosen_template,
        )

    def slots(self) -> list[Slot]:
        """The variables of the chosen template as they are typed, else as they are suggested."""
        row = self.chosen_template
        if row is None:
            return []
        found = template_text.variables(row.components, row.parameter_format)
        typed = any(f"field-{one.key}" in self.data for one in found)
        return [self._slot(one, {} if typed else self._sources, typed=typed) for one in found]

    @cached_property
    def _sources(self) -> dict[str, Mapping[str, str]]:
        return sources_of(self.chosen_template) if self.chosen_template else {}

    @cached_property
    def fields_to_fill_with(self) -> dict[str, str]:
        return fields_of(self.company)

    def _slot(
        self, one: template_text.Variable, sources: Mapping[str, Mapping[str, str]], *, typed: bool
    ) -> Slot:
        """As it is typed; before anything is, as whoever wrote the template chose."""
        source = sources.get(one.key, {})
        kept = source.get("fallback", "") or source.get("text", "")
        field = str(self.data.get(f"field-{one.key}", source.get("field", "")))
        text = str(self.data.get(f"text-{one.key}", kept)).strip()
        lacks = typed and not field and not text
        return Slot(
            key=one.key,
            label=f"Value {one.name}" if one.name.isdigit() else one.label.capitalize(),
            example=one.example,
            field=field if field in self.fields_to_fill_with else "",
            text=text,
            error="Write a text, or choose a field of the candidate." if lacks else "",
        )

    def values(self) -> dict[str, dict[str, str]]:
        """As `BulkRun.values` keeps them."""
        return {
            one.key: {"field": one.field, **({"fallback": one.text} if one.text else {})}
            if one.field
            else {"text": one.text}
            for one in self.slots()
        }

    def audience(self) -> dict[str, Any]:
        """Of whatever is typed, also where it is nobody; `unknown` are lines that are nobody's."""
        who = self.data.get("who")
        if who == CHOSEN:
            ids = map(whole_number, str(self.data.get("candidates", "")).split(","))
            return chosen(pk for pk in ids if pk is not None)
        if who == PEOPLE:
            listed = find_listed(str(self.data.get("people", "")), self.company.default_country)
            self.unknown = listed.unknown
            return chosen(listed.candidate_ids)
        return filtered(
            words=str(self.data.get("q", "")),
            job_id=whole_number(str(self.data.get("job", ""))),
            stage=str(self.data.get("stage", "")),
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("when") == "later" and "at" not in self.errors:
            at = given.get("at")
            if at is None:
                self.add_error("at", "Choose the day and time at which it begins.")
            elif at <= self.now:
                self.add_error("at", "This time is over. Choose a later one, or send now.")
        if any(one.error for one in self.slots()):
            raise ValidationError("Some values of the text are missing.")
        return given

    def new_run(self) -> NewRun:
        """Of a form that is valid."""
        given = self.cleaned_data
        return NewRun(
            sender=given["sender"],
            template=given["template"],
            values=self.values(),
            audience=self.audience(),
            starts_at=given["at"] if given["when"] == "later" else None,
            name=given["name"],
            client_id=given["client_id"],
        )
