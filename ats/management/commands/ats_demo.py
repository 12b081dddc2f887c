"""`manage.py ats_demo`: creates the demo companies. Running it again changes nothing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from ats import demo
from ats.actions.applications import apply_to_job
from ats.actions.candidates import create_candidate
from ats.extensions import modules
from ats.field_values import ReadValue, read_value
from ats.models import Application, Candidate, CandidateField, Company, Interview, Job, User
from ats.tenancy import company_scope


class Command(BaseCommand):
    help = "Creates the demo companies, their people, jobs and candidates."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        with transaction.atomic():
            caravella = _company("Caravella Hotels", "caravella", "IT", "Europe/Rome")
            lindgren = _company("Lindgren Logistics", "lindgren", "SE", "Europe/Stockholm")
            people = {p.email.split("@")[0]: _person(p, caravella) for p in demo.PEOPLE}
            for person in demo.OTHER_PEOPLE:
                _person(person, lindgren)
            _ops()
            with company_scope(lindgren):
                _fields(lindgren)
            with company_scope(caravella):
                _fill(caravella, people, now)
        self.stdout.write("Demo companies are ready: Caravella Hotels and Lindgren Logistics.")


def _company(name: str, slug: str, country: str, zone: str) -> Company:
    company, _ = Company.objects.get_or_create(
        slug=slug,
        defaults={
            "name": name,
            "default_country": country,
            "timezone": zone,
            "modules": [module.key for module in modules],
        },
    )
    return company


def _person(person: demo.DemoPerson, company: Company) -> User:
    found = User.objects.filter(email=person.email).first()
    return found or User.objects.create_user(
        person.email,
        demo.PASSWORD,
        full_name=person.full_name,
        role=person.role,
        company=company,
    )


def _ops() -> None:
    email, name = demo.OPS
    if not User.objects.filter(email=email).exists():
        User.objects.create_superuser(email, demo.PASSWORD, full_name=name)


def _fields(company: Company) -> dict[str, CandidateField]:
    fields = {}
    for position, field in enumerate(demo.FIELDS, start=1):
        fields[field.key], _ = CandidateField.objects.get_or_create(
            company=company,
            key=field.key,
            defaults={
                "label": field.label,
                "type": field.type,
                "choices": list(field.choices),
                "position": position,
            },
        )
    return fields


def _fill(company: Company, people: dict[str, User], now: datetime) -> None:
    fields = _fields(company)
    jobs = {}
    for title, (location, address, recruiter) in demo.JOBS.items():
        jobs[title], _ = Job.objects.get_or_create(
            company=company,
            title=title,
            location=location,
            defaults={"address": address, "recruiter": people[recruiter]},
        )
    local = now.astimezone(company.tz)
    for who in demo.CANDIDATES:
        if not Candidate.objects.filter(email=who.email).exists():
            _candidate(company, who, fields, jobs[who.job], local)


def _candidate(
    company: Company,
    who: demo.DemoCandidate,
    fields: dict[str, CandidateField],
    job: Job,
    now: datetime,
) -> None:
    texts = {"mobile": who.mobile, "city": who.city, "languages": who.languages}
    if who.first_name == "Amina":
        texts |= {"start_date": _first_of_next_month(now.date()), "hours": "Full time"}
    values: dict[int, ReadValue | None] = {
        fields[key].pk: read_value(fields[key], text, company.default_country)
        for key, text in texts.items()
    }
    candidate = create_candidate(
        company=company,
        first_name=who.first_name,
        last_name=who.last_name,
        email=who.email,
        values=values,
        by=job.recruiter,
    )
    application = apply_to_job(candidate=candidate, job=job, by=job.recruiter)
    Application.objects.filter(pk=application.pk).update(stage=who.stage)
    if who.interview_in_days is not None:
        Interview.objects.create(
            company=company,
            application=application,
            starts_at=demo.interview_time(now, who.interview_in_days),
            place=job.address,
            recruiter=job.recruiter,
        )


def _first_of_next_month(today: date) -> str:
    return (today.replace(day=1) + timedelta(days=32)).replace(day=1).isoformat()
