"""Finds candidates by what others know of them: a number, its end, a name; by index alone."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Right

from ats.models import Candidate, CandidateField, CandidateValue, FieldType, fold
from ats.models.candidates import ENDING

MOST = 200
# A single word is no name unless few have it.
FEW = 3


@dataclass(frozen=True, slots=True)
class FoundMobile:
    candidate_id: int
    field_id: int
    field_label: str
    value: str


def find_mobiles(e164s: Collection[str]) -> list[FoundMobile]:
    """Who has one of these numbers in any field for mobile numbers, newest candidates first."""
    return _found(CandidateValue.objects.filter(value__in=list(e164s))) if e164s else []


def find_mobile_endings(e164s: Collection[str]) -> list[FoundMobile]:
    """Who has a number with the same last digits: typed with another country code, or a zero."""
    endings = {one[-ENDING:] for one in e164s if len(one) > ENDING}
    if not endings:
        return []
    # The first condition is that of the index.
    rows = CandidateValue.objects.filter(value__startswith="+")
    return _found(rows.annotate(ending=Right("value", ENDING)).filter(ending__in=endings))


def _found(rows: QuerySet[CandidateValue]) -> list[FoundMobile]:
    fields = dict(CandidateField.objects.filter(type=FieldType.MOBILE).values_list("pk", "label"))
    named = rows.filter(field__in=fields).order_by(F("candidate_id").desc(), "field_id")
    values = named.values_list("candidate_id", "field_id", "value")[:MOST]
    return [FoundMobile(pk, field, fields[field], value) for pk, field, value in values]


def find_names_like(name: str) -> list[Candidate]:
    """Candidates of about this name, newest first: whatever the accents and the order, also where
    one of the two has more words, or initials."""
    words = re.findall(r"\w+", fold(name))[:6]
    if not any(len(word) > 1 for word in words):
        return []
    rows = Candidate.objects.filter(_begins_with_one_of(words)).order_by("-pk")
    alike = [row for row in rows[:MOST] if _is_like(words, row.search_name.split())]
    return alike if len(words) > 1 or len(alike) <= FEW else []


def _begins_with_one_of(words: Sequence[str]) -> Q:
    """Bounded by the index on the beginning of a name."""
    found = Q(pk__in=())
    for word in words:
        if len(word) == 1:
            continue
        begins = Q(search_name=word) | Q(search_name__startswith=f"{word} ")
        others = list(_others(words, word))
        if others:
            with_other = Q(pk__in=())
            for other in others:
                with_other |= Q(search_name__contains=f" {other}")
            begins = Q(search_name__startswith=f"{word} ") & with_other
        found |= begins
    return found


def _others(words: Sequence[str], word: str) -> Iterator[str]:
    return (other for other in words if other != word)


def _is_like(words: Sequence[str], theirs: Sequence[str]) -> bool:
    def has(word: str) -> bool:
        return any(word == one or (len(word) == 1 and one.startswith(word)) for one in theirs)

    common = set(words) & set(theirs)
    return all(map(has, words)) or len(common) >= 2
