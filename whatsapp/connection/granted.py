"""What a login proved, and the connection that it becomes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from ats.public import User, company_of, mobile_fields
from ats.tenancy import all_companies
from whatsapp import events, jobs
from whatsapp.connection import vault
from whatsapp.connection.listings import mark_gone
from whatsapp.connection.recipients import choose_recipients, settings_of_company
from whatsapp.connection.standing import over_at_login
from whatsapp.meta import types
from whatsapp.models import (
    BulkRun,
    ConnectAttempt,
    Connection,
    ConnectionState,
    LoginOutcome,
    Waba,
)
from whatsapp.policy.connection_sentences import LoginProblem, login_words

# Long enough for Meta's pages (new portfolio, code by SMS), short enough for a forgotten window.
# The same time again for choosing among several WABAs.
ATTEMPT_LIFE = timedelta(hours=1)
# What a page may show of a token.
TOKEN_END = 4


class LoginFailed(Exception):
    """The text says what happened, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What the exchanged token proved."""

    token: str
    scopes: tuple[str, ...]
    expires_at: datetime | None  # None: never
    wabas: tuple[types.Waba, ...]

    def only(self, waba_ids: Collection[str]) -> Granted:
        return replace(self, wabas=tuple(one for one in self.wabas if one.id in waba_ids))


def store_granted(
    granted: Granted, *, attempt: ConnectAttempt, user: User, now: datetime
) -> Connection:
    """The connection, with exactly these WABAs. Raises `LoginFailed`."""
    try:
        with transaction.atomic():
            # This one's and others': whoever chose last has chosen.
            waiting = ConnectAttempt.objects.hold_choosing()
            connection, _ = Connection.objects.update_or_create(
                company_id=attempt.company_id,
                defaults={
                    "state": ConnectionState.CONNECTING,
                    "token": vault.seal(granted.token),
                    "token_end": granted.token[-TOKEN_END:],
                    "token_expires_at": granted.expires_at,
                    "scopes": list(granted.scopes),
                    "connected_at": now,
                    "connected_by": user,
                    "broken_at": None,
                    "broken_cause": "",
                    "synced_at": None,
                    "sync_problem": "",
                    "sync_wanted_at": now,
                    # A run that began with the old token counts no more.
                    "sync_claimed_at": None,
                    "sync_attempts": 0,
                },
            )
            for waba in granted.wabas:
                _store_waba(connection, waba, now=now)
            granted_ids = [waba.id for waba in granted.wabas]
            mark_gone(connection.wabas.filter(is_gone=False).exclude(waba_id__in=granted_ids))
            _choose_recipient_field(user, now=now)
            waiting.forget()
            ConnectAttempt.objects.filter(pk=attempt.pk).update(outcome=LoginOutcome.CONNECTED)
            events.audit(
                actor=user,
                verb="connected",
                about=connection,
                now=now,
                wabas=granted_ids,
            )
            jobs.wake(jobs.SYNC_CONNECTIONS)
            # Bulk sends say what they wait for until the test event has come back.
            if BulkRun.objects.ask_gate_first(now=now):
                jobs.wake(jobs.SEND_MESSAGES)
            events.publish(connection.company_id, "connection", now=now)
    except IntegrityError as error:
        raise LoginFailed(login_words(_taken(granted, attempt))) from error
    return connection


def _taken(granted: Granted, attempt: ConnectAttempt) -> LoginProblem:
    """Whether the company that has one of them still uses it. Nothing else of it is read."""
    with all_companies():
        others = Waba.objects.exclude(company_id=attempt.company_id)
        held = others.filter(waba_id__in=[one.id for one in granted.wabas])
        is_used = held.filter(is_gone=False).exclude(connection__state=ConnectionState.DISCONNECTED)
        if held.exists() and not is_used.exists():
            return LoginProblem.LEFT_BY_ANOTHER_COMPANY
    return LoginProblem.OF_ANOTHER_COMPANY


def _store_waba(connection: Connection, waba: types.Waba, *, now: datetime) -> None:
    Waba.objects.update_or_create(
        waba_id=waba.id,
        defaults={
            "connection": connection,
            "name": waba.name,
            # Limits are the portfolio's; a WABA whose owner is not told stands for itself.
            "portfolio_id": waba.business_id or waba.id,
            "portfolio_name": waba.business_name or "",
            "currency": waba.currency or "",
            "timezone_id": waba.timezone_id or "",
            "business_verification": waba.business_verification_status or "",
            "review": (waba.account_review_status or "")[:16],
            "review_told_at": now,
            **over_at_login(waba.can_send),
            "is_gone": False,
            # A new login may stand for one that Meta took back, and our subscription with it.
            "subscribed_at": None,
            "test_event_due": True,
            "test_event_hash": "",
            "test_event_sent_at": None,
            "test_event_at": None,
            "stopped_at": "",
            "stopped_by": "",
        },
    )


def _choose_recipient_field(user: User, *, now: datetime) -> None:
    """With a single mobile field there is nothing to choose; with several, an admin does."""
    fields = mobile_fields(company_of(user))
    row = settings_of_company()
    if row.recipient_field_id is None and len(fields) == 1:
        choose_recipients(field=fields[0], countries=row.allowed_countries, by=user, now=now)
