"""System checks: settings that contradict each other are refused before anything starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.utils import timezone

from whatsapp import figures
from whatsapp.policy.protection import thresholds_of

# A read time-out counts from the last byte, so an answer that drips takes longer than one of them.
READS = 3


@register
def lease_outlives_a_call(
    app_configs: Sequence[Any] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Else a message that is still on its way would be called unconfirmed."""
    given = settings.WHATSAPP
    longest = given["CONNECT_TIMEOUT"] + READS * given["READ_TIMEOUT"]
    if given["SENDING_LEASE"] > longest:
        return []
    return [
        Error(
            f"WHATSAPP_SENDING_LEASE={given['SENDING_LEASE']} ends while a call to Meta may still "
            f"be under way, which takes up to {longest} seconds.",
            hint=f"Set it above GRAPH_CONNECT_TIMEOUT + {READS} × GRAPH_READ_TIMEOUT = {longest}.",
            id="whatsapp.E001",
        )
    ]


@register
def webhooks_are_kept_while_meta_repeats_them(
    app_configs: Sequence[Any] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """A delivery that Meta repeats is known by the rows of the first one: gone too early, it would
    be applied a second time."""
    given = settings.WHATSAPP["WEBHOOK_RETENTION_DAYS"]
    repeated = figures.at(timezone.now()).webhooks.retry_period.days
    if given > repeated:
        return []
    return [
        Error(
            f"WEBHOOK_RETENTION_DAYS={given} forgets a webhook that Meta may still deliver again, "
            f"which it does for {repeated} days.",
            hint=f"Set it to {repeated + 1} or more.",
            id="whatsapp.E002",
        )
    ]


@register
def media_lease_outlives_a_task(
    app_configs: Sequence[Any] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Else two workers would write one file."""
    given, longest = settings.WHATSAPP["MEDIA_LEASE"], current_app.conf.task_time_limit
    if given > longest:
        return []
    return [
        Error(
            f"WHATSAPP_MEDIA_LEASE={given} ends while a file may still be fetched: a task may last "
            f"{longest} seconds.",
            hint=f"Set it above {longest}.",
            id="whatsapp.E003",
        )
    ]


@register
def run_thresholds_are_known(
    app_configs: Sequence[Any] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Else a bulk send would find out while it runs."""
    try:
        thresholds_of(settings.WHATSAPP["RUN_THRESHOLDS"])
    except (TypeError, ValueError) as error:
        return [
            Error(
                f"WHATSAPP_RUN_THRESHOLDS cannot be used: {error}.",
                hint='A JSON object, for example {"failures_pause": 30, "opt_outs_pause": null}.',
                id="whatsapp.E006",
            )
        ]
    return []


@register
def share_for_singles_is_a_percentage(
    app_configs: Sequence[Any] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Above 100 no bulk send would ever begin, and below 0 they would pass the limit."""
    given = settings.WHATSAPP["SINGLE_SHARE"]
    if 0 <= given <= 100:
        return []
    return [
        Error(
            f"WHATSAPP_SINGLE_SHARE={given} is not a percentage of the messaging limit.",
            hint="Set it to a whole number from 0 to 100; 10 is usual.",
            id="whatsapp.E005",
        )
    ]


@register
def media_is_kept(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Else what candidates sent would vanish with the container."""
    if settings.DEBUG or settings.MEDIA_IS_KEPT:
        return []
    return [
        Error(
            "Nobody said where files of conversations are kept; they would lie in "
            f"{settings.MEDIA_ROOT} and be lost with the machine.",
            hint="Set MEDIA_ROOT to a folder that is kept and that web and media share, or "
            "S3_BUCKET.",
            id="whatsapp.E004",
        )
    ]
