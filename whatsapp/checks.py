"""System checks: settings that contradict each other are refused before anything starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

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
