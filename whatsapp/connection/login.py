"""Logging in with Facebook: an attempt is begun, comes back with a code, and ends in a connection.

Nothing that a browser says is believed before the exchanged token proves it: a WABA belongs to the
company because Meta's `debug_token` lists it, not because a window's message named it.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from ats.public import User
from whatsapp.connection.choosing import offer, same_as_before, would_lose
from whatsapp.connection.clients import app_client, client_with
from whatsapp.connection.granted import ATTEMPT_LIFE, Granted, LoginFailed, store_granted
from whatsapp.meta import types
from whatsapp.meta.errors import GraphError, MetaError
from whatsapp.meta.oauth import dialog_url
from whatsapp.models import ConnectAttempt, Connection, LoginOutcome
from whatsapp.policy.connection_sentences import LoginProblem, login_words


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the window goes, and the secret that must come back with the answer."""

    url: str
    state: str
    attempt_id: int


def redirect_uri() -> str:
    return f"{settings.PUBLIC_URL}{reverse('whatsapp:connect_return')}"


def begin_login(*, user: User, now: datetime) -> Begun:
    """Begins an attempt. Raises `LoginFailed` where ops have not named a Meta application."""
    if not settings.WHATSAPP["APP_ID"] or not settings.WHATSAPP["APP_SECRET"]:
        raise LoginFailed(login_words(LoginProblem.NO_APPLICATION))
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
        raise LoginFailed(login_words(LoginProblem.NOT_YOURS))
    return attempt


def note_hint(*, user: User, state: str, waba_id: str, cancelled_at_step: str) -> None:
    """Keeps what the window's session message said, for an attempt that is still open."""
    waba_id, cancelled_at_step = (text.replace("\x00", "") for text in (waba_id, cancelled_at_step))
    ConnectAttempt.objects.filter(user=user, state_hash=_hash(state), used_at__isnull=True).update(
        hinted_waba_id=waba_id[:32], cancelled_at_step=cancelled_at_step[:64]
    )


def finish_login(
    *, attempt: ConnectAttempt, user: User, code: str, now: datetime
) -> Connection | None:
    """Exchanges the code, checks what was granted, and stores the connection; None where the token
    reaches several WABAs and somebody has to choose first (`choosing.choose_wabas`).

    Raises `LoginFailed`; the attempt then carries the problem.
    """
    try:
        granted = _exchange(code, hinted_waba_id=attempt.hinted_waba_id)
        kept = same_as_before(granted, hinted_waba_id=attempt.hinted_waba_id)
        if kept is None and (len(granted.wabas) > 1 or would_lose(granted)):
            offer(granted, attempt=attempt)
            return None
        granted = kept or granted
        return store_granted(granted, attempt=attempt, user=user, now=now)
    except LoginFailed as problem:
        fail_attempt(attempt, str(problem))
        raise


def fail_attempt(attempt: ConnectAttempt, problem: str) -> None:
    attempt.outcome, attempt.problem = LoginOutcome.FAILED, problem[:500]
    attempt.save(update_fields=["outcome", "problem"])


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
        details = error.details or error.message or error.title
        raise LoginFailed(login_words(LoginProblem.REFUSED, details=details)) from error
    except MetaError as error:
        raise LoginFailed(login_words(LoginProblem.UNREACHABLE)) from error
    if not wabas:
        raise LoginFailed(login_words(LoginProblem.NOTHING_SHARED))
    return Granted(token.token, tuple(info.scopes), info.expires_at, wabas)


def _check_token(info: types.TokenInfo) -> None:
    if not info.is_valid or info.app_id != settings.WHATSAPP["APP_ID"]:
        raise LoginFailed(login_words(LoginProblem.OTHER_APPLICATION))
    if info.missing_scopes:
        scopes = " and ".join(info.missing_scopes)
        raise LoginFailed(login_words(LoginProblem.SCOPES_MISSING, scopes=scopes))
