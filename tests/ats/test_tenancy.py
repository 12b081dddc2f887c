"""The separation of companies: what is refused, what is filtered, what is checked on save."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from ats.models import Application, Candidate, CandidateValue, Company, Job
from ats.tenancy import (
    CompanyManager,
    CompanyMiddleware,
    CrossCompanyError,
    ScopeError,
    all_companies,
    company_scope,
    current_company_id,
)
from tests.factories.ats import (
    CandidateFactory,
    CompanyFactory,
    JobFactory,
    UserFactory,
    count_all,
    mobile_field,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def caravella() -> Company:
    return CompanyFactory(name="Caravella Hotels")


@pytest.fixture
def lindgren() -> Company:
    return CompanyFactory(name="Lindgren Logistics")


UNSCOPED: dict[str, Callable[[], Any]] = {
    "all": lambda: Candidate.objects.all(),
    "exists": lambda: Candidate.objects.exists(),
    "create": lambda: Candidate.objects.create(first_name="Amina"),
    "bulk_create": lambda: Candidate.objects.bulk_create([Candidate(first_name="Amina")]),
    "get_or_create": lambda: Candidate.objects.get_or_create(first_name="Amina"),
    "update_or_create": lambda: Candidate.objects.update_or_create(first_name="Amina"),
    "iterator": lambda: Candidate.objects.iterator(),
    "aggregate": lambda: Candidate.objects.aggregate(n=models.Count("id")),
    "count": lambda: Candidate.objects.count(),
    "in_bulk": lambda: Candidate.objects.in_bulk([1]),
    "earliest": lambda: Candidate.objects.earliest("id"),
    "raw": lambda: Candidate.objects.raw("SELECT * FROM ats_candidate"),
    "using": lambda: Candidate.objects.using("default"),
    "values": lambda: Candidate.objects.values("id"),
    "update": lambda: Candidate.objects.update(first_name="Nobody"),
    "delete": lambda: Candidate.objects.get_queryset().delete(),
    "contains": lambda: Candidate.objects.contains(Candidate(pk=1)),
    "explain": lambda: Candidate.objects.explain(),
    "async get": lambda: Candidate.objects.aget(pk=1),
    "save": lambda: Candidate(company=CompanyFactory(), first_name="Amina").save(),
}


@pytest.mark.parametrize("name", UNSCOPED)
def test_without_a_company_it_is_refused(name: str) -> None:
    with pytest.raises(ScopeError):
        UNSCOPED[name]()
    assert count_all(Candidate) == 0


def test_none_and_repr_work_without_a_company() -> None:
    assert list(Candidate.objects.none()) == []
    assert "Candidate" in repr(Candidate.objects.get_queryset())


def test_a_custom_queryset_is_wrapped_as_well() -> None:
    class NamedQuerySet(models.QuerySet[Candidate]):
        def named(self, name: str) -> NamedQuerySet:
            return self.filter(first_name=name)

    manager = CompanyManager.from_queryset(NamedQuerySet)()
    manager.model = Candidate
    amina = CandidateFactory(first_name="Amina")
    CandidateFactory(first_name="Amina")
    with pytest.raises(ScopeError):
        manager.named("Amina")
    with company_scope(amina.company):
        assert list(manager.named("Amina")) == [amina]
        with pytest.raises(CrossCompanyError):
            manager.named("Amina").update(company_id=1)


def test_inside_a_company_only_its_rows_are_there(caravella: Company, lindgren: Company) -> None:
    amina = CandidateFactory(company=caravella)
    theirs = CandidateFactory(company=lindgren)
    with company_scope(caravella):
        assert list(Candidate.objects.all()) == [amina]
        assert not Candidate.objects.filter(pk=theirs.pk).exists()
        assert Candidate.objects.filter(pk=theirs.pk).update(first_name="Stolen") == 0
    with all_companies():
        assert Candidate.objects.count() == 2


def test_related_managers_stay_filtered_and_need_a_company(caravella: Company) -> None:
    amina = CandidateFactory(company=caravella, mobile="+254722555014")
    with pytest.raises(ScopeError):
        amina.values.all()
    with company_scope(caravella):
        assert [value.value for value in amina.values.all()] == ["+254722555014"]


def test_a_row_takes_the_active_company(caravella: Company) -> None:
    with company_scope(caravella.pk):
        saved = Candidate.objects.create(first_name="Amina")
        listed = Candidate.objects.bulk_create([Candidate(first_name="Luca")])[0]
    assert saved.company_id == listed.company_id == caravella.pk


def test_a_row_of_another_company_is_refused(caravella: Company, lindgren: Company) -> None:
    theirs = CandidateFactory(company=lindgren)
    with company_scope(caravella):
        with pytest.raises(CrossCompanyError):
            Candidate(company=lindgren, first_name="Amina").save()
        with pytest.raises(CrossCompanyError):
            Candidate.objects.bulk_create([Candidate(company=lindgren, first_name="Amina")])
        with pytest.raises(CrossCompanyError):
            Candidate.objects.bulk_update([theirs], ["first_name"])
        with pytest.raises(CrossCompanyError):
            theirs.save()
        with pytest.raises(CrossCompanyError):
            theirs.delete()


def test_a_row_beside_another_companys_row_is_refused(
    caravella: Company, lindgren: Company
) -> None:
    ours, their_job = CandidateFactory(company=caravella), JobFactory(company=lindgren)
    stranger = UserFactory(company=lindgren)
    with company_scope(caravella):
        with pytest.raises(CrossCompanyError, match="job"):
            Application.objects.create(candidate=ours, job=their_job)
        with pytest.raises(CrossCompanyError, match="recruiter"):
            Job.objects.create(title="Night Auditor", location="Milan", recruiter=stranger)
    with all_companies(), pytest.raises(CrossCompanyError):
        Application.objects.create(company=caravella, candidate=ours, job=their_job)


def test_ids_are_looked_up_where_that_is_switched_on(
    caravella: Company, lindgren: Company, settings: Any
) -> None:
    settings.TENANCY_CHECK_IDS = True
    ours, theirs = CandidateFactory(company=caravella), mobile_field(lindgren)
    with company_scope(caravella), pytest.raises(CrossCompanyError, match="field"):
        CandidateValue.objects.create(candidate=ours, field_id=theirs.pk, value="+254722555014")


def test_a_row_never_changes_its_company(caravella: Company, lindgren: Company) -> None:
    CandidateFactory(company=caravella)
    with company_scope(caravella), pytest.raises(CrossCompanyError):
        Candidate.objects.update(company=lindgren)


def test_ops_must_name_the_company_of_what_they_write() -> None:
    with all_companies(), pytest.raises(ScopeError):
        Candidate.objects.create(first_name="Amina")


def test_scopes_nest_and_end(caravella: Company, lindgren: Company) -> None:
    with company_scope(caravella):
        with company_scope(lindgren):
            assert current_company_id() == lindgren.pk
        assert current_company_id() == caravella.pk
        with all_companies():
            assert current_company_id() is None
    assert current_company_id() is None


def test_erasing_a_candidate_takes_the_values_along(caravella: Company) -> None:
    amina = CandidateFactory(company=caravella, mobile="+254722555014")
    with company_scope(caravella):
        amina.delete()
    assert count_all(CandidateValue) == 0


def _answer_with_company(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(current_company_id()))


def test_the_middleware_opens_the_persons_company(caravella: Company) -> None:
    middleware = CompanyMiddleware(_answer_with_company)
    request = RequestFactory().get("/")
    request.user = UserFactory(company=caravella)
    assert middleware(request).content.decode() == str(caravella.pk)
    assert current_company_id() is None
    for without in (AnonymousUser(), UserFactory(company=None, is_staff=True)):
        request.user = without
        assert middleware(request).content == b"None"


def test_the_middleware_works_under_asgi(caravella: Company) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return _answer_with_company(request)

    person = UserFactory(company=caravella)

    async def auser() -> Any:
        return person

    request = RequestFactory().get("/")
    request.auser = auser
    answer = async_to_sync(CompanyMiddleware(view))(request)
    assert answer.content.decode() == str(caravella.pk)
