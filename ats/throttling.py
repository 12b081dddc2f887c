"""Whose failed sign-ins are counted together: one e-mail address, and where they came from.

Both are named in the settings. django-axes by itself looks for the name of the user model's field
(`email`) in credentials that Django's own forms call `username`, finds nothing, and would lock
nobody out; and it takes the proxy's address for everybody's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest


def attempted_address(
    request: HttpRequest | None, credentials: Mapping[str, Any] | None = None
) -> str:
    given = credentials or (request.POST if request is not None else {})
    return str(given.get("username") or given.get("email") or "").strip().lower()


def client_address(request: HttpRequest) -> str:
    """The address that failed sign-ins are counted for (`AXES_CLIENT_IP_CALLABLE`).

    Behind `PROXY_COUNT` proxies of ours it is the entry that the outermost of them wrote; entries
    further left came with the request and may be made up.
    """
    direct = str(request.META.get("REMOTE_ADDR", ""))
    if not settings.PROXY_COUNT:
        return direct
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    named = hops[-settings.PROXY_COUNT] if len(hops) >= settings.PROXY_COUNT else ""
    return named or direct
