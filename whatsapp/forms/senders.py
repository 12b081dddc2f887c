"""What is typed to add, verify, connect and name a sender."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from ats.public import InvalidMobileNumber, parse_mobile
from whatsapp import figures
from whatsapp.models import Sender, Waba

METHODS = [("SMS", "Text message"), ("VOICE", "Call (for a landline)")]
# Of the languages that Meta sends codes in, those that companies here ask for; the rest of the
# list is long, and a code is digits in all of them.
LANGUAGES = [
    ("en_US", "English"),
    ("ar", "Arabic"),
    ("nl", "Dutch"),
    ("fr", "French"),
    ("de", "German"),
    ("hi", "Hindi"),
    ("id", "Indonesian"),
    ("it", "Italian"),
    ("pl", "Polish"),
    ("pt_BR", "Portuguese"),
    ("ro", "Romanian"),
    ("es", "Spanish"),
    ("sw", "Swahili"),
    ("tr", "Turkish"),
    ("uk", "Ukrainian"),
]
_ADDRESS = re.compile(r"(https?:|www\.|\.(com|org|net|io)\b|@)", re.IGNORECASE)


def _input(**attrs: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "input", "autocomplete": "off", **attrs})


class Labelled(forms.Form):
    """The two names that are the company's own."""

    friendly_name = forms.CharField(
        label="Friendly name",
        max_length=75,
        help_text="Only your team sees it.",
        widget=_input(),
        error_messages={
            "required": "Friendly name is empty: write what your team calls this number, for "
            "example “Rome hiring”.",
        },
    )
    label = forms.CharField(
        label="Label",
        required=False,
        max_length=3,
        help_text="Three letters, for lists. Empty: from the friendly name.",
        widget=_input(size=5, maxlength=3, autocapitalize="characters"),
        error_messages={"max_length": "A label has three letters, for example ROM."},
    )

    use_required_attribute = False

    def clean_label(self) -> str:
        label = str(self.cleaned_data["label"]).strip().upper()
        if label and not re.fullmatch(r"[A-Z]{3}", label):
            raise ValidationError("A label has three letters from A to Z, for example ROM.")
        return label


class AddForm(Labelled):
    """A number, as it is dialled, and the name that candidates will see."""

    number = forms.CharField(
        label="Mobile number",
        max_length=40,
        widget=_input(type="tel", inputmode="tel"),
        help_text="A landline will do. It must not be in use in any WhatsApp app.",
        error_messages={
            "required": "Mobile number is empty: type the number to add, for example "
            "+39 06 555 0173.",
        },
    )
    display_name = forms.CharField(
        label="Display name",
        widget=_input(),
        help_text="Candidates see it, and Meta reviews it: it names your company, as on your "
        "website, without web addresses or signs.",
        error_messages={
            "required": "Display name is empty: write the name that candidates are to see, for "
            "example “Caravella Hotels Careers”.",
        },
    )
    waba = forms.ModelChoiceField(
        label="WhatsApp account",
        queryset=Waba.objects.none(),
        empty_label=None,
        error_messages={"invalid_choice": "This account is not yours any more. Choose another."},
    )

    field_order = ["number", "display_name", "friendly_name", "label", "waba"]

    def __init__(self, data: Any = None, *, region: str, now: datetime) -> None:
        super().__init__(data)
        self.region, self.now = region, now
        choice = self.fields["waba"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = Waba.objects.filter(is_gone=False).order_by("pk")
        self.only_waba = choice.queryset.first() if choice.queryset.count() == 1 else None
        if self.only_waba:
            choice.required = False

    def clean_number(self) -> str:
        return read_number(self.cleaned_data["number"], self.region)

    def clean_display_name(self) -> str:
        return read_display_name(self.cleaned_data["display_name"], self.now)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "waba" not in self.errors:
            data["waba"] = data.get("waba") or self.only_waba
        return data


def read_number(text: str, region: str) -> str:
    """E.164, or a `ValidationError` that says what is wrong."""
    try:
        return parse_mobile(text, region)
    except InvalidMobileNumber as problem:
        raise ValidationError(
            f"This is not a number that can be added: {problem.why}. Type it with its country "
            "code, for example +39 06 555 0173."
        ) from problem


def read_display_name(text: str, now: datetime) -> str:
    """Refuses only what is sure: whether a name is the company's, people at Meta decide."""
    name = " ".join(str(text).split())
    bounds = figures.at(now).numbers
    if not bounds.display_name_least <= len(name) <= bounds.display_name:
        count = "1 character" if len(name) == 1 else f"{len(name)} characters"
        raise ValidationError(
            f"The display name has {count}; Meta takes "
            f"{bounds.display_name_least} to {bounds.display_name}."
        )
    if _ADDRESS.search(name):
        raise ValidationError(
            "Meta declines names with a web or e-mail address. Write the company’s name alone."
        )
    if any(unicodedata.category(c) in ("So", "Cs", "Co") for c in name):
        raise ValidationError("Meta declines names with emoji or symbols. Take them out.")
    return name


class DisplayNameForm(forms.Form):
    """The name that candidates see, asked for anew."""

    display_name = forms.CharField(
        label="New display name",
        widget=_input(),
        help_text="It names your company, as on your website, without web addresses or signs.",
        error_messages={"required": "Write the name that candidates are to see."},
    )

    use_required_attribute = False

    def __init__(self, data: Any = None, *, sender: Sender, now: datetime) -> None:
        is_ready = sender.new_name_status == "APPROVED"
        asked = "" if is_ready else sender.new_display_name
        super().__init__(data, initial={"display_name": asked})
        self.sender, self.now = sender, now

    def clean_display_name(self) -> str:
        name = read_display_name(self.cleaned_data["display_name"], self.now)
        if name == self.sender.verified_name:
            raise ValidationError("Candidates see this name already. Write another one.")
        if name == self.sender.new_display_name and self.sender.new_name_status == "APPROVED":
            raise ValidationError("Meta has approved this name already. Press “Use it” above.")
        return name


class AskCodeForm(forms.Form):
    method = forms.ChoiceField(
        label="Send the code by",
        choices=METHODS,
        initial="SMS",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a text message or a call."},
    )
    language = forms.ChoiceField(
        label="Language of the message", choices=LANGUAGES, initial="en_US"
    )


class Digits(forms.CharField):
    """Digits that people type with spaces or dashes between."""

    def __init__(self, *, count: int, what: str, **kwargs: Any) -> None:
        attrs = {"class": "input u-num", "inputmode": "numeric", "maxlength": 12}
        widget = forms.TextInput(attrs=attrs | kwargs.pop("attrs", {}))
        super().__init__(widget=widget, max_length=20, **kwargs)
        self.count, self.what = count, what
        self.error_messages["required"] = f"Enter the {count} digits of the {what}."

    def clean(self, value: Any) -> str:
        digits = re.sub(r"[\s\-]", "", str(super().clean(value)))
        if not re.fullmatch(rf"[0-9]{{{self.count}}}", digits):
            raise ValidationError(f"The {self.what} has {self.count} digits. Check what you typed.")
        return digits


class CodeForm(forms.Form):
    use_required_attribute = False

    def __init__(self, data: Any = None, *, now: datetime) -> None:
        super().__init__(data)
        self.fields["code"] = Digits(
            label="Code",
            count=figures.at(now).numbers.verification_code_digits,
            what="code",
            attrs={"autocomplete": "one-time-code"},
        )


class PinForm(forms.Form):
    use_required_attribute = False

    def __init__(self, data: Any = None, *, now: datetime) -> None:
        super().__init__(data)
        self.fields["pin"] = Digits(
            label="Two-step PIN of this number",
            count=figures.at(now).signup.pin_digits,
            what="PIN",
            attrs={"autocomplete": "off"},
        )


class RenameForm(Labelled):
    def __init__(self, data: Any = None, *, sender: Sender) -> None:
        initial = {"friendly_name": sender.friendly_name or sender.name, "label": sender.label}
        super().__init__(data, initial=initial)


class SenderChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name}, {obj.display_phone_number}"


class ReplaceForm(forms.Form):
    """Which number takes over, and whether the old one stays connected for a while."""

    successor = SenderChoice(
        label="New number",
        queryset=Sender.objects.none(),
        empty_label="Choose a sender",
        error_messages={
            "required": "Choose the number that takes over.",
            "invalid_choice": "This number cannot take over any more. Choose another.",
        },
    )
    keep = forms.BooleanField(
        label="Keep the old number connected for now",
        required=False,
        help_text="Then candidates who wrote to it in the last 24 hours can still be answered "
        "from it. Disconnect it later, in the list.",
    )

    use_required_attribute = False

    def __init__(
        self, data: Any = None, *, choices: Sequence[Sender], chosen: int | None = None
    ) -> None:
        first = chosen or (choices[0].pk if len(choices) == 1 else None)
        super().__init__(data, initial={"successor": first})
        self.choices = choices
        field = self.fields["successor"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Sender.objects.filter(pk__in=[one.pk for one in choices])
