"""The ledger of a run as a CSV file: every row, with all that is known of it."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ats.public import Company
from ats.tenancy import company_scope
from whatsapp.models import BulkRun, RunRecipient, SendAttempt
from whatsapp.selectors.runs import fate_of, rows_of, why_of

BATCH = 1_000
HEAD = (
    "row",
    "candidate_id",
    "candidate",
    "number",
    "country",
    "state",
    "causes",
    "why",
    "message_id",
    "wamid",
    "attempts",
    "handed_over_at",
    "accepted_at",
    "sent_at",
    "delivered_at",
    "read_at",
    "failed_at",
    "error_code",
    "error_title",
)
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Line:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(run: BulkRun, company: Company) -> Iterator[str]:
    """Line by line, in batches, so that a million rows take no more memory than a thousand. Opens
    the company's scope for each batch, since it is read after the request is done."""
    write = csv.writer(_Line()).writerow
    yield "\ufeff" + str(write(HEAD))
    after = 0
    while True:
        with company_scope(company):
            rows = list(
                rows_of(run, after=after).select_related(
                    "candidate", "message", "twin_of__candidate"
                )[:BATCH]
            )
            handed_over = _handed_over(rows)
        if not rows:
            return
        for row in rows:
            yield str(write(_cells(row, handed_over, company.tz)))
        after = rows[-1].pk


def _handed_over(rows: list[RunRecipient]) -> dict[int, list[datetime]]:
    """The moments of each message's attempts."""
    ids = [row.message_id for row in rows if row.message_id]
    moments: dict[int, list[datetime]] = defaultdict(list)
    attempts = SendAttempt.objects.filter(message__in=ids).order_by("message_id", "number")
    for message_id, at in attempts.values_list("message_id", "handed_over_at"):
        moments[message_id].append(at)
    return moments


def _cells(row: RunRecipient, handed_over: dict[int, list[datetime]], tz: ZoneInfo) -> list[object]:
    message: Any = row.message
    title, more = why_of(row, tz)
    codes = [one["code"] for one in row.causes or (message.refusal if message else [])]
    moments = handed_over.get(row.message_id or 0, [])
    return [
        row.pk,
        row.candidate_id or "",
        _safe(row.candidate.name if row.candidate else ""),
        row.phone,
        row.region,
        fate_of(row).key,
        " ".join(codes),
        _safe(f"{title}. {more}" if title else ""),
        row.message_id or "",
        message.wamid if message else "",
        message.attempts if message else 0,
        " ".join(at.isoformat() for at in moments),
        *(
            _moment(getattr(message, f"{name}_at", None))
            for name in ("accepted", "sent", "delivered", "read", "failed")
        ),
        message.error_code if message and message.error_code is not None else "",
        _safe(message.error_title) if message else "",
    ]


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
