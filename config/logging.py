"""One log line per event on standard output; ids only, never numbers, tokens or texts."""

from __future__ import annotations

import logging.config
from typing import Any


def configure(settings: dict[str, Any]) -> None:
    """Django's `LOGGING_CONFIG` hook. `settings` is `{"level": "INFO"}`."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
            },
            "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["out"], "level": settings["level"]},
            "loggers": {
                "django.db.backends": {"level": "WARNING"},
                # Its debug lines carry request bodies and therefore tokens.
                "urllib3": {"level": "WARNING"},
                # A line for each wake-up, every few seconds, hides what matters.
                "celery.worker.strategy": {"level": "WARNING"},
                "celery.app.trace": {"level": "WARNING"},
                "celery.beat": {"level": "WARNING"},
                "axes": {"level": "WARNING"},
            },
        }
    )
