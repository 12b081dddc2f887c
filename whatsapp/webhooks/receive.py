"""Takes a delivery in: signature over the raw bytes, one insert, nothing else."""

from __future__ import annotations

from datetime import datetime

from whatsapp import figures, jobs
from whatsapp.meta.signatures import is_signed
from whatsapp.models import WebhookEvent


class NotSigned(Exception):
    """No secret here, no signature there, or the two do not match. Nothing was stored."""


class TooLarge(Exception):
    """More than Meta ever sends in one body."""


def receive(raw: bytes, *, signature: str | None, app_secret: str, now: datetime) -> None:
    """Stores one delivery and wakes a worker.

    `raw` is the body as it came: Meta signs those bytes and escapes non-ASCII in its own way, so a
    parsed and re-written body has another signature (Meta, Webhooks, "Validating payloads").
    Raises `NotSigned` or `TooLarge`.
    """
    if not app_secret or not is_signed(app_secret, raw, signature):
        raise NotSigned
    if len(raw) > figures.at(now).webhooks.body_bytes:
        raise TooLarge
    WebhookEvent.objects.store(raw, now=now)
    jobs.wake_soon(jobs.APPLY_WEBHOOKS)
