"""What the forms say where Django would say “This field is required.”"""

from __future__ import annotations

from django import forms
from django.forms.utils import pretty_name


def name_what_is_missing(form: forms.BaseForm) -> None:
    """Each message names its field, so that it is understood when read out on its own."""
    for name, field in form.fields.items():
        label = field.label or pretty_name(name)
        field.error_messages["required"] = f"{label} is empty: fill it in."
