"""What Meta decides about an account: review, bans, restrictions, violations, and who has access.

Lost access is not believed from here, as an old delivery may come after a new login: the account is
read again, and Meta's answer to the token says.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ats.tenancy import company_scope
from whatsapp.connection import standing
from whatsapp.connection.notices import tell_admins
from whatsapp.models import WebhookItem
from whatsapp.policy.notices import NoticeKind
from whatsapp.webhooks.content import text_of
from whatsapp.webhooks.handlers import account
from whatsapp.webhooks.outcomes import Unappliable
from whatsapp.webhooks.owners import waba_of


def handle_review(item: WebhookItem, *, now: datetime) -> None:
    decision = text_of(item.payload["item"], "decision").upper()
    if not decision:
        raise Unappliable("The review has no decision.")
    account.handle(item, now=now)
    waba = waba_of(item)
    with company_scope(waba.company_id):
        standing.note_review(waba=waba, decision=decision, at=item.created_at, now=now)


def handle(item: WebhookItem, *, now: datetime) -> None:
    # First, as a reading locks the connection before the WABA too.
    account.handle(item, now=now)
    value, waba = item.payload["item"], waba_of(item)
    event = text_of(value, "event").upper()
    with company_scope(waba.company_id):
        if event == "ACCOUNT_RESTRICTION":
            found = _restrictions(value.get("restriction_info"))
            standing.note_restrictions(waba=waba, until=found, at=item.created_at, now=now)
        elif event == "DISABLED_UPDATE":
            state = text_of(value.get("ban_info"), "waba_ban_state").upper()
            standing.note_ban(waba=waba, state=state, at=item.created_at, now=now)
        elif event == "ACCOUNT_VIOLATION":
            kind = text_of(value.get("violation_info"), "violation_type")
            what = standing.violations_of([kind or "no type named"])
            tell_admins(
                waba.company_id, NoticeKind.VIOLATION, now=now, account=str(waba), what=what
            )


def _restrictions(info: Any) -> dict[str, datetime | None]:
    found = {}
    for one in info if isinstance(info, list) else [info]:
        kind = text_of(one, "restriction_type").upper()[:64]
        if kind:
            found[kind] = _moment(text_of(one, "expiration"))
    return found


def _moment(text: str) -> datetime | None:
    """Unix seconds; what is no such moment is no end that could be relied on."""
    try:
        return datetime.fromtimestamp(int(text), tz=UTC) if text else None
    except (ValueError, OverflowError, OSError):
        return None
