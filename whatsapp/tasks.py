"""Celery's entrances: each opens a scope, calls one function, and may run twice."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from django.utils import timezone

from ats.tenancy import all_companies
from whatsapp import jobs
from whatsapp.bulk import check
from whatsapp.bulk import plan as runs_to_plan
from whatsapp.connection import choosing, notices, sync
from whatsapp.media import fetch as media
from whatsapp.message_templates import header_files, submit
from whatsapp.models import (
    AdminNotice,
    Connection,
    EventState,
    ItemState,
    LiveEvent,
    MediaFile,
    Message,
    WebhookEvent,
    WebhookItem,
)
from whatsapp.sending import engine, ledger, outcome, runs
from whatsapp.webhooks import apply, retention

# Browsers that were away for longer read their page anew.
LIVE_EVENTS_KEPT = timedelta(hours=24)

# A drainer hands over after this many seconds: far below the task's time limit, and short enough
# for a worker that is asked to stop.
TURN = 15.0
# A sender begins with nothing claimed, which costs a moment of the pace: its turns are longer, and
# of different lengths, so that senders pause one after another. Below the grace that a stop gives.
SENDING_TURN = 20.0, 40.0


@worker_ready.connect
def look_for_work(sender: Any, **given: Any) -> None:
    """What waits does not wait for the sweeper, or for news, when a worker begins."""
    jobs.begin({queue.name for queue in sender.task_consumer.queues})


def _turn(seconds: float | None = None) -> Callable[[], bool]:
    end = time.monotonic() + (TURN if seconds is None else seconds)
    return lambda: time.monotonic() < end


@shared_task(name=jobs.APPLY_WEBHOOKS)
def apply_webhooks() -> None:
    jobs.awake(jobs.APPLY_WEBHOOKS)
    if not apply.drain(timezone.now, _turn()):
        jobs.wake(jobs.APPLY_WEBHOOKS)


@shared_task(name=jobs.SEND_MESSAGES)
def send_messages() -> None:
    jobs.awake(jobs.SEND_MESSAGES)
    if not engine.drain(timezone.now, _turn(random.uniform(*SENDING_TURN))):
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


@shared_task(name=jobs.PLAN_RUNS)
def plan_runs() -> None:
    jobs.awake(jobs.PLAN_RUNS)
    if not runs_to_plan.drain(timezone.now, _turn()):
        jobs.wake(jobs.PLAN_RUNS)


@shared_task(name=jobs.TELL_ADMINS)
def tell_admins() -> None:
    jobs.awake(jobs.TELL_ADMINS)
    if not notices.drain(timezone.now, _turn()):
        jobs.wake(jobs.TELL_ADMINS)


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
        ledger.lapse_due(now=now)
        choosing.forget_old(now=now)
        submit.expire_claims(now=now)
        if Message.objects.any_due(now=now) or runs.any_due(now=now):
            jobs.wake(jobs.SEND_MESSAGES)
        if Connection.objects.to_sync(now=now).exists():
            jobs.wake(jobs.SYNC_CONNECTIONS)
        if MediaFile.objects.due(now=now).exists():
            jobs.wake(jobs.FETCH_MEDIA)
        if AdminNotice.objects.due(now=now).exists():
            jobs.wake(jobs.TELL_ADMINS)
        if runs_to_plan.to_plan(now=now):
            jobs.wake(jobs.PLAN_RUNS)


@shared_task(name="whatsapp.sync_all")
def sync_all() -> None:
    sync.request_all(now=timezone.now())


@shared_task(name="whatsapp.check_sends")
def check_sends() -> None:
    with all_companies():
        check.check_sends(now=timezone.now())


@shared_task(name="whatsapp.forget_live_events")
def forget_live_events() -> None:
    with all_companies():
        LiveEvent.objects.filter(at__lt=timezone.now() - LIVE_EVENTS_KEPT).delete()


@shared_task(name="whatsapp.forget_template_files")
def forget_template_files() -> None:
    with all_companies():
        header_files.forget_unused(now=timezone.now())


@shared_task(name=jobs.FORGET_WEBHOOKS)
def forget_webhooks() -> None:
    jobs.awake(jobs.FORGET_WEBHOOKS)
    if not retention.drain(timezone.now, _turn()):
        jobs.wake(jobs.FORGET_WEBHOOKS)
