"""A status of a message of ours: sent, delivered, read or failed."""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db.models import Q

from ats.tenancy import company_scope
from whatsapp import events
from whatsapp.models import Message, Sender, WebhookItem
from whatsapp.sending.outcome import StatusReport, apply_status
from whatsapp.webhooks.handlers.messages import moment, sender_of
from whatsapp.webhooks.outcomes import NotYet


def handle(item: WebhookItem, *, now: datetime) -> None:
    status = item.payload["item"]
    report = read(status)
    sender = sender_of(item)
    with company_scope(sender.company_id):
        message = _message(sender, status)
        if message is None:
            raise NotYet("No message of ours has this wamid or callback id.")
        if apply_status(message, report):
            events.message_changed(sender.company_id, message.conversation_id, message.pk, now)


def _message(sender: Sender, status: dict[str, Any]) -> Message | None:
    """By Meta's id, or by ours where the answer that would have told us Meta's was lost."""
    wanted = Q(wamid=str(status["id"]))
    with suppress(ValueError):
        wanted |= Q(callback_id=uuid.UUID(str(status.get("biz_opaque_callback_data"))))
    return Message.objects.filter(wanted, sender=sender, direction="out").first()


def read(status: dict[str, Any]) -> StatusReport:
    errors = status.get("errors")
    error = errors[0] if isinstance(errors, list) and errors else {}
    error = error if isinstance(error, dict) else {}
    data = error.get("error_data")
    code = error.get("code")
    pricing = status.get("pricing")
    return StatusReport(
        wamid=str(status["id"])[:256],
        status=str(status["status"])[:16],
        at=moment(status),
        wa_id=str(status.get("recipient_id") or "")[:20],
        user_id=str(status.get("recipient_user_id") or "")[:140],
        error_code=code if isinstance(code, int) else None,
        error_title=str(error.get("title") or error.get("message") or "")[:300],
        error_details=str(data.get("details") or "") if isinstance(data, dict) else "",
        pricing=pricing if isinstance(pricing, dict) else None,
    )
