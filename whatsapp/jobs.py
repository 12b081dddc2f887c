"""The only place that enqueues.

Rows are the work and a task is a wake-up call: while one is pending, no second is published. A call
that is lost (no broker, a killed worker) costs time and nothing else, because the sweeper on beat
looks for the same rows.
"""

from __future__ import annotations

import logging
from collections.abc import Collection

import redis
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from whatsapp.gathering import Gathering

logger = logging.getLogger(__name__)

APPLY_WEBHOOKS = "whatsapp.apply_webhooks"
SEND_MESSAGES = "whatsapp.send_messages"
SYNC_CONNECTIONS = "whatsapp.sync_connections"
FORGET_WEBHOOKS = "whatsapp.forget_webhooks"
FETCH_MEDIA = "whatsapp.fetch_media"
PLAN_RUNS = "whatsapp.plan_runs"
TELL_ADMINS = "whatsapp.tell_admins"

QUEUES = {
    APPLY_WEBHOOKS: "inbound",
    SEND_MESSAGES: "outbound",
    SYNC_CONNECTIONS: "sync",
    FORGET_WEBHOOKS: "sync",
    FETCH_MEDIA: "media",
    PLAN_RUNS: "sync",
    TELL_ADMINS: "sync",
}
# A wake-up that no worker took within this time is published again.
PENDING_SECONDS = 30

# Seconds in which calls of `wake_soon` become one.
GATHERED = 0.01

_redis = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def wake(task_name: str) -> None:
    """Wakes a drainer after the transaction commits."""
    transaction.on_commit(lambda: _publish_once(task_name), robust=True)


def wake_soon(task_name: str) -> None:
    """As `wake`, for what happens thousands of times a second: one call for all of `GATHERED`."""
    transaction.on_commit(lambda: _calls.soon(task_name), robust=True)


def awake(task_name: str) -> None:
    """No call is pending any more: a drainer has begun, or the call was lost."""
    try:
        _redis.delete(_key(task_name))
    except redis.RedisError:
        logger.warning("wake_key_not_cleared task=%s", task_name)


def begin(queues: Collection[str]) -> None:
    """Calls whoever has just begun to serve these queues. A call that a dead worker had taken would
    stand in the way of others for a while."""
    for task_name, queue in QUEUES.items():
        if queue in queues:
            awake(task_name)
            _publish_once(task_name)


def _key(task_name: str) -> str:
    return f"whatsapp:pending:{task_name}"


def _publish_once(task_name: str) -> None:
    try:
        if not _redis.set(_key(task_name), 1, nx=True, ex=PENDING_SECONDS):
            return
    except redis.RedisError:
        logger.warning("wake_up_lost task=%s cause=redis", task_name)
        return
    try:
        current_app.send_task(task_name, queue=QUEUES[task_name])
    except (OperationalError, redis.RedisError):
        logger.warning("wake_up_lost task=%s cause=broker", task_name)
        # The mark would keep everybody else from calling until it runs out.
        awake(task_name)


_calls = Gathering(GATHERED, _publish_once)
