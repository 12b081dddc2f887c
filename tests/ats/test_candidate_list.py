"""Keyset pages: every candidate is on exactly one page, forwards and backwards."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ats.candidate_list import Filters, find_candidates, page_of
from ats.models import Candidate
from ats.tenancy import company_scope
from tests.factories.ats import CompanyFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("count", [0, 1, 6, 7, 14, 20])
def test_walking_the_pages_meets_everybody_once_both_ways(count: int) -> None:
    with company_scope(CompanyFactory()):
        made = Candidate.objects.bulk_create(
            [Candidate(first_name="Amina", search_name="amina") for _ in range(count)]
        )
        newest_first = [row.pk for row in reversed(made)]
        rows = find_candidates(Filters(), "IT")
        page = page_of(rows, size=7)
        met = [[row.pk for row in page.rows]]
        assert page.newer is None
        while page.older is not None:
            page = page_of(rows, before=page.older, size=7)
            met.append([row.pk for row in page.rows])
        assert [pk for keys in met for pk in keys] == newest_first
        back = [met[-1]]
        while page.newer is not None:
            page = page_of(rows, after=page.newer, size=7)
            back.append([row.pk for row in page.rows])
        assert back == met[::-1]


def test_somebody_new_does_not_shift_the_pages() -> None:
    with company_scope(CompanyFactory()):
        Candidate.objects.bulk_create([Candidate(first_name=str(n)) for n in range(10)])
        rows = find_candidates(Filters(), "IT")
        first = page_of(rows, size=5)
        Candidate.objects.create(first_name="Newcomer")
        second = page_of(rows, before=first.older, size=5)
        names = [row.first_name for row in [*first.rows, *second.rows]]
    assert names == [str(n) for n in range(9, -1, -1)]


def test_a_page_neither_counts_nor_skips() -> None:
    with company_scope(CompanyFactory()), CaptureQueriesContext(connection) as queries:
        page_of(find_candidates(Filters(words="amina"), "IT"), before=10)
    [query] = queries.captured_queries
    assert "OFFSET" not in query["sql"] and "COUNT" not in query["sql"]
