"""Logging in with Facebook: an attempt is begun, comes back with a code, and ends in a connection.

Nothing that a browser says is believed before the exchanged token proves it: a WABA belongs to the
company because Meta's `debug_token` lists it, not because a window's message named it.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from ats.public import User, company_of, mobile_fields
from whatsapp import events, jobs
from whatsapp.connection import vault
from whatsapp.connection.clients import app_client, client_with
from whatsapp.connection.listings import mark_gone
from whatsapp.connection.recipients import settings_of_company
from whatsapp.meta import types
from whatsapp.meta.errors import GraphError, MetaError
from whatsapp.meta.oauth import dialog_url
from whatsapp.models import (
    ConnectAttempt,
    Connection,
    ConnectionState,
    Waba,
)

# Long enough for Meta's pages (new portfolio, code by SMS), short enough for a forgotten window.
ATTEMPT_LIFE = timedelta(hours=1)


class LoginFailed(Exception):
    """The text says what happened, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the window goes, and the secret that must come back with the answer."""

    url: str
    state: str
    attempt_id: int


@dataclass(frozen=True, slots=True)
class Granted:
    """What the exchanged token proved."""

    token: types.AccessToken
    info: types.TokenInfo
    wabas: tuple[types.Waba, ...]


def redirect_uri() -> str:
    return f"{settings.PUBLIC_URL}{reverse('whatsapp:connect_return')}"


def begin_login(*, user: User, now: datetime) -> Begun:
    """Begins an attempt. Raises `LoginFailed` where ops have not named a Meta application."""
    if not settings.WHATSAPP["APP_ID"] or not settings.WHATSAPP["APP_SECRET"]:
        raise LoginFailed(
            "This installation has no Meta application yet, so nobody can log in. "
            "Ask whoever runs it to set FACEBOOK_APP_ID and FACEBOOK_APP_SECRET."
        )
    state = secrets.token_urlsafe(32)
    attempt = ConnectAttempt.objects.create(user=user, state_hash=_hash(state), created_at=now)
    url = dialog_url(
        base_url=settings.WHATSAPP["FACEBOOK_DIALOG_URL"],
        version=settings.WHATSAPP["GRAPH_VERSION"],
        app_id=settings.WHATSAPP["APP_ID"],
        config_id=settings.WHATSAPP["CONFIG_ID"],
        redirect_uri=redirect_uri(),
        state=state,
        extras={"setup": {}},
    )
    return Begun(url, state, attempt.pk)


def take_attempt(*, user: User, state: str, now: datetime) -> ConnectAttempt:
    """The attempt that this answer belongs to, used up from here on. Raises `LoginFailed`.

    Looked up by hash, so the comparison tells nothing about the secret by its time.
    """
    attempts = ConnectAttempt.objects.open_since(now - ATTEMPT_LIFE)
    attempt = attempts.filter(user=user, state_hash=_hash(state)).first()
    taken = attempt is not None and attempts.filter(pk=attempt.pk).update(used_at=now) == 1
    if attempt is None or not taken:
        raise LoginFailed(
            "This answer from Facebook belongs to no login that you began here in the last hour. "
            "It may have been used already. Press “Log in with Facebook” again."
        )
    return attempt


def note_hint(*, user: User, state: str, waba_id: str, cancelled_at_step: str) -> None:
    """Keeps what the window's session message said, for an attempt that is still open."""
    waba_id, cancelled_at_step = (text.replace("\x00", "") for text in (waba_id, cancelled_at_step))
    ConnectAttempt.objects.filter(user=user, state_hash=_hash(state), used_at__isnull=True).update(
        hinted_waba_id=waba_id[:32], cancelled_at_step=cancelled_at_step[:64]
    )


def finish_login(*, attempt: ConnectAttempt, user: User, code: str, now: datetime) -> Connection:
    """Exchanges the code, checks what was granted, and stores the connection.

    Raises `LoginFailed`; the attempt then carries the problem.
    """
    try:
        granted = _exchange(code, hinted_waba_id=attempt.hinted_waba_id)
        return _store(granted, attempt=attempt, user=user, now=now)
    except LoginFailed as problem:
        fail_attempt(attempt, str(problem))
        raise


def fail_attempt(attempt: ConnectAttempt, problem: str) -> None:
    attempt.outcome, attempt.problem = "failed", problem[:500]
    attempt.save(update_fields=["outcome", "problem"])


def explain_refusal(error: str, cancelled_at_step: str) -> str:
    """Words for a window that came back without a code."""
    if error == "access_denied":
        where = STEPS.get(cancelled_at_step, "")
        return (
            f"The login was cancelled{f' {where}' if where else ''}, so nothing was connected. "
            "Press “Log in with Facebook” to begin again."
        )
    return (
        "Facebook ended the login with an error, so nothing was connected. Try again in a few "
        "minutes; if it happens again, whoever runs this installation should check the Meta "
        "application’s redirect address."
    )


# `current_step` of a cancelled Embedded Signup (Meta, Embedded Signup implementation).
STEPS = {
    "BUSINESS_ACCOUNT_SELECTION": "while choosing the business portfolio",
    "WABA_PHONE_PROFILE_PICKER": "while choosing the WhatsApp account and number",
    "WHATSAPP_BUSINESS_PROFILE_SETUP": "while filling in the business profile",
    "PHONE_NUMBER_SETUP": "while entering the phone number",
    "PHONE_NUMBER_VERIFICATION": "while verifying the phone number",
    "PERMISSIONS": "at the question for permissions",
}


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()


def _exchange(code: str, *, hinted_waba_id: str) -> Granted:
    app = app_client()
    try:
        token = app.exchange_code(code, redirect_uri=redirect_uri())
        info = app.debug_token(token.token)
        _check_token(info)
        waba_ids = info.waba_ids or ((hinted_waba_id,) if hinted_waba_id else ())
        client = client_with(token.token)
        wabas = tuple(client.waba(waba_id) for waba_id in waba_ids)
    except GraphError as error:
        # An exchanged code is gone, whatever failed after it: the way on is a new login.
        raise LoginFailed(
            f"Meta refused to finish the login: {error.details or error.message or error.title} "
            "A code from Facebook lives for 30 seconds and works once. "
            "Press “Log in with Facebook” again."
        ) from error
    except MetaError as error:
        raise LoginFailed(
            "Meta could not be reached to finish the login, so nothing was connected. "
            "Press “Log in with Facebook” again in a minute."
        ) from error
    if not wabas:
        raise LoginFailed(
            "The login worked, but no WhatsApp Business Account was shared with this system. "
            "Log in again and choose the business and its WhatsApp account on Meta’s page."
        )
    return Granted(token, info, wabas)


def _check_token(info: types.TokenInfo) -> None:
    if not info.is_valid or info.app_id != settings.WHATSAPP["APP_ID"]:
        raise LoginFailed(
            "Meta says that the answer belongs to another application. Nothing was connected; "
            "press “Log in with Facebook” again."
        )
    if info.missing_scopes:
        raise LoginFailed(
            f"The login did not grant {' and '.join(info.missing_scopes)}. Without it messages "
            "cannot be read and sent. Log in again and allow everything that Meta’s page lists."
        )


def _store(granted: Granted, *, attempt: ConnectAttempt, user: User, now: datetime) -> Connection:
    try:
        with transaction.atomic():
            connection, _ = Connection.objects.update_or_create(
                company_id=attempt.company_id,
                defaults={
                    "state": ConnectionState.CONNECTED,
                    "token": vault.seal(granted.token.token),
                    "token_expires_at": granted.info.expires_at,
                    "scopes": list(granted.info.scopes),
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
                _store_waba(connection, waba)
            granted_ids = [waba.id for waba in granted.wabas]
            mark_gone(connection.wabas.filter(is_gone=False).exclude(waba_id__in=granted_ids))
            _choose_recipient_field(user)
            attempt.outcome = "connected"
            attempt.save(update_fields=["outcome"])
            events.audit(
                actor=user,
                verb="connected",
                about=connection,
                now=now,
                wabas=granted_ids,
            )
            jobs.wake(jobs.SYNC_CONNECTIONS)
    except IntegrityError as error:
        raise LoginFailed(
            "This WhatsApp Business Account is connected to another company on this system "
            "already, so nothing was connected. Log in again and choose another account on Meta’s "
            "page, or ask whoever runs this installation which company has it."
        ) from error
    return connection


def _store_waba(connection: Connection, waba: types.Waba) -> None:
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
            "is_gone": False,
            # A new login may stand for one that Meta took back, and our subscription with it.
            "subscribed_at": None,
        },
    )


def _choose_recipient_field(user: User) -> None:
    """With a single mobile field there is nothing to choose; with several, an admin does."""
    fields = mobile_fields(company_of(user))
    row = settings_of_company()
    if row.recipient_field_id is None and len(fields) == 1:
        row.recipient_field = fields[0]
        row.save(update_fields=["recipient_field"])
