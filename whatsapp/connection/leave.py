"""Disconnecting: Meta's webhooks end, the token is forgotten, the history stays."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from ats.public import User
from whatsapp import events, jobs
from whatsapp.connection.clients import client_for
from whatsapp.connection.vault import Locked
from whatsapp.meta.errors import MetaError
from whatsapp.models import BulkRun, ConnectAttempt, Connection, ConnectionState

logger = logging.getLogger(__name__)


def disconnect(*, connection: Connection, by: User, now: datetime) -> bool:
    """Whether Meta took the end of the webhooks from every account.

    The token is forgotten whatever Meta says: a company that wants to leave is not held back by
    an outage. WABAs, senders and conversations stay; a new login finds them by their ids at Meta.
    """
    told = _unsubscribe(connection)
    with transaction.atomic():
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
            # A login that waits for a choice would bring back what was just left.
            ConnectAttempt.objects.all().forget()
            if BulkRun.objects.ask_gate_first(now=now):
                jobs.wake(jobs.SEND_MESSAGES)
            events.audit(
                actor=by, verb="disconnected", about=connection, now=now, meta_was_told=told
            )
            events.publish(connection.company_id, "connection", now=now)
    return told


def _unsubscribe(connection: Connection) -> bool:
    try:
        client = client_for(connection)
    except Locked:
        return False
    told = True
    for waba in connection.wabas.filter(is_gone=False).order_by("pk"):
        try:
            client.unsubscribe_app(waba.waba_id)
        except MetaError as error:
            logger.warning("unsubscribe_failed waba=%s error=%s", waba.pk, error)
            told = False
    return told
