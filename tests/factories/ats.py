"""Rows of the host. The cast: Alice (owner), Bob (colleague), Charlie (another company)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import factory
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from ats.models import (
    Application,
    Candidate,
    CandidateField,
    CandidateImport,
    CandidateValue,
    Company,
    FieldType,
    Interview,
    Job,
    Role,
    Stage,
    Team,
    User,
)
from ats.tenancy import all_companies, company_scope, current_company_id

PASSWORD = "a-long-test-password"


class CompanyFactory(factory.django.DjangoModelFactory[Company]):
    class Meta:
        model = Company
        django_get_or_create = ("slug",)

    name = factory.Sequence(lambda n: f"Company {n}")
    slug = factory.Sequence(lambda n: f"company-{n}")
    default_country = "IT"
    timezone = "Europe/Rome"


class UserFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User

    full_name = factory.Sequence(lambda n: f"Person {n}")
    email = factory.Sequence(lambda n: f"person{n}@company.example")
    company = factory.SubFactory(CompanyFactory)
    role = Role.RECRUITER
    password = factory.LazyFunction(lambda: make_password(PASSWORD))


class OwnedFactory(factory.django.DjangoModelFactory[Any]):
    """Takes the active company, or the one given; works inside and outside of a scope."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        company = _company_for(kwargs)
        kwargs["company"] = company
        with company_scope(company):
            return super()._create(model_class, *args, **kwargs)


def _company_for(kwargs: dict[str, Any]) -> Company:
    """The one given, that of the rows this one hangs on, the active one, or a new one."""
    if kwargs.get("company") is not None:
        return cast(Company, kwargs["company"])
    for value in kwargs.values():
        owner = getattr(value, "company", None)
        if isinstance(owner, Company) and not isinstance(value, User):
            return owner
    active = current_company_id()
    return Company.objects.get(pk=active) if active else CompanyFactory()


class CandidateFieldFactory(OwnedFactory):
    class Meta:
        model = CandidateField

    key = factory.Sequence(lambda n: f"field_{n}")
    label = factory.LazyAttribute(lambda field: field.key.replace("_", " ").capitalize())
    type = FieldType.TEXT
    position = factory.Sequence(lambda n: n)


def mobile_field(company: Company, key: str = "mobile") -> CandidateField:
    """The company's mobile field of that key, made on first use."""
    with company_scope(company):
        found = CandidateField.objects.filter(key=key).first()
    made: CandidateField = found or CandidateFieldFactory(
        company=company, key=key, label="Mobile number (WhatsApp)", type=FieldType.MOBILE
    )
    return made


class CandidateFactory(OwnedFactory):
    """`CandidateFactory(mobile="+254722555014")` also fills the company's field `mobile`."""

    class Meta:
        model = Candidate
        skip_postgeneration_save = True

    first_name = "Amina"
    last_name = "Njoroge"
    email = factory.Sequence(lambda n: f"candidate{n}@mail.example")

    @factory.post_generation
    def mobile(self: Candidate, create: bool, extracted: str | None, **kwargs: Any) -> None:
        if create and extracted:
            CandidateValueFactory(candidate=self, field=mobile_field(self.company), value=extracted)


class CandidateValueFactory(OwnedFactory):
    class Meta:
        model = CandidateValue

    value = "Nairobi"


class TeamFactory(OwnedFactory):
    class Meta:
        model = Team

    name = factory.Sequence(lambda n: f"Team {n}")


class JobFactory(OwnedFactory):
    class Meta:
        model = Job

    title = factory.Sequence(lambda n: f"Guest Relations Agent {n}")
    location = "Nairobi"
    address = "Riverside Drive 14, Nairobi"


class ApplicationFactory(OwnedFactory):
    class Meta:
        model = Application

    stage = Stage.SCREENING

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        company = _company_for(kwargs)
        kwargs.setdefault("candidate", None)
        kwargs["candidate"] = kwargs["candidate"] or CandidateFactory(company=company)
        kwargs["job"] = kwargs.get("job") or JobFactory(company=company)
        return super()._create(model_class, *args, **{**kwargs, "company": company})


class InterviewFactory(OwnedFactory):
    class Meta:
        model = Interview

    starts_at = factory.LazyFunction(timezone.now)
    place = "Riverside Drive 14, Nairobi"

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        company = _company_for(kwargs)
        kwargs["application"] = kwargs.get("application") or ApplicationFactory(company=company)
        return super()._create(model_class, *args, **{**kwargs, "company": company})


class CandidateImportFactory(OwnedFactory):
    class Meta:
        model = CandidateImport

    filename = "candidates.csv"
    text = "First name,E-mail\nAmina,not-an-address\n"
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(hours=24))

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        company = _company_for(kwargs)
        kwargs["by"] = kwargs.get("by") or UserFactory(company=company)
        return super()._create(model_class, *args, **{**kwargs, "company": company})


def count_all(model: Any) -> int:
    """How many rows there are, whoever they belong to."""
    with all_companies():
        return int(model.objects.count())
