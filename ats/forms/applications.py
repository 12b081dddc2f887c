"""Forms on a candidate's applications: the stage, another job, an interview."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from ats.forms.wording import name_what_is_missing
from ats.models import Candidate, Company, Job, JobStatus, Stage, User


class StageForm(forms.Form):
    stage = forms.ChoiceField(choices=Stage.choices)
    seen = forms.ChoiceField(choices=Stage.choices, widget=forms.HiddenInput)


class ApplyForm(forms.Form):
    job = forms.ChoiceField(label="Job")

    def __init__(self, *args: Any, candidate: Candidate, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        jobs = Job.objects.filter(status=JobStatus.OPEN).exclude(
            applications__in=candidate.applications.all()
        )
        self.jobs = {str(job.pk): job for job in jobs}
        self.fields["job"] = forms.ChoiceField(
            label="Job",
            choices=[("", "Another job"), *((pk, str(job)) for pk, job in self.jobs.items())],
        )

    def chosen_job(self) -> Job:
        return self.jobs[self.cleaned_data["job"]]


class InterviewForm(forms.Form):
    day = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date", "class": "input"}, format="%Y-%m-%d")
    )
    time = forms.TimeField(
        widget=forms.TimeInput(attrs={"type": "time", "class": "input"}, format="%H:%M")
    )
    place = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"class": "input"}))
    recruiter = forms.ChoiceField(label="With", required=False)

    def __init__(self, *args: Any, company: Company, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        self.company, self.now = company, now
        self.people = {
            str(person.pk): person
            for person in User.objects.filter(company=company, is_active=True)
        }
        self.fields["recruiter"] = forms.ChoiceField(
            label="With",
            required=False,
            choices=[("", "Nobody yet"), *((pk, p.full_name) for pk, p in self.people.items())],
        )
        name_what_is_missing(self)
        self.fields["time"].help_text = f"Time in {company.timezone.replace('_', ' ')}."

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("day") and data.get("time"):
            self.starts_at = datetime.combine(data["day"], data["time"], tzinfo=self.company.tz)
            if self.starts_at <= self.now:
                self.add_error(
                    "day",
                    ValidationError("This time has passed. Choose one that is still to come."),
                )
        return data

    def chosen_recruiter(self) -> User | None:
        return self.people.get(self.cleaned_data["recruiter"])
