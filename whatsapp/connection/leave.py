"""Disconnecting: the token is forgotten, Meta's webhooks end, the history stays."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from ats.public import User
from whatsapp import events, jobs
from whatsapp.connection.clients import client_for
from whatsapp.connection.sync import request_sync
from whatsapp.connection.vault import Locked
from whatsapp.meta.client import GraphClient
from whatsapp.meta.errors import MetaError
from whatsapp.models import BulkRun, ConnectAttempt, Connection, ConnectionState, Waba
from whatsapp.policy.connection_sentences import Departure

logger = logging.getLogger(__name__)


def disconnect(*, connection: Connection, by: User, now: datetime) -> Departure:
    """Ends the login that `connection` was read with; a newer one is left alone, webhooks and all.

    First here and then at Meta, so that no reading in between has the webhooks sent again. The
    token is forgotten whatever Meta says: a company that wants to leave is not held back by an
    outage. WABAs, senders and conversations stay; a new login finds them by their ids at Meta.
    """
    try:
        client = client_for(connection)
    except Locked:
        client = None
    wabas = list(connection.wabas.filter(is_gone=False).order_by("pk"))
    if not _forget_token(connection, by=by, now=now):
        stands = Connection.objects.filter(pk=connection.pk)
        is_gone = not stands.exclude(state=ConnectionState.DISCONNECTED).exists()
        return Departure.LEFT if is_gone else Departure.OVERTAKEN
    told = client is not None and _unsubscribe(client, wabas)
    if not told:
        events.audit(actor=by, verb="webhooks_not_ended", about=connection, now=now)
    # A login that came while Meta was told has lost its webhooks; its reading has them sent again.
    request_sync(connection, now=now, skip_pause=True)
    return Departure.LEFT if told else Departure.NOT_TOLD


def _forget_token(connection: Connection, *, by: User, now: datetime) -> bool:
    """Whether it was still this login."""
    with transaction.atomic():
        # A login that waits for a choice would bring back what was just left.
        waiting = ConnectAttempt.objects.hold_choosing()
        left = (
            Connection.objects.filter(pk=connection.pk, connected_at=connection.connected_at)
            .exclude(state=ConnectionState.DISCONNECTED)
            .update(
                state=ConnectionState.DISCONNECTED,
                token=b"",
                token_end="",
                token_expires_at=None,
                scopes=[],
                broken_at=None,
                broken_cause="",
                sync_problem="",
                sync_wanted_at=None,
                sync_claimed_at=None,
                sync_attempts=0,
            )
        )
        if left:
            connection.wabas.update(subscribed_at=None, test_event_due=False, test_event_hash="")
            waiting.forget()
            if BulkRun.objects.ask_gate_first(now=now):
                jobs.wake(jobs.SEND_MESSAGES)
            events.audit(actor=by, verb="disconnected", about=connection, now=now)
            events.publish(connection.company_id, "connection", now=now)
    return left == 1


def _unsubscribe(client: GraphClient, wabas: Sequence[Waba]) -> bool:
    """Whether Meta took the end of the webhooks of all of them."""
    told = True
    for waba in wabas:
        try:
            client.unsubscribe_app(waba.waba_id)
        except MetaError as error:
            logger.warning("unsubscribe_failed waba=%s error=%s", waba.pk, error)
            told = False
    return told
