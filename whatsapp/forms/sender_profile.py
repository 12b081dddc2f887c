"""What candidates see of a sender in WhatsApp, typed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from ats.public import Job
from whatsapp import figures
from whatsapp.models import Sender

# Meta's words for a trade → ours; one that is missing here is shown by Meta's.
VERTICALS = {
    "ALCOHOL": "Alcoholic drinks",
    "APPAREL": "Clothing",
    "AUTO": "Cars and transport",
    "BEAUTY": "Beauty and spa",
    "EDU": "Education",
    "ENTERTAIN": "Entertainment",
    "EVENT_PLAN": "Events",
    "FINANCE": "Finance and banking",
    "GOVT": "Public service",
    "GROCERY": "Food and grocery",
    "HEALTH": "Medical and health",
    "HOTEL": "Hotel and lodging",
    "NONPROFIT": "Non-profit",
    "ONLINE_GAMBLING": "Online gambling",
    "OTC_DRUGS": "Over-the-counter medicine",
    "OTHER": "Other",
    "PHYSICAL_GAMBLING": "Gambling on site",
    "PROF_SERVICES": "Professional services",
    "RESTAURANT": "Restaurant",
    "RETAIL": "Shopping and retail",
    "TRAVEL": "Travel",
}


class ProfileForm(forms.Form):
    """Starts with what was read from Meta last. Each field says what it was drawn with, so that of
    two windows each changes what was changed in it."""

    about = forms.CharField(label="About", required=False)
    description = forms.CharField(
        label="Description",
        required=False,
        widget=forms.Textarea(attrs={"class": "input", "rows": 3}),
    )
    vertical = forms.ChoiceField(label="Trade", required=False)
    address = forms.CharField(label="Address", required=False)
    email = forms.EmailField(
        label="E-mail",
        required=False,
        error_messages={
            "invalid": "This is no e-mail address. Write one such as jobs@example.com."
        },
    )
    website_1 = forms.CharField(label="Website", required=False)
    website_2 = forms.CharField(label="Second website", required=False)

    use_required_attribute = False

    def __init__(self, data: Any = None, *, sender: Sender, now: datetime) -> None:
        had = sender.profile
        websites = [*had.get("websites", []), "", ""]
        initial = {name: had.get(name, "") for name in self.base_fields}
        initial |= {"website_1": websites[0], "website_2": websites[1]}
        super().__init__(data, initial=initial)
        self.had_about = bool(had.get("about"))
        self.limits = figures.at(now).numbers
        known = sorted(self.limits.profile_verticals, key=lambda one: VERTICALS.get(one, one))
        choices = [("", "Not said"), *((one, VERTICALS.get(one, one)) for one in known)]
        vertical = self.fields["vertical"]
        assert isinstance(vertical, forms.ChoiceField)
        vertical.choices = choices
        for name, field in self.fields.items():
            field.show_hidden_initial = True
            if name != "vertical":
                field.widget.attrs |= {"class": "input", "data-preview-of": name}

    def clean_about(self) -> str:
        about = self._short("about", self.limits.profile_about)
        if not about and self.had_about and "about" in self.changed_data:
            raise ValidationError(
                "Meta does not let an about be emptied once it is there. Write a few words, for "
                "example “Hiring for our hotels”."
            )
        return about

    def clean_description(self) -> str:
        return self._short("description", self.limits.profile_description)

    def clean_address(self) -> str:
        return self._short("address", self.limits.profile_address)

    def clean_email(self) -> str:
        return self._short("email", self.limits.profile_email)

    def clean_website_1(self) -> str:
        return self._website("website_1")

    def clean_website_2(self) -> str:
        return self._website("website_2")

    def wanted(self) -> dict[str, Any]:
        """What was changed in this form, by Meta's names. A trade that was never chosen is not
        said."""
        given, changed = self.cleaned_data, set(self.changed_data)
        wanted: dict[str, Any] = {
            name: given[name]
            for name in ("about", "description", "address", "email")
            if name in changed
        }
        if given["vertical"] and "vertical" in changed:
            wanted["vertical"] = given["vertical"]
        if changed & {"website_1", "website_2"}:
            wanted["websites"] = [one for one in (given["website_1"], given["website_2"]) if one]
        return wanted

    def _short(self, name: str, most: int) -> str:
        text = str(self.cleaned_data[name]).replace("\r\n", "\n")
        if len(text) > most:
            raise ValidationError(
                f"{self.fields[name].label} has {len(text)} characters; Meta takes {most}. "
                "Shorten it."
            )
        return text

    def _website(self, name: str) -> str:
        text = self._short(name, self.limits.profile_website).strip()
        if text and not text.lower().startswith(("http://", "https://")):
            text = f"https://{text}"
        if text and ("." not in text or any(c.isspace() for c in text)):
            raise ValidationError("This is no web address. Write one such as https://example.com.")
        return text


class LinkForm(forms.Form):
    """The text that stands in the candidate's WhatsApp when they open the link, for a job or not.
    Starts with the one that is kept, else with a proposal."""

    job = forms.ModelChoiceField(
        label="For the job",
        queryset=Job.objects.none(),
        required=False,
        empty_label="No job in particular",
        error_messages={"invalid_choice": "This job is not there any more. Choose another."},
    )
    text = forms.CharField(
        label="Text that is filled in",
        required=False,
        max_length=300,
        help_text="The candidate can change it before sending. It tells you where people come "
        "from.",
        error_messages={"max_length": "The text has %(show_value)d characters; write at most 300."},
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )

    use_required_attribute = False

    def __init__(self, data: Any = None, *, job: Job | None = None, text: str = "") -> None:
        super().__init__(data, initial={"job": job and job.pk, "text": text})
        field = self.fields["job"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Job.objects.order_by("title", "location")
