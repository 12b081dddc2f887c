"""Celery's entrances: each opens a scope, calls one function, and may run twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from ats.tenancy import all_companies
from whatsapp import jobs
from whatsapp.connection import sync
from whatsapp.media import fetch as media
from whatsapp.models import (
    Connection,
    EventState,
    ItemState,
    LiveEvent,
    MediaFile,
    Message,
    WebhookEvent,
    WebhookItem,
)
from whatsapp.sending import drain as outbox
from whatsapp.sending import outcome
from whatsapp.webhooks import apply, retention

# Browsers that were away for longer read their page anew.
LIVE_EVENTS_KEPT = timedelta(hours=24)

# A drainer hands over after this many seconds: far below the task's time limit, and short enough
# for a worker that is asked to stop.
TURN = 15.0


def _turn() -> Callable[[], bool]:
    end = time.monotonic() + TURN
    return lambda: time.monotonic() < end


@shared_task(name=jobs.APPLY_WEBHOOKS)
def apply_webhooks() -> None:
    jobs.awake(jobs.APPLY_WEBHOOKS)
    if not apply.drain(timezone.now, _turn()):
        jobs.wake(jobs.APPLY_WEBHOOKS)


@shared_task(name=jobs.SEND_MESSAGES)
def send_messages() -> None:
    jobs.awake(jobs.SEND_MESSAGES)
    if not outbox.drain(timezone.now, _turn()):
        jobs.wake(jobs.SEND_MESSAGES)


@shared_task(name=jobs.SYNC_CONNECTIONS)
def sync_connections() -> None:
    jobs.awake(jobs.SYNC_CONNECTIONS)
    if not sync.drain(timezone.now, _turn()):
        jobs.wake(jobs.SYNC_CONNECTIONS)


@shared_task(name=jobs.FETCH_MEDIA)
def fetch_media() -> None:
    jobs.awake(jobs.FETCH_MEDIA)
    if not media.drain(timezone.now, _turn()):
        jobs.wake(jobs.FETCH_MEDIA)


@shared_task(name="whatsapp.sweep")
def sweep() -> None:
    """Finds the rows whose wake-up call was lost, and what dead workers left behind."""
    now = timezone.now()
    with all_companies():
        outcome.expire_claims(now=now)
        media.expire_claims(now=now)
        if (
            WebhookEvent.objects.filter(state=EventState.NEW, next_try_at__lte=now).exists()
            or WebhookItem.objects.filter(state=ItemState.WAITING, next_try_at__lte=now).exists()
        ):
            jobs.wake(jobs.APPLY_WEBHOOKS)
        if Message.objects.due(now=now).exists():
            jobs.wake(jobs.SEND_MESSAGES)
        if Connection.objects.to_sync(now=now).exists():
            jobs.wake(jobs.SYNC_CONNECTIONS)
        if MediaFile.objects.due(now=now).exists():
            jobs.wake(jobs.FETCH_MEDIA)


@shared_task(name="whatsapp.sync_all")
def sync_all() -> None:
    sync.request_all(now=timezone.now())


@shared_task(name="whatsapp.forget_live_events")
def forget_live_events() -> None:
    with all_companies():
        LiveEvent.objects.filter(at__lt=timezone.now() - LIVE_EVENTS_KEPT).delete()


@shared_task(name=jobs.FORGET_WEBHOOKS)
def forget_webhooks() -> None:
    jobs.awake(jobs.FORGET_WEBHOOKS)
    if not retention.drain(timezone.now, _turn()):
        jobs.wake(jobs.FORGET_WEBHOOKS)
