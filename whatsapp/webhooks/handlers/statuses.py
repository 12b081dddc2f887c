"""A status of a message of ours: sent, delivered, read or failed."""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import datetime
from typing import Any

from ats.tenancy import company_scope
from whatsapp import events
from whatsapp.models import Direction, Message, Sender, WebhookItem
from whatsapp.sending.outcome import StatusReport, apply_status
from whatsapp.webhooks.content import code_of, moment, text_of
from whatsapp.webhooks.outcomes import NotYet
from whatsapp.webhooks.owners import sender_of


def handle(item: WebhookItem, *, now: datetime) -> None:
    status = item.payload["item"]
    report = read(status, now=now)
    sender = sender_of(item)
    with company_scope(sender.company_id):
        message = _message(sender, report)
        if message is None:
            cause = "No message of ours has this wamid or callback id."
            raise NotYet(cause, wamid=report.wamid)
        if apply_status(message, report, now=now):
            events.message_changed(sender.company_id, message.conversation_id, message.pk, now)


def _message(sender: Sender, report: StatusReport) -> Message | None:
    """By Meta's id, or by ours where the answer that would have told us Meta's was lost."""
    rows = Message.objects.filter(sender=sender, direction=Direction.OUT)
    message = rows.filter(wamid=report.wamid).order_by().first()
    if message is None and report.callback_id is not None:
        message = rows.filter(callback_id=report.callback_id).first()
        # A later attempt has a name of its own.
        message = message or rows.filter(send_attempts__callback_id=report.callback_id).first()
    return message


def read(status: dict[str, Any], *, now: datetime) -> StatusReport:
    errors = status.get("errors")
    error = errors[0] if isinstance(errors, list) and errors else None
    data = error.get("error_data") if isinstance(error, dict) else None
    pricing = status.get("pricing")
    return StatusReport(
        wamid=str(status["id"])[:256],
        status=str(status["status"])[:16],
        at=moment(status, now=now),
        wa_id=text_of(status, "recipient_id")[:20],
        user_id=text_of(status, "recipient_user_id")[:140],
        error_code=code_of(error),
        error_title=(text_of(error, "title") or text_of(error, "message"))[:300],
        error_details=text_of(data, "details"),
        pricing=pricing if isinstance(pricing, dict) else None,
        callback_id=_callback_id(status),
    )


def _callback_id(status: dict[str, Any]) -> uuid.UUID | None:
    with suppress(ValueError):
        return uuid.UUID(str(status.get("biz_opaque_callback_data")))
    return None
