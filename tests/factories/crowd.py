"""Candidates by the thousand, in one statement: with a number and a recorded basis."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from ats.models import Company
from tests.factories.ats import mobile_field


def number_of(person: int) -> str:
    return f"+2547{person:08d}"


def make_crowd(company: Company, first: int, last: int) -> list[int]:
    """The keys of candidates `first` to `last`, in their order."""
    given = {"company": company.pk, "from": first, "to": last}
    given |= {"field": mobile_field(company).pk, "since": timezone.now() - timedelta(days=3)}
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES, given)
        return [row[0] for row in cursor.fetchall()]


_CANDIDATES = """
    WITH made AS (
        INSERT INTO ats_candidate (company_id, first_name, last_name, email, search_name,
            language, timezone, created_at, updated_at)
        SELECT %(company)s, 'Person', n::text, '', 'person ' || n, '', '', %(since)s, %(since)s
        FROM generate_series(%(from)s, %(to)s) n RETURNING id, last_name
    ), numbers AS (
        INSERT INTO ats_candidatevalue (company_id, candidate_id, field_id, value)
        SELECT %(company)s, id, %(field)s, '+2547' || lpad(last_name, 8, '0') FROM made
    ), basis AS (
        INSERT INTO whatsapp_consent (company_id, candidate_id, purpose, granted, basis, source,
            wording, at)
        SELECT %(company)s, id, 'application', true, 'consent', 'careers page', '', %(since)s
        FROM made
    )
    SELECT id FROM made ORDER BY id
"""
