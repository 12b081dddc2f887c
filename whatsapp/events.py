"""What is written down beside a change: the audit line, and the event that browsers are told."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import redis
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model

from ats.public import User
from whatsapp.gathering import Gathering
from whatsapp.models import AuditEntry

logger = logging.getLogger(__name__)

# First key of the advisory locks that order live events; any constant of our own will do.
LIVE_LOCK = 0x57414C56
CHANNEL = "whatsapp.live"
# Seconds in which the events of a company ring once.
GATHERED = 0.01

_redis = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def audit(*, actor: User | None, verb: str, about: Model, now: datetime, **data: Any) -> None:
    """One line of the audit trail, in the transaction of the change that it tells of."""
    AuditEntry.objects.create(
        company_id=about.company_id,  # type: ignore[attr-defined]
        actor=actor,
        verb=verb,
        object_type=type(about).__name__,
        object_id=about.pk,
        data=data,
        at=now,
    )


def publish(company_id: int, kind: str, *, now: datetime, **data: Any) -> None:
    """Tells open browsers of the company, once the transaction commits. Call it last.

    Sequence numbers are handed out before commits and may become visible out of order, and a
    reader that goes by "greater than the last one I saw" would then miss one. So writers of one
    company take turns from here to their commit.
    """
    with connection.cursor() as cursor:
        # One statement, because every message does it; the key is drawn with the lock held.
        cursor.execute(
            "WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(%s, %s))"
            " INSERT INTO whatsapp_liveevent (company_id, kind, data, at)"
            " SELECT %s, %s, %s, %s FROM turn",
            [LIVE_LOCK, company_id, company_id, kind, json.dumps(data), now],
        )
    transaction.on_commit(lambda: _rings.soon(company_id), robust=True)


def message_changed(company_id: int, conversation_id: int, message_id: int, now: datetime) -> None:
    publish(company_id, "message", now=now, conversation=conversation_id, message=message_id)


def messages_changed(company_id: int, changed: Sequence[tuple[int, int]], now: datetime) -> None:
    """As `message_changed`, for (conversation, message) of many, in one statement."""
    if not changed:
        return
    told = [json.dumps({"conversation": thread, "message": pk}) for thread, pk in changed]
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(%s, %s))"
            " INSERT INTO whatsapp_liveevent (company_id, kind, data, at)"
            " SELECT %s, 'message', told.data, %s FROM turn, unnest(%s::jsonb[]) AS told (data)",
            [LIVE_LOCK, company_id, company_id, now, told],
        )
    transaction.on_commit(lambda: _rings.soon(company_id), robust=True)


def _ring(company_id: int) -> None:
    """Wakes the streams. Without Redis they find the event at their next look, seconds later."""
    try:
        _redis.publish(CHANNEL, json.dumps({"company": company_id}))
    except redis.RedisError:
        logger.warning("live_ring_failed company=%s", company_id)


_rings = Gathering(GATHERED, _ring)
