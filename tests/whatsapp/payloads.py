"""Webhook bodies as Meta writes them, and their signature."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.test import Client

from whatsapp.meta.signatures import sign
from whatsapp.models import Sender


def message(
    wamid: str,
    text: str = "Hello",
    *,
    wa_id: str = "254722555014",
    at: int = 1795184280,
    **more: Any,
) -> dict[str, Any]:
    return {
        "from": wa_id,
        "id": wamid,
        "timestamp": str(at),
        "type": "text",
        "text": {"body": text},
        **more,
    }


def status(wamid: str, word: str, *, at: int = 1795184280, **more: Any) -> dict[str, Any]:
    return {
        "id": wamid,
        "status": word,
        "timestamp": str(at),
        "recipient_id": "254722555014",
        **more,
    }


def delivery(
    sender: Sender,
    *,
    messages: list[Any] | None = None,
    statuses: list[Any] | None = None,
    name: str = "Amina",
) -> dict[str, Any]:
    """One POST's body for a number."""
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": sender.display_phone_number,
            "phone_number_id": sender.phone_number_id,
        },
    }
    if messages is not None:
        value["contacts"] = [{"profile": {"name": name}, "wa_id": "254722555014"}]
        value["messages"] = messages
    if statuses is not None:
        value["statuses"] = statuses
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": sender.waba.waba_id, "changes": [{"field": "messages", "value": value}]}],
    }


def post(client: Client, body: Any, **headers: str) -> Any:
    """Posts a body to the webhook, signed unless a header says otherwise."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signed = {"X-Hub-Signature-256": sign(settings.WHATSAPP["APP_SECRET"], raw)}
    return client.post(
        "/whatsapp/webhook/", raw, content_type="application/json", headers=signed | headers
    )
