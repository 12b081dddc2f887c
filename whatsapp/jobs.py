"""The only place that enqueues.

Rows are the work and a task is a wake-up call: while one is pending, no second is published. A call
that is lost (no broker, a killed worker) costs time and nothing else, because the sweeper on beat
looks for the same rows.
"""

from __future__ import annotations

import logging
from typing import Any

import redis
from celery import Task, current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from ats.tenancy import company_scope

logger = logging.getLogger(__name__)

APPLY_WEBHOOKS = "whatsapp.apply_webhooks"
SEND_MESSAGES = "whatsapp.send_messages"
SYNC_CONNECTION = "whatsapp.sync_connection"

QUEUES = {APPLY_WEBHOOKS: "inbound", SEND_MESSAGES: "outbound", SYNC_CONNECTION: "sync"}
# A wake-up that no worker took within this time is published again.
PENDING_SECONDS = 30

_redis = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


class CompanyTask(Task):
    """A task whose body runs with one company active: call it with `company_id=`."""

    abstract = True

    def __call__(self, *args: Any, company_id: int, **kwargs: Any) -> Any:
        with company_scope(company_id):
            return self.run(*args, company_id=company_id, **kwargs)


def wake(task_name: str) -> None:
    """Wakes a drainer after the transaction commits."""
    transaction.on_commit(lambda: _publish_once(task_name), robust=True)


def awake(task_name: str) -> None:
    """A drainer says that it has begun: from now on rows need a new call."""
    try:
        _redis.delete(_key(task_name))
    except redis.RedisError:
        logger.warning("wake_key_not_cleared task=%s", task_name)


def for_company(task_name: str, company_id: int) -> None:
    """Enqueues a task for one company after the transaction commits."""
    transaction.on_commit(lambda: _publish(task_name, company_id=company_id), robust=True)


def _key(task_name: str) -> str:
    return f"whatsapp:pending:{task_name}"


def _publish_once(task_name: str) -> None:
    try:
        if not _redis.set(_key(task_name), 1, nx=True, ex=PENDING_SECONDS):
            return
    except redis.RedisError:
        logger.warning("wake_up_lost task=%s cause=redis", task_name)
        return
    _publish(task_name)


def _publish(task_name: str, **kwargs: Any) -> None:
    try:
        current_app.send_task(task_name, kwargs=kwargs, queue=QUEUES[task_name])
    except (OperationalError, redis.RedisError):
        logger.warning("wake_up_lost task=%s cause=broker", task_name)
