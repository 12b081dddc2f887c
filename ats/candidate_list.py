"""The list of candidates: search, filters and keyset pages, newest first."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from ats.mobile_numbers import InvalidMobileNumber, parse_mobile
from ats.models import Application, Candidate, CandidateField, CandidateValue, FieldType, fold

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Filters:
    words: str = ""
    job_id: int | None = None
    stage: str = ""

    def __bool__(self) -> bool:
        return bool(self.words or self.job_id or self.stage)


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Candidate]
    newer: int | None  # pass as `after` for the page before this one
    older: int | None  # pass as `before` for the page that follows


def find_candidates(filters: Filters, region: str) -> QuerySet[Candidate]:
    rows = Candidate.objects.all()
    if filters.words:
        rows = rows.filter(_matches(filters.words, region))
    if filters.job_id or filters.stage:
        applications = Application.objects.filter(candidate=OuterRef("pk"))
        if filters.job_id:
            applications = applications.filter(job_id=filters.job_id)
        if filters.stage:
            applications = applications.filter(stage=filters.stage)
        rows = rows.filter(Exists(applications))
    return rows


def page_of(
    rows: QuerySet[Candidate],
    *,
    before: int | None = None,
    after: int | None = None,
    size: int = PAGE_SIZE,
) -> Page:
    """One page by key: neither OFFSET nor COUNT, so the last page costs what the first does."""
    if after is not None:
        found = list(rows.filter(pk__gt=after).order_by("pk")[: size + 1])
        shown = found[:size][::-1]
        return Page(shown, _first(shown) if len(found) > size else None, _last(shown))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: size + 1])
    shown = found[:size]
    older = _last(shown) if len(found) > size else None
    return Page(shown, _first(shown) if before is not None else None, older)


def _first(rows: list[Candidate]) -> int | None:
    return rows[0].pk if rows else None


def _last(rows: list[Candidate]) -> int | None:
    return rows[-1].pk if rows else None


def _matches(words: str, region: str) -> Q:
    """Every word in the name; or the words as an e-mail address or a telephone number."""
    by_name = Q()
    for word in fold(words).split():
        by_name &= Q(search_name__contains=word)
    found = by_name | Q(email__contains=words.strip().lower())
    number = _number_filter(words, region)
    if number is not None:
        numbers = CandidateValue.objects.filter(
            number, field__in=CandidateField.objects.filter(type=FieldType.MOBILE)
        )
        found |= Q(pk__in=numbers.values("candidate_id"))
    return found


def _number_filter(words: str, region: str) -> Q | None:
    digits = re.sub(r"\D", "", words)
    if len(digits) < 4 or re.search(r"[^\d\s+().\-/]", words):
        return None
    part = Q(value__contains=digits.lstrip("0") or digits)
    try:
        return part | Q(value=parse_mobile(words, region))
    except InvalidMobileNumber:
        return part
