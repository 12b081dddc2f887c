"""Forms of the company's structure: candidate fields and jobs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from ats.forms.wording import name_what_is_missing
from ats.models import CandidateField, Company, FieldType, Team, User


class CandidateFieldForm(forms.Form):
    label = forms.CharField(
        label="Name", max_length=80, widget=forms.TextInput(attrs={"class": "input"})
    )
    type = forms.ChoiceField(choices=FieldType.choices)
    choices = forms.CharField(
        required=False,
        help_text="Only for the type Choice: one in each line.",
        widget=forms.Textarea(attrs={"class": "input", "rows": 3}),
    )
    required = forms.BooleanField(label="Every candidate needs it", required=False)

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name_what_is_missing(self)

    def clean_label(self) -> str:
        label: str = self.cleaned_data["label"]
        if CandidateField.objects.filter(label__iexact=label).exists():
            raise ValidationError(
                f"There is a field “{label}” already. Choose another name, or use that one."
            )
        return label

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        lines = [line.strip() for line in data.get("choices", "").splitlines()]
        self.choice_list = list(dict.fromkeys(line for line in lines if line))
        if data.get("type") == FieldType.CHOICE:
            if len(self.choice_list) < 2:
                self.add_error("choices", "A choice needs at least two answers, one in each line.")
            elif any(len(choice) > 80 for choice in self.choice_list):
                self.add_error("choices", "Each answer may have up to 80 characters. Shorten it.")
        else:
            self.choice_list = []
        return data


class TeamForm(forms.Form):
    name = forms.CharField(max_length=80, widget=forms.TextInput(attrs={"class": "input"}))

    use_required_attribute = False

    def __init__(self, *args: Any, company: Company, team: Team | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.team = team
        self.fields["members"] = forms.ModelMultipleChoiceField(
            queryset=User.objects.filter(company=company, is_active=True),
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )
        name_what_is_missing(self)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = Team.objects.filter(name__iexact=name)
        if self.team is not None:
            others = others.exclude(pk=self.team.pk)
        if others.exists():
            raise ValidationError(
                f"There is a team “{name}” already. Choose another name, or use that one."
            )
        return name


class JobForm(forms.Form):
    title = forms.CharField(max_length=120, widget=forms.TextInput(attrs={"class": "input"}))
    location = forms.CharField(max_length=120, widget=forms.TextInput(attrs={"class": "input"}))
    address = forms.CharField(
        max_length=200,
        required=False,
        help_text="Where interviews take place, unless another place is named.",
        widget=forms.TextInput(attrs={"class": "input"}),
    )
    recruiter = forms.ChoiceField(required=False)

    use_required_attribute = False

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {
            str(person.pk): person
            for person in User.objects.filter(company=company, is_active=True)
        }
        self.fields["recruiter"] = forms.ChoiceField(
            required=False,
            choices=[("", "Nobody yet"), *((pk, p.full_name) for pk, p in self.people.items())],
        )
        name_what_is_missing(self)

    def chosen_recruiter(self) -> User | None:
        return self.people.get(self.cleaned_data["recruiter"])
