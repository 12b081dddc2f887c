"""What ops choose among webhooks, in an address or with a press of “Apply again”."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from whatsapp.models import ItemState
from whatsapp.selectors.webhook_selection import Selection, moment


class MomentField(forms.CharField):
    """A day or a time in UTC, as `moment` reads it."""

    def __init__(self, *, is_end: bool = False, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=40, **kwargs)
        self.is_end = is_end

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        try:
            return moment(text, is_end=self.is_end) if text else None
        except ValueError as problem:
            raise ValidationError(str(problem)) from None


class SelectionForm(forms.Form):
    """Names of fields are those of the address, too."""

    state = forms.ChoiceField(choices=ItemState.choices, required=False)
    field = forms.CharField(required=False, max_length=48)
    account = forms.CharField(required=False, max_length=32, label="WABA or number id")
    since = MomentField()
    until = MomentField(is_end=True)
    like = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        since, until = given.get("since"), given.get("until")
        if since and until and since >= until:
            self.add_error("until", "This is before the time in “from”.")
        return given

    def selection(self) -> Selection:
        given = self.cleaned_data
        return Selection(
            states=(given["state"] or ItemState.PARKED,),
            field=given["field"],
            account=given["account"],
            since=given["since"],
            until=given["until"],
            like=given["like"],
        )
