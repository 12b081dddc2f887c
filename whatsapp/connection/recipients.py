"""Whom the company may write to: the field with their number, and the countries."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ats.public import CandidateField, User
from whatsapp import events
from whatsapp.models import CompanySettings


def settings_of_company() -> CompanySettings:
    """The active company's row, made where there is none."""
    row, _ = CompanySettings.objects.get_or_create()
    return row


def choose_recipients(
    *, field: CandidateField | None, countries: list[str], by: User, now: datetime
) -> CompanySettings:
    with transaction.atomic():
        row = settings_of_company()
        before = {"field": row.recipient_field_id, "countries": row.allowed_countries}
        row.recipient_field, row.allowed_countries = field, sorted(countries)
        row.save(update_fields=["recipient_field", "allowed_countries"])
        after = {"field": row.recipient_field_id, "countries": row.allowed_countries}
        events.audit(
            actor=by, verb="recipients_chosen", about=row, now=now, before=before, after=after
        )
    return row
