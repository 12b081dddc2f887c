"""When bulk sends wait: what a WhatsApp admin sets for the company."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from ats.public import User
from whatsapp import events, jobs
from whatsapp.connection.recipients import ChangedMeanwhile, settings_of_company
from whatsapp.models import BulkRun, CompanySettings


def set_quiet_time(
    *, ranges: list[dict[str, Any]], zone: str, by: User, now: datetime, drawn: str = ""
) -> CompanySettings:
    """`ranges` as `policy.quiet.read_quiet` reads them; an empty zone is the company's own.
    `drawn` is the version that the person saw; empty: whichever. Raises `ChangedMeanwhile`.

    Bulk sends that run or wait ask at once whether they may go on: a quiet time may have begun
    just now, and another one ended.
    """
    with transaction.atomic():
        row = CompanySettings.objects.select_for_update(no_key=True).get(
            pk=settings_of_company().pk
        )
        before = {"ranges": row.quiet_times, "zone": row.quiet_zone}
        after = {"ranges": ranges, "zone": zone}
        if before == after:
            return row
        if drawn not in ("", row.quiet_version):
            raise ChangedMeanwhile
        row.quiet_times, row.quiet_zone = ranges, zone
        row.save(update_fields=["quiet_times", "quiet_zone"])
        if BulkRun.objects.ask_gate_first(now=now):
            jobs.wake(jobs.SEND_MESSAGES)
        events.audit(
            actor=by, verb="quiet_time_set", about=row, now=now, before=before, after=after
        )
    return row
