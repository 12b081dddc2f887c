"""Reads a company's numbers and templates from Meta, and has its webhooks sent here.

A row says that a company is to be read (`Connection.sync_wanted_at`), a drainer claims it. A run
that somebody has overtaken meanwhile, by a new login or after its lease, writes nothing: what was
read earlier never overwrites what was read later.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Q

from ats.tenancy import all_companies, company_scope
from whatsapp import events, jobs
from whatsapp.connection.clients import app_client, client_for
from whatsapp.connection.listings import store_numbers, store_templates
from whatsapp.connection.notices import tell_admins
from whatsapp.connection.round_trip import NotReached, hash_of, new_value, post_test_event
from whatsapp.connection.standing import keep_account
from whatsapp.connection.vault import Locked, unseal
from whatsapp.meta.client import GraphClient
from whatsapp.meta.errors import AuthError, MetaError, ParameterError, PermissionError_
from whatsapp.models import (
    LOGGED_IN,
    BulkRun,
    Connection,
    ConnectionState,
    RunState,
    Waba,
    WebhookItem,
)
from whatsapp.policy.notices import NoticeKind

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Problem = MetaError | DatabaseError | NotReached

# Pauses after failed runs; after the last one the company waits until somebody asks again, at the
# latest the nightly reading.
PAUSES = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 1800, 3600))


class Overtaken(Exception):
    """Another login, a break, or a later run has made this run meaningless."""


def request_sync(connection: Connection, *, now: datetime, skip_pause: bool = False) -> bool:
    """Has the company read from Meta soon; False where it has to log in again first.

    A run that has failed and pauses before its next try is enough for news from Meta; a person who
    presses a button does not wait for it (`skip_pause`).
    """
    rows = Connection.objects.filter(pk=connection.pk, state__in=LOGGED_IN)
    # While a run is under way it may have read before the news: another one follows it.
    news = Q(sync_wanted_at=None) | Q(sync_claimed_at__isnull=False)
    if skip_pause:
        news |= Q(sync_wanted_at__gt=now)
    if rows.filter(news).update(sync_wanted_at=now) == 0 and not rows.exists():
        return False
    jobs.wake(jobs.SYNC_CONNECTIONS)
    return True


def request_all(*, now: datetime) -> None:
    """Every connection, nightly: news that never reached us ends there."""
    waits = Q(sync_wanted_at=None) | Q(sync_wanted_at__gt=now)
    with all_companies():
        rows = Connection.objects.filter(waits, state__in=LOGGED_IN)
        if rows.update(sync_wanted_at=now):
            jobs.wake(jobs.SYNC_CONNECTIONS)


def drain(clock: Clock, go_on: Callable[[], bool] = lambda: True) -> bool:
    """Reads those that are due, for as long as `go_on` says; whether none is left."""
    while go_on():
        if not sync_next(clock):
            return True
    return False


def sync_next(clock: Clock) -> bool:
    """Claims one company, commits that, and reads it; whether there was one."""
    with all_companies(), transaction.atomic():
        connection = Connection.objects.claim_sync(now=clock())
    if connection is None:
        return False
    with company_scope(connection.company_id):
        sync_claimed(connection, clock)
    return True


def sync_claimed(connection: Connection, clock: Clock) -> None:
    """Asks first, then writes: no HTTP inside a transaction. May run twice."""
    try:
        _sync(connection, clock)
    except Overtaken:
        logger.info("sync_overtaken connection=%s", connection.pk)


def break_connection(connection: Connection, *, cause: str, now: datetime) -> None:
    """Meta takes the token no more: sending waits for a new login, nothing is thrown away.

    Only the login that failed is broken: a newer one has another token.
    """
    with transaction.atomic():
        broke = Connection.objects.filter(
            pk=connection.pk,
            state__in=LOGGED_IN,
            connected_at=connection.connected_at,
        ).update(
            state=ConnectionState.BROKEN,
            broken_at=now,
            broken_cause=cause[:300],
            sync_wanted_at=None,
            sync_claimed_at=None,
            sync_attempts=0,
        )
        if broke:
            events.audit(actor=None, verb="broken", about=connection, now=now)
            tell_admins(connection.company_id, NoticeKind.BROKEN, now=now, cause=cause)
            # Bulk sends say so, and nothing of them is tried meanwhile.
            runs = BulkRun.objects.filter(sender__waba__connection=connection.pk)
            if runs.ask_gate_first(now=now):
                jobs.wake(jobs.SEND_MESSAGES)
            events.publish(connection.company_id, "connection", now=now)


def _sync(connection: Connection, clock: Clock) -> None:
    """One WABA that cannot be read holds back no other. A token that Meta refuses, or that may read
    none of them, breaks the connection."""
    wabas = list(connection.wabas.filter(is_gone=False).order_by("pk"))
    problems: list[tuple[Waba, Problem]] = []
    try:
        client = client_for(connection)
        _end_webhooks_of_gone(client, connection)
        for waba in wabas:
            try:
                _read(client, connection, waba, clock)
            except (MetaError, DatabaseError, NotReached) as error:
                if isinstance(error, AuthError):
                    raise
                _log(waba, error)
                problems.append((waba, error))
                _note_stop(connection, waba, error)
    except (AuthError, Locked) as error:
        break_connection(connection, cause=_words(error), now=clock())
        return
    refused = [error for _, error in problems if isinstance(error, PermissionError_)]
    if refused and len(refused) == len(wabas):
        break_connection(connection, cause=_words(refused[0]), now=clock())
        return
    _check_token(connection, clock)
    _finish(connection, wabas, problems, now=clock())


def _end_webhooks_of_gone(client: GraphClient, connection: Connection) -> None:
    """Of accounts that the last choice left out: asked of Meta until it is done, or until Meta says
    that the token does not reach them."""
    for waba in connection.wabas.filter(is_gone=True, subscribed_at__isnull=False):
        try:
            client.unsubscribe_app(waba.waba_id)
        except (ParameterError, PermissionError_) as error:
            logger.info("unsubscribe_out_of_reach waba=%s error=%s", waba.pk, error)
        except MetaError as error:
            logger.warning("unsubscribe_failed waba=%s error=%s", waba.pk, error)
            continue
        with _held(connection):
            Waba.objects.filter(pk=waba.pk, is_gone=True).update(subscribed_at=None)


def _check_token(connection: Connection, clock: Clock) -> None:
    """What Meta says of the token itself: until when it is good, and for what. What was read has
    proved it, so a question that fails says nothing."""
    try:
        info = app_client().debug_token(unseal(connection.token))
    except (MetaError, Locked) as error:
        logger.warning("token_not_checked connection=%s error=%s", connection.pk, error)
        return
    if not info.is_valid:
        return
    with _held(connection) as row:
        row.scopes, row.token_expires_at = list(info.scopes), info.expires_at
        row.token_checked_at = clock()
        row.save(update_fields=["scopes", "token_expires_at", "token_checked_at"])


def _note_stop(connection: Connection, waba: Waba, error: Problem) -> None:
    """The step at which the reading of a WABA stopped stands in `waba.stopped_at` already."""
    with _held(connection):
        waba.stopped_by = _words(error)[:500]
        waba.save(update_fields=["stopped_at", "stopped_by"])


def _read(client: GraphClient, connection: Connection, waba: Waba, clock: Clock) -> None:
    """Numbers before the subscription: what Meta then sends finds the number that it is for."""
    asked_at, waba.stopped_at = clock(), "numbers"
    seen = client.waba(waba.waba_id)
    numbers = client.phone_numbers(waba.waba_id)
    with _held(connection) as row:
        # Else a person or a webhook has changed something since Meta was asked, and what was read
        # is old; another run follows this one.
        if row.sync_wanted_at == connection.sync_wanted_at:
            keep_account(waba=waba, seen=seen, at=asked_at, now=clock())
            ours = store_numbers(waba, numbers, at=asked_at)
            if WebhookItem.objects.claim_for(ours, [waba.waba_id], now=clock()):
                jobs.wake(jobs.APPLY_WEBHOOKS)
            waba.numbers_read_at = asked_at
            waba.save(update_fields=["numbers_read_at"])
    waba.stopped_at = "webhook"
    _subscribe(client, connection, waba, clock)
    not_reached = _try_address(connection, waba, clock)
    waba.stopped_at = "templates"
    asked_at = clock()
    templates = client.message_templates(waba.waba_id)
    with _held(connection):
        store_templates(waba, templates, at=asked_at, now=clock())
        waba.templates_read_at, waba.stopped_at, waba.stopped_by = clock(), "", ""
        waba.save(update_fields=["templates_read_at", "stopped_at", "stopped_by"])
    if not_reached is not None:
        # Last: nothing that was read is less true for it.
        waba.stopped_at = "event"
        raise not_reached


def _try_address(connection: Connection, waba: Waba, clock: Clock) -> NotReached | None:
    """After a login one event goes the whole way; until then nothing is sent."""
    if not waba.test_event_due:
        return None
    value = new_value()
    with _held(connection):
        # Another may have come back since the WABA was read.
        rows = Waba.objects.filter(pk=waba.pk, test_event_due=True)
        if not rows.update(test_event_hash=hash_of(value), test_event_sent_at=clock()):
            return None
    try:
        post_test_event(waba.waba_id, value, now=clock())
    except NotReached as error:
        return error
    return None


def _subscribe(client: GraphClient, connection: Connection, waba: Waba, clock: Clock) -> None:
    """Once; afterwards it is looked at whether Meta still has it, and where it sends."""
    found = None
    if waba.subscribed_at is not None:
        apps = client.subscribed_apps(waba.waba_id)
        found = next((one for one in apps if one.id == settings.WHATSAPP["APP_ID"]), None)
    if found is None:
        client.subscribe_app(waba.waba_id)
        if _is_left(connection):
            # The departure told Meta before this did, and its token is the last.
            client.unsubscribe_app(waba.waba_id)
    with _held(connection):
        waba.subscribed_at = waba.subscribed_at if found else clock()
        waba.webhook_override = ((found and found.override_callback_uri) or "")[:200]
        waba.save(update_fields=["subscribed_at", "webhook_override"])


def _is_left(connection: Connection) -> bool:
    rows = Connection.objects.filter(pk=connection.pk, state=ConnectionState.DISCONNECTED)
    return rows.exists()


@contextmanager
def _held(connection: Connection) -> Iterator[Connection]:
    """A transaction with the row locked, in which this run is the one that counts."""
    with transaction.atomic():
        row = (
            Connection.objects.select_for_update(no_key=True)
            .filter(
                pk=connection.pk,
                state__in=LOGGED_IN,
                connected_at=connection.connected_at,
                sync_claimed_at=connection.sync_claimed_at,
            )
            .first()
        )
        if row is None:
            raise Overtaken
        yield row


def _finish(
    connection: Connection,
    wabas: Sequence[Waba],
    problems: Sequence[tuple[Waba, Problem]],
    *,
    now: datetime,
) -> None:
    with _held(connection) as row:
        row.sync_claimed_at = None
        unread = [one for one in problems if not isinstance(one[1], NotReached)]
        if len(unread) < len(wabas) or not wabas:
            row.synced_at = now
        row.sync_problem = _problem(problems, of_several=len(wabas) > 1)
        next_at = None
        if problems and row.sync_attempts < len(PAUSES):
            next_at = now + _pause(row.sync_attempts, problems)
            row.sync_attempts += 1
        else:
            row.sync_attempts = 0
        # Asked for again while it ran: then that counts, and the next run follows at once.
        if row.sync_wanted_at == connection.sync_wanted_at:
            row.sync_wanted_at = next_at
        row.save(
            update_fields=[
                "synced_at",
                "sync_problem",
                "sync_wanted_at",
                "sync_claimed_at",
                "sync_attempts",
            ]
        )
        # What a bulk send waits for may have been read just now.
        waiting = BulkRun.objects.filter(
            sender__waba__connection=row.pk, state=RunState.WAITING
        ).update(look_at=now)
        if waiting:
            jobs.wake(jobs.SEND_MESSAGES)
        events.publish(row.company_id, "connection", now=now)


def _pause(attempts: int, problems: Sequence[tuple[Waba, Problem]]) -> timedelta:
    """The next pause, or what Meta asked for where that is longer."""
    told = [getattr(error, "retry_after", None) or 0 for _, error in problems]
    return max(PAUSES[attempts], timedelta(seconds=max(told)))


def _problem(problems: Sequence[tuple[Waba, Problem]], *, of_several: bool) -> str:
    """In words, with the WABA's name where the company has others."""
    return " ".join(
        f"{waba.name or waba.waba_id}: {_words(error)}" if of_several else _words(error)
        for waba, error in problems
    )[:500]


def _words(error: Problem | Locked) -> str:
    if isinstance(error, DatabaseError):
        return "What Meta listed could not be stored here. It is tried again; tell your support."
    # "Object with ID … does not exist, cannot be loaded due to missing permissions …" (Meta, Graph
    # API, error 100).
    if isinstance(error, ParameterError) and "does not exist" in error.details:
        return (
            "Meta no longer shows this WhatsApp account to your company’s login: it was deleted, "
            "or access to it was taken back. Log in with Facebook again and choose the account."
        )
    explanation = getattr(error, "explanation", None)
    return explanation.sentence if explanation else str(error)


def _log(waba: Waba, error: Problem) -> None:
    if isinstance(error, DatabaseError):
        logger.error("sync_not_stored waba=%s error=%s", waba.pk, type(error).__name__)
    else:
        logger.warning("sync_waba_failed waba=%s error=%s", waba.pk, error)
