"""Why the company may write to a candidate, purpose by purpose, with the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from ats.public import Candidate
from whatsapp.models import Consent, ConsentPurpose, Contact


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
    stops = _stops(candidate)
    return [
        _why(ConsentPurpose(value), current.get(value), stops.get(value, ""))
        for value in ConsentPurpose.values
    ]


def _stops(candidate: Candidate) -> dict[str, str]:
    """What they said on WhatsApp themselves, by purpose: it stands above what was recorded."""
    told: dict[str, str] = {}
    rows = Contact.objects.filter(candidate=candidate, merged_into=None)
    for opted_out_at, marketing_at in rows.values_list("opted_out_at", "marketing_stopped_at"):
        if marketing_at is not None:
            told[ConsentPurpose.MARKETING] = f"Stopped with WhatsApp’s switch {_date(marketing_at)}"
        if opted_out_at is not None:
            told |= dict.fromkeys(ConsentPurpose.values, f"Asked us to stop {_date(opted_out_at)}")
    return told


def _date(at: datetime) -> str:
    day = timezone.localtime(at)
    return f"{day.day} {day:%b %Y}"


def _why(purpose: ConsentPurpose, row: Consent | None, stopped: str) -> Why:
    if stopped:
        return Why(purpose, purpose.label, False, stopped, "")
    if row is None:
        return Why(purpose, purpose.label, False, "Not recorded", "")
    date = _date(row.at)
    evidence = ", ".join(filter(None, [row.get_basis_display(), row.source, date]))
    if not row.granted:
        return Why(purpose, purpose.label, False, f"Withdrawn {date}", row.source)
    return Why(purpose, purpose.label, True, "Yes", evidence)
