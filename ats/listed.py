"""Finds the candidates of a list that somebody pasted: an e-mail address or a number a line."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ats.mobile_numbers import InvalidMobileNumber, parse_mobile
from ats.models import Candidate, CandidateField, CandidateValue, FieldType

MOST_LINES = 5_000


@dataclass(frozen=True, slots=True)
class Listed:
    """The candidates found, and the lines that are nobody's, as they were typed."""

    candidate_ids: list[int]
    unknown: list[str]


def find_listed(text: str, region: str) -> Listed:
    """Everybody with one of these addresses, or one of these numbers in any field; what is neither
    is nobody's. Lines beyond `MOST_LINES` are not read."""
    lines = [one.strip() for one in re.split(r"[\n,;]", text) if one.strip()][:MOST_LINES]
    by_key: dict[str, str] = {_key(line, region): line for line in lines}
    by_key.pop("", None)
    emails = [key for key in by_key if "@" in key]
    numbers = [key for key in by_key if key.startswith("+")]
    fields = CandidateField.objects.filter(type=FieldType.MOBILE)
    found = [
        *Candidate.objects.filter(email__in=emails).values_list("email", "pk"),
        *CandidateValue.objects.filter(value__in=numbers, field__in=fields).values_list(
            "value", "candidate_id"
        ),
    ]
    known = {key for key, _ in found}
    return Listed(
        candidate_ids=sorted({pk for _, pk in found}),
        unknown=[line for line in dict.fromkeys(lines) if _key(line, region) not in known],
    )


def _key(line: str, region: str) -> str:
    if "@" in line:
        return line.lower()
    try:
        return parse_mobile(line, region)
    except InvalidMobileNumber:
        return ""
