"""Sign-in and password forms in the product's look."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import (
    AuthenticationForm,
    PasswordChangeForm,
    PasswordResetForm,
    SetPasswordForm,
)

from ats.forms.wording import name_what_is_missing


def _dress(form: forms.Form) -> None:
    form.use_required_attribute = False
    for field in form.fields.values():
        field.widget.attrs["class"] = "input"
    name_what_is_missing(form)


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": (
            "This e-mail address and password do not belong together. "
            "Check both, or have a new password sent."
        ),
        "inactive": "This account is closed. Ask your company admin to open it again.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)
        self.fields["username"].label = "E-mail"
        self.fields["username"].widget.attrs |= {"type": "email", "autocomplete": "username"}

    def clean_username(self) -> str:
        # One spelling, so that failed attempts are counted together whatever the case.
        return str(self.cleaned_data["username"]).strip().lower()


class ResetForm(PasswordResetForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)
        self.fields["email"].label = "E-mail"


class NewPasswordForm(SetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)
        self.fields["new_password1"].label = "New password"
        self.fields["new_password2"].label = "The same again"


class ChangePasswordForm(PasswordChangeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)
        self.fields["old_password"].label = "Present password"
        self.fields["new_password1"].label = "New password"
        self.fields["new_password2"].label = "The same again"
