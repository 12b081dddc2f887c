"""One log line per event on standard output; ids only, never numbers, tokens or texts."""

from __future__ import annotations

import copy
import logging
import logging.config
import traceback
from collections.abc import Iterator
from typing import Any

import psycopg2
from django.db import Error

CAUSED = "\nThe above exception was the direct cause of the following exception:\n\n"
MEANWHILE = "\nDuring handling of the above exception, another exception occurred:\n\n"


class WithoutData(logging.Formatter):
    """Prints where an exception came from, and of the database's errors not what they say.

    PostgreSQL repeats the row in its messages ("Key (wa_id)=(254…) already exists", "Failing row
    contains …", the context of a statement), which here is a candidate's number or words.
    """

    def format(self, record: logging.LogRecord) -> str:
        errors = _chain(record.exc_info[1] if record.exc_info else None)
        said = [error for error in errors if _is_of_database(error)]
        said += [one for one in _arguments(record) if _is_of_database(one)]
        # Another handler may have left its own text of the exception on the record.
        record = copy.copy(record)
        record.exc_text = None
        line = super().format(record)
        for error in said:
            # Also where the message itself repeats the error, as Celery's of a failed task does.
            for words in (repr(error), str(error), repr(str(error))[1:-1]):
                line = line.replace(words, _described(error)) if words else line
        return line

    def formatException(self, ei: Any) -> str:
        return "".join(_lines(ei[1], ei[2])).rstrip("\n") if ei[1] is not None else ""


def _arguments(record: logging.LogRecord) -> list[Any]:
    given = record.args.values() if isinstance(record.args, dict) else record.args or ()
    return [one for one in given if isinstance(one, BaseException)]


def _chain(error: BaseException | None) -> list[BaseException]:
    """The exception and those it came from, the first cause first."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found[::-1]


def _lines(error: BaseException, stack: Any) -> Iterator[str]:
    previous: BaseException | None = None
    for one in _chain(error):
        if previous is not None:
            yield CAUSED if one.__cause__ is previous else MEANWHILE
        yield "Traceback (most recent call last):\n"
        yield from traceback.format_tb(stack if one is error else one.__traceback__)
        if _is_of_database(one):
            yield f"{_described(one)}\n"
        else:
            yield from traceback.format_exception_only(one)
        previous = one


def _is_of_database(error: object) -> bool:
    return isinstance(error, (Error, psycopg2.Error))


def _described(error: BaseException) -> str:
    """`IntegrityError sqlstate=23505 constraint=contact_phone_once`."""
    source = error if isinstance(error, psycopg2.Error) else error.__cause__
    told = {}
    if isinstance(source, psycopg2.Error):
        told = {"sqlstate": source.diag.sqlstate, "constraint": source.diag.constraint_name}
    words = [f"{key}={value}" for key, value in told.items() if value]
    return " ".join([type(error).__name__, *words])


def configure(settings: dict[str, Any]) -> None:
    """Django's `LOGGING_CONFIG` hook. `settings` is `{"level": "INFO"}`."""
    # Handlers of their own would print exceptions in their own way.
    through_root: dict[str, Any] = {"handlers": [], "propagate": True}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": WithoutData,
                    "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
                },
            },
            "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["out"], "level": settings["level"]},
            "loggers": {
                "django": {"level": "INFO", **through_root},
                "gunicorn.error": through_root,
                "uvicorn": through_root,
                "uvicorn.error": through_root,
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
