"""The test event of a login. Meta has no call that sends one, so it is ours: signed as Meta signs,
posted to our own public address, stored and applied like everything that Meta sends. It carries a
one-time value whose hash the WABA keeps. Any event of Meta's that is applied proves the same.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from datetime import datetime

import requests
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from ats.tenancy import company_scope
from whatsapp import events, jobs
from whatsapp.meta.signatures import sign
from whatsapp.models import LOGGED_IN, BulkRun, Connection, ConnectionState, Waba
from whatsapp.policy.connection_sentences import WayProblem, way_words

logger = logging.getLogger(__name__)

# No field of Meta's (Meta, Webhooks reference): nobody subscribes to it, and only we send it.
FIELD = "connection_test"
# To connect and to answer, in seconds: receiving is one insert.
TIMEOUTS = 3.0, 5.0


class NotReached(Exception):
    """Our public address did not take the test event; the text is for people."""


def new_value() -> str:
    return secrets.token_urlsafe(32)


def hash_of(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def post_test_event(waba_id: str, value: str, *, now: datetime) -> None:
    """Raises `NotReached`. Call it outside of any transaction."""
    change = {"field": FIELD, "value": {"value": value}}
    entry = {"id": waba_id, "time": int(now.timestamp()), "changes": [change]}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
    address = f"{settings.PUBLIC_URL}{reverse('whatsapp:webhook')}"
    headers = {
        "Content-Type": "application/json",
        "X-Hub-Signature-256": sign(settings.WHATSAPP["APP_SECRET"], body),
    }
    try:
        answer = requests.post(
            address, data=body, headers=headers, timeout=TIMEOUTS, allow_redirects=False
        )
    except requests.RequestException as error:
        logger.warning("test_event_not_posted error=%s", type(error).__name__)
        raise NotReached(way_words(WayProblem.UNREACHABLE, address=address)) from error
    if answer.status_code != 200:
        logger.warning("test_event_refused status=%s", answer.status_code)
        words = way_words(WayProblem.REFUSED, address=address, status=answer.status_code)
        raise NotReached(words)


def take_test_event(*, waba: Waba, value: str, now: datetime) -> bool:
    """Whether it is the one that was sent last for this WABA and has not come back yet."""
    return bool(value) and _prove(waba, now=now, test_event_hash=hash_of(value))


def take_real_event(*, waba_id: str, at: datetime) -> None:
    """An event of Meta's that came at `at` has been applied. Call it with every company
    reachable."""
    due = Waba.objects.filter(
        waba_id=waba_id, test_event_due=True, connection__connected_at__lte=at
    ).first()
    if due is not None:
        _prove(due, now=at)


def _prove(waba: Waba, *, now: datetime, **proof: str) -> bool:
    """The way from outside to a worker is proved: what waits for the connection goes on."""
    with company_scope(waba.company_id), transaction.atomic():
        # First, as whoever reads the account does: two ways round would wait for each other.
        connection = Connection.objects.select_for_update(no_key=True).get(pk=waba.connection_id)
        if connection.state not in LOGGED_IN:
            return False
        rows = Waba.objects.filter(pk=waba.pk, test_event_due=True, is_gone=False, **proof)
        if not rows.update(test_event_due=False, test_event_hash="", test_event_at=now):
            return False
        Waba.objects.filter(pk=waba.pk, stopped_at="event").update(stopped_at="", stopped_by="")
        if connection.state == ConnectionState.CONNECTING:
            connection.state = ConnectionState.CONNECTED
            connection.save(update_fields=["state"])
            BulkRun.objects.filter(sender__waba__connection=connection).ask_gate_first(now=now)
            jobs.wake(jobs.SEND_MESSAGES)
        events.publish(waba.company_id, "connection", now=now)
    return True
