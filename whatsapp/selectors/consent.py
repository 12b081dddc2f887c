"""Why the company may write to a candidate, purpose by purpose, with the evidence."""

from __future__ import annotations

from dataclasses import dataclass

from ats.public import Candidate
from whatsapp.models import Consent, ConsentPurpose


@dataclass(frozen=True, slots=True)
class Why:
    """One purpose in “Why may I write to this person?”."""

    purpose: str
    label: str
    granted: bool
    answer: str
    evidence: str


def why_may_i_write(candidate: Candidate) -> list[Why]:
    current = Consent.objects.current(candidate.pk)
    return [_why(ConsentPurpose(value), current.get(value)) for value in ConsentPurpose.values]


def _why(purpose: ConsentPurpose, row: Consent | None) -> Why:
    if row is None:
        return Why(purpose, purpose.label, False, "Not recorded", "")
    date = f"{row.at.day} {row.at:%b %Y}"
    evidence = ", ".join(filter(None, [row.get_basis_display(), row.source, date]))
    if not row.granted:
        return Why(purpose, purpose.label, False, f"Withdrawn {date}", row.source)
    return Why(purpose, purpose.label, True, "Yes", evidence)
