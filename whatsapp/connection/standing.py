"""What Meta says of an account: its review, a ban, restrictions. Kept in Meta's words, newest last.

Each call may come twice and in any order: `at` is when Meta's word reached us, and an older one
changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from whatsapp import events
from whatsapp.connection.notices import tell_admins
from whatsapp.models import Waba
from whatsapp.policy.notice_sentences import BAN_STATES, restriction_words
from whatsapp.policy.notices import NoticeKind


def note_review(*, waba: Waba, decision: str, at: datetime, now: datetime) -> None:
    with transaction.atomic():
        if _note(waba, at, review=decision[:16]) and decision == "REJECTED":
            tell_admins(waba.company_id, NoticeKind.REVIEW_REFUSED, now=now, account=str(waba))
        events.publish(waba.company_id, "connection", now=now)


def note_ban(*, waba: Waba, state: str, at: datetime, now: datetime) -> None:
    """`state` as in `ban_info.waba_ban_state`; REINSTATE ends it."""
    with transaction.atomic():
        kept = "" if state == "REINSTATE" else state[:32]
        if _note(waba, at, ban_state=kept) and kept:
            what = BAN_STATES.get(kept, f"“{kept}”")
            tell_admins(waba.company_id, NoticeKind.BANNED, now=now, account=str(waba), what=what)
        events.publish(waba.company_id, "connection", now=now)


def note_restrictions(
    *, waba: Waba, until: Mapping[str, datetime | None], at: datetime, now: datetime
) -> None:
    """By type, each with its end; None where Meta names none."""
    with transaction.atomic():
        row = Waba.objects.select_for_update(no_key=True).get(pk=waba.pk)
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


def _note(waba: Waba, at: datetime, **changes: str) -> bool:
    """Whether something is another than it was, by news that is the newest."""
    newer = Q(told_at=None) | Q(told_at__lte=at)
    changed = Waba.objects.filter(newer, ~Q(**changes), pk=waba.pk).update(told_at=at, **changes)
    return changed == 1
