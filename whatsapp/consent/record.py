"""Writes down that a candidate agreed, or no longer does."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ats.public import Candidate, User
from whatsapp import events
from whatsapp.models import Consent


def record_consent(
    *,
    candidate: Candidate,
    purpose: str,
    basis: str,
    source: str,
    wording: str,
    by: User | None,
    now: datetime,
) -> Consent:
    """`source` says where and how it was given, `wording` what was agreed to."""
    return _write(candidate, purpose, True, basis, source, wording, by, now)


def withdraw_consent(
    *, candidate: Candidate, purpose: str, source: str, by: User | None, now: datetime
) -> Consent:
    return _write(candidate, purpose, False, "", source, "", by, now)


def _write(
    candidate: Candidate,
    purpose: str,
    granted: bool,
    basis: str,
    source: str,
    wording: str,
    by: User | None,
    now: datetime,
) -> Consent:
    with transaction.atomic():
        row = Consent.objects.create(
            company_id=candidate.company_id,
            candidate=candidate,
            purpose=purpose,
            granted=granted,
            basis=basis,
            source=source,
            wording=wording,
            at=now,
            recorded_by=by,
        )
        verb = "consent_recorded" if granted else "consent_withdrawn"
        events.audit(actor=by, verb=verb, about=row, now=now, purpose=purpose)
    return row
