"""Celery: queues, limits and the beat schedule, all in code.

Queues are split by kind so that none can starve another: `inbound` applies webhooks, `outbound`
sends, `media` fetches files, `sync` reads from Meta and tidies, `sweep` finds the rows whose call
was lost. Rows in PostgreSQL are the work; a task is only a wake-up call, so losing the broker loses
nothing (see `whatsapp/jobs.py`).
"""

from __future__ import annotations

import os

from celery import Celery
from celery.schedules import crontab
from kombu import Exchange, Queue

from config import env

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

QUEUES = ("inbound", "outbound", "media", "sync", "sweep")

app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_queues=[Queue(name, Exchange(name), routing_key=name) for name in QUEUES],
    task_default_queue="sync",
    task_create_missing_queues=False,
    task_acks_late=True,
    task_reject_on_worker_lost=False,
    worker_prefetch_multiplier=1,
    task_time_limit=300,
    task_soft_time_limit=270,
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    result_backend=None,
    broker_connection_retry_on_startup=True,
    # A send of a wake-up may fail: the sweeper finds the row. It must not hold up a webhook.
    task_publish_retry=False,
    broker_transport_options={
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "visibility_timeout": 600,
    },
    worker_hijack_root_logger=False,
    beat_schedule_filename=env.text("BEAT_SCHEDULE_FILE", "/tmp/celerybeat-schedule"),
    worker_concurrency=env.integer("WORKER_CONCURRENCY", 0) or None,
    timezone="UTC",
)
app.conf.beat_schedule = {
    "sweep": {
        "task": "whatsapp.sweep",
        "schedule": 5,
        "options": {"queue": "sweep", "expires": 5},
    },
    "read every connection nightly": {
        "task": "whatsapp.sync_all",
        "schedule": crontab(hour="3", minute="17"),
        "options": {"queue": "sync"},
    },
    "check everything sent nightly": {
        "task": "whatsapp.check_sends",
        "schedule": crontab(hour="4", minute="7"),
        "options": {"queue": "sync"},
    },
    "forget expired imports": {
        "task": "ats.forget_expired_imports",
        "schedule": crontab(minute="11"),
        "options": {"queue": "sync"},
    },
    "forget live events": {
        "task": "whatsapp.forget_live_events",
        "schedule": crontab(minute="41"),
        "options": {"queue": "sync"},
    },
    "forget replaced files of templates": {
        "task": "whatsapp.forget_template_files",
        "schedule": crontab(hour="4", minute="37"),
        "options": {"queue": "sync"},
    },
    "forget old webhooks": {
        "task": "whatsapp.forget_webhooks",
        "schedule": crontab(minute="23"),
        "options": {"queue": "sync"},
    },
}
app.autodiscover_tasks()
