"""A CSV file of candidates is kept, imported in one transaction, and forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from ats.actions.candidates import value_rows
from ats.candidate_csv import FileCheck, GoodRow, check_file
from ats.models import Application, Candidate, CandidateImport, CandidateValue, Company, User
from ats.signals import candidate_created, send_after_commit

KEPT_FOR = timedelta(hours=24)
_BATCH = 1000


def keep_file(
    *, company: Company, filename: str, text: str, by: User, now: datetime
) -> CandidateImport:
    """Stores the text until the person decides; what has expired goes at the same time."""
    CandidateImport.objects.filter(expires_at__lte=now).delete()
    return CandidateImport.objects.create(
        company=company, by=by, filename=filename[:200], text=text, expires_at=now + KEPT_FOR
    )


def delete_expired_imports(*, now: datetime) -> int:
    """Texts nobody decided about, of whatever company is active (or of all)."""
    return CandidateImport.objects.filter(expires_at__lte=now).delete()[0]


def import_good_rows(*, file: CandidateImport, company: Company, by: User, now: datetime) -> bool:
    """Imports the rows that are good now, all or none. False when it was done before."""
    with transaction.atomic():
        # One import at a time for a company: two files may name the same people.
        Company.objects.select_for_update(no_key=True).get(pk=company.pk)
        locked = CandidateImport.objects.select_for_update().get(pk=file.pk)
        if locked.imported_at is not None:
            return False
        check = check_file(locked.text, company)
        _write(check, company, by)
        locked.imported_at = now
        locked.imported_count = len(check.good)
        locked.text = refused_text(check)
        locked.save()
    file.refresh_from_db()
    return True


def refused_text(check: FileCheck) -> str:
    """Only the refused rows are kept after the import, under the same headings."""
    from_line = [check.header, *(cells for _, cells in check.refused_rows)]
    return "\n".join(",".join(_quoted(cell) for cell in cells) for cells in from_line)


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def _write(check: FileCheck, company: Company, by: User) -> None:
    people = [_candidate(row, company) for row in check.good]
    Candidate.objects.bulk_create(people, batch_size=_BATCH)
    values: list[CandidateValue] = []
    applications: list[Application] = []
    for person, row in zip(people, check.good, strict=True):
        values += value_rows(person, row.values)
        if row.job is not None:
            applications.append(Application(company=company, candidate=person, job=row.job))
    CandidateValue.objects.bulk_create(values, batch_size=_BATCH)
    Application.objects.bulk_create(applications, batch_size=_BATCH)
    for person in people:
        ids: dict[str, Any] = {"candidate_id": person.pk, "by_id": by.pk}
        send_after_commit(candidate_created, company_id=company.pk, **ids)


def _candidate(row: GoodRow, company: Company) -> Candidate:
    person = Candidate(
        company=company,
        first_name=row.first_name,
        last_name=row.last_name,
        email=row.email,
        language=row.language,
        timezone=row.timezone,
    )
    person.normalise()
    return person
