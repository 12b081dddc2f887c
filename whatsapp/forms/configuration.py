"""The configuration page's own fields."""

from __future__ import annotations

from typing import Any

from django import forms

from ats.public import CandidateField, User, company_of, mobile_fields
from whatsapp.countries import country_choices, country_flag, country_name
from whatsapp.models import CompanySettings


class RecipientForm(forms.Form):
    """Which field holds the candidates' number, and which countries one may begin to write to."""

    # The version of what is kept, as the form was drawn.
    drawn = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    recipient_field = forms.ModelChoiceField(
        queryset=CandidateField.objects.none(),
        required=False,
        empty_label="None: nobody can be written to",
        error_messages={
            "invalid_choice": "This field is not one of your validated mobile numbers any more. "
            "Choose another one."
        },
    )
    allowed_countries = forms.MultipleChoiceField(
        choices=country_choices,
        required=False,
        error_messages={"invalid_choice": "%(value)s is not a country that WhatsApp numbers have."},
    )

    def __init__(self, data: Any = None, *, settings: CompanySettings, user: User) -> None:
        initial = {
            "recipient_field": settings.recipient_field_id,
            "allowed_countries": settings.allowed_countries,
            "drawn": settings.recipients_version,
        }
        super().__init__(data, initial=initial)
        ids = [field.pk for field in mobile_fields(company_of(user))]
        choice = self.fields["recipient_field"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = CandidateField.objects.filter(pk__in=ids)
        self.has_fields = bool(ids)
        self.settings = settings
        self.is_overtaken = False

    def overtaken(self) -> None:
        """Somebody else saved meanwhile. Saved again, what is typed here takes its place."""
        self.is_overtaken = True

    def version(self) -> str:
        return (
            self.settings.recipients_version
            if self.is_overtaken
            else str(self["drawn"].value() or "")
        )

    def kept_words(self) -> str:
        field = self.settings.recipient_field
        countries = ", ".join(country_name(code) for code in self.settings.allowed_countries)
        return f"{field.label if field else 'no field'}; {countries or 'worldwide'}"

    def chosen_countries(self) -> list[tuple[str, str, str]]:
        """What is chosen now, typed or stored, with names and flags."""
        chosen = self["allowed_countries"].value() or []
        return [(code, country_name(code), country_flag(code)) for code in chosen]

    def known_countries(self) -> list[tuple[str, str, str]]:
        return [(code, name, country_flag(code)) for code, name in country_choices()]
