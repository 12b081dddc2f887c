"""Our own test event came back (`connection.round_trip`)."""

from __future__ import annotations

import logging
from datetime import datetime

from whatsapp.connection.round_trip import take_test_event
from whatsapp.models import WebhookItem
from whatsapp.webhooks.content import text_of
from whatsapp.webhooks.owners import waba_of

logger = logging.getLogger(__name__)


def handle(item: WebhookItem, *, now: datetime) -> None:
    """One that is not the last one sent, or came before, does nothing."""
    waba, value = waba_of(item), text_of(item.payload["item"], "value")
    if not take_test_event(waba=waba, value=value, now=now):
        logger.info("test_event_not_ours item=%s waba=%s", item.pk, waba.pk)
