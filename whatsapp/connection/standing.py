"""What Meta says of an account: its review, a ban, restrictions. Kept in Meta's words, newest last.

Each call may come twice and in any order: `at` is when Meta's word reached us, and an older one
changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from whatsapp import events
from whatsapp.connection.notices import tell_admins
from whatsapp.meta import types
from whatsapp.models import Waba
from whatsapp.policy.health import MESSAGING
from whatsapp.policy.notice_sentences import BAN_STATES, restriction_words
from whatsapp.policy.notices import NoticeKind

# Meta's `health_status` may lag behind what a webhook has just told.
SETTLED = timedelta(hours=1)


# The columns of `keep_account`.
KEPT = (
    "name",
    "portfolio_name",
    "currency",
    "timezone_id",
    "business_verification",
    "ban_state",
    "ban_told_at",
    "restrictions",
    "review",
    "review_told_at",
)


def keep_account(*, waba: Waba, seen: types.Waba, at: datetime, now: datetime) -> None:
    """What Meta answered at a moment about the account itself, in the caller's transaction, which
    publishes it. The portfolio is a login's to change: limits and people are counted by it.

    Meta has no event for the end of a restriction, and one for the end of a ban may be lost: that
    the account can send says that what kept it from sending is over (Meta, field `health_status`).
    """
    row = _locked(waba)
    row.name = seen.name or row.name
    row.portfolio_name = seen.business_name or row.portfolio_name
    row.currency = seen.currency or row.currency
    row.timezone_id = seen.timezone_id or row.timezone_id
    row.business_verification = seen.business_verification_status or row.business_verification
    settled = row.ban_told_at is None or row.ban_told_at <= at - SETTLED
    if row.ban_state == "DISABLE" and seen.can_send in ("AVAILABLE", "LIMITED") and settled:
        row.ban_state, row.ban_told_at = "", at
    if seen.can_send == "AVAILABLE":
        row.restrictions = {
            kind: one
            for kind, one in row.restrictions.items()
            if MESSAGING not in kind or datetime.fromisoformat(one["at"]) > at - SETTLED
        }
    if seen.account_review_status:
        _take_review(row, seen.account_review_status, at=at, now=now)
    row.save(update_fields=KEPT)


def over_at_login(can_send: str | None) -> dict[str, Any]:
    """What a new login ends of a ban and of restrictions, as values of the row: all of them where
    Meta says that the account can send, the ban alone where it is limited."""
    ended: dict[str, Any] = {}
    if can_send in ("AVAILABLE", "LIMITED"):
        ended["ban_state"] = ""
    if can_send == "AVAILABLE":
        ended["restrictions"] = {}
    return ended


def note_review(*, waba: Waba, decision: str, at: datetime, now: datetime) -> None:
    with transaction.atomic():
        row = _locked(waba)
        _take_review(row, decision, at=at, now=now)
        row.save(update_fields=["review", "review_told_at"])
        events.publish(waba.company_id, "connection", now=now)


def _take_review(row: Waba, decision: str, *, at: datetime, now: datetime) -> None:
    if row.review_told_at is None or row.review_told_at <= at:
        before, row.review, row.review_told_at = row.review, decision[:16], at
        if row.review != before and decision == "REJECTED":
            tell_admins(row.company_id, NoticeKind.REVIEW_REFUSED, now=now, account=str(row))


def note_ban(*, waba: Waba, state: str, at: datetime, now: datetime) -> None:
    """`state` as in `ban_info.waba_ban_state`; REINSTATE ends it."""
    kept = "" if state == "REINSTATE" else state[:32]
    with transaction.atomic():
        row = _locked(waba)
        if row.ban_told_at is None or row.ban_told_at <= at:
            before, row.ban_state, row.ban_told_at = row.ban_state, kept, at
            row.save(update_fields=["ban_state", "ban_told_at"])
            if kept and kept != before:
                what = BAN_STATES.get(kept, f"“{kept}”")
                account = str(waba)
                tell_admins(waba.company_id, NoticeKind.BANNED, now=now, account=account, what=what)
        events.publish(waba.company_id, "connection", now=now)


def note_restrictions(
    *, waba: Waba, until: Mapping[str, datetime | None], at: datetime, now: datetime
) -> None:
    """By type, each with its end; None where Meta names none."""
    with transaction.atomic():
        row = _locked(waba)
        for kind, end in until.items():
            known = row.restrictions.get(kind)
            if known and datetime.fromisoformat(known["at"]) >= at:
                continue
            row.restrictions[kind] = {
                "at": at.isoformat(),
                "until": end.isoformat() if end else "",
            }
            # One that is over before it was heard of is not worth a letter.
            if end is None or end > now:
                tell_admins(
                    waba.company_id,
                    NoticeKind.RESTRICTED,
                    now=now,
                    account=str(waba),
                    what=restriction_words(kind),
                    until=f" until {end:%d %B %Y, %H:%M} UTC" if end else "",
                )
        row.save(update_fields=["restrictions"])
        events.publish(waba.company_id, "connection", now=now)


def restricted_now(waba: Waba, *, now: datetime) -> dict[str, datetime | None]:
    """The restrictions that hold, with their ends."""
    found = {kind: _end(one.get("until", "")) for kind, one in waba.restrictions.items()}
    return {kind: end for kind, end in found.items() if end is None or end > now}


def violations_of(kinds: Iterable[str]) -> str:
    return ", ".join(kind.replace("_", " ").lower() for kind in kinds)


def _end(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _locked(waba: Waba) -> Waba:
    return Waba.objects.select_for_update(no_key=True).get(pk=waba.pk)
