"""Recording why a candidate may be written to."""

from django import forms

from whatsapp.models import ConsentBasis, ConsentPurpose


class ConsentForm(forms.Form):
    purpose = forms.ChoiceField(choices=ConsentPurpose, initial=ConsentPurpose.APPLICATION)
    basis = forms.ChoiceField(choices=ConsentBasis)
    source = forms.CharField(
        max_length=200,
        label="Where and how",
        error_messages={
            "required": "Say where and how it was given, for example “careers page, form 88121”: "
            "it is the evidence should anybody ask."
        },
    )
    wording = forms.CharField(
        required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
