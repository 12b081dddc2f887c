"""The form of a candidate: name, e-mail and the company's own typed fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from ats.field_values import MAX_LENGTH, ReadValue, ValueRefused, read_email, read_value
from ats.forms.wording import name_what_is_missing
from ats.locales import languages, timezones
from ats.models import Candidate, CandidateField, Company, FieldType, Job, JobStatus


class CandidateForm(forms.Form):
    first_name = forms.CharField(max_length=80)
    last_name = forms.CharField(max_length=80, required=False)
    email = forms.CharField(
        label="E-mail", max_length=254, required=False, widget=forms.EmailInput()
    )
    language = forms.ChoiceField(
        label="Language", required=False, help_text="That they read best: messages begin with it."
    )
    timezone = forms.ChoiceField(
        label="Time zone", required=False, help_text="Where they are: interviews are told in it."
    )
    job = forms.ChoiceField(label="Applies for", required=False)

    def __init__(
        self, *args: Any, company: Company, candidate: Candidate | None = None, **kwargs: Any
    ) -> None:
        self.company = company
        self.candidate = candidate
        self.company_fields = list(CandidateField.objects.order_by("position", "id"))
        if candidate is not None:
            kwargs.setdefault("initial", _initial(candidate))
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        self._offer("language", languages().items(), candidate.language if candidate else "")
        zones = [(name, name.replace("_", " ")) for name in timezones()]
        self._offer("timezone", zones, candidate.timezone if candidate else "")
        if candidate is None:
            self.fields["job"] = forms.ChoiceField(
                label="Applies for", required=False, choices=_open_jobs()
            )
        else:
            del self.fields["job"]
        for field in self.company_fields:
            self.fields[_name(field)] = _form_field(field)
        for form_field in self.fields.values():
            form_field.widget.attrs["class"] = "input"
        name_what_is_missing(self)

    def _offer(self, name: str, choices: Iterable[tuple[str, str]], kept: str) -> None:
        """What the candidate has stays to be chosen, whatever it is."""
        offered = [("", "As your company’s"), *choices]
        if kept and kept not in dict(offered):
            offered.append((kept, kept))
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = offered

    def clean_email(self) -> str:
        typed = self.cleaned_data["email"].strip()
        if not typed:
            return ""
        try:
            return read_email(typed)
        except ValueRefused as refused:
            raise ValidationError(str(refused)) from refused

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        self.values: dict[int, ReadValue | None] = {}
        for field in self.company_fields:
            try:
                self.values[field.pk] = read_value(
                    field, data.get(_name(field)) or "", self.company.default_country
                )
            except ValueRefused as refused:
                if _name(field) not in self.errors:
                    self.add_error(_name(field), str(refused))
        return data

    def chosen_job(self) -> Job | None:
        chosen = self.cleaned_data.get("job")
        return Job.objects.filter(pk=int(chosen)).first() if chosen else None

    def own_fields(self) -> list[forms.BoundField]:
        return [self[_name(field)] for field in self.company_fields]


def _name(field: CandidateField) -> str:
    return f"field_{field.pk}"


def _initial(candidate: Candidate) -> dict[str, Any]:
    initial: dict[str, Any] = {
        "first_name": candidate.first_name,
        "last_name": candidate.last_name,
        "email": candidate.email,
        "language": candidate.language,
        "timezone": candidate.timezone,
    }
    for value in candidate.values.all():
        initial[f"field_{value.field_id}"] = value.value
    return initial


def _open_jobs() -> list[tuple[str, str]]:
    jobs = Job.objects.filter(status=JobStatus.OPEN)
    return [("", "No job yet"), *((str(job.pk), str(job)) for job in jobs)]


def _form_field(field: CandidateField) -> forms.Field:
    """Text throughout: the type's own reader decides, so that form and CSV refuse alike.

    `required` is left to that reader as well, and only shown here.
    """
    widgets: dict[str, forms.Widget] = {
        FieldType.EMAIL: forms.EmailInput(),
        FieldType.DATE: forms.DateInput(attrs={"type": "date"}),
        FieldType.NUMBER: forms.TextInput(attrs={"inputmode": "decimal"}),
        FieldType.MOBILE: forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    }
    if field.type == FieldType.CHOICE:
        widget: forms.Widget = forms.Select(
            choices=[("", "Not chosen"), *((choice, choice) for choice in field.choices)]
        )
    else:
        widget = widgets.get(field.type, forms.TextInput())
    form_field = forms.CharField(
        label=field.label, required=False, max_length=MAX_LENGTH, widget=widget
    )
    form_field.is_needed = field.required  # type: ignore[attr-defined]
    if field.type == FieldType.MOBILE:
        form_field.help_text = "With country code, for example +39 320 555 0142."
    return form_field
