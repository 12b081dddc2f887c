"""Whom the company may write to: the field with their number, and the countries."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ats.public import CandidateField, User
from whatsapp import events
from whatsapp.models import CompanySettings


class ChangedMeanwhile(Exception):
    """Somebody kept something else since the form was drawn; nothing was written."""


def settings_of_company() -> CompanySettings:
    """The active company's row, made where there is none."""
    row, _ = CompanySettings.objects.get_or_create()
    return row


def choose_recipients(
    *,
    field: CandidateField | None,
    countries: list[str],
    by: User,
    now: datetime,
    drawn: str = "",
) -> CompanySettings:
    """`drawn` is the version that the person saw; empty: whichever. Raises `ChangedMeanwhile`."""
    with transaction.atomic():
        row = CompanySettings.objects.select_for_update(no_key=True).get(
            pk=settings_of_company().pk
        )
        seen = drawn in ("", row.recipients_version)
        before = {"field": row.recipient_field_id, "countries": row.allowed_countries}
        row.recipient_field, row.allowed_countries = field, sorted(countries)
        after = {"field": row.recipient_field_id, "countries": row.allowed_countries}
        if not seen and before != after:
            raise ChangedMeanwhile
        row.save(update_fields=["recipient_field", "allowed_countries"])
        events.audit(
            actor=by, verb="recipients_chosen", about=row, now=now, before=before, after=after
        )
    return row
