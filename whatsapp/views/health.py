"""`/healthz/webhooks`: whether what Meta sends is applied in time, for monitors and ops;
`/healthz/sends`: whether the nightly check found everything sent in order.

The cheap question whether a process lives at all is the host's `/healthz`; these read tables, and
say how busy the installation is, so strangers get 404.
"""

from __future__ import annotations

import hmac
from dataclasses import asdict
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from whatsapp import access
from whatsapp.selectors import operations as selector

# The check comes every night; one that is missing has not been made.
CHECK_IS_OLD = timedelta(hours=36)


@require_safe
@never_cache
def webhooks(request: HttpRequest) -> JsonResponse:
    # The token first: it needs no database, and then its absence can be told.
    if not _has_token(request) and not access.is_operator(request.user):
        raise Http404("No such page.")
    try:
        figures = selector.health(now=timezone.now())
    except DatabaseError:
        return JsonResponse({"database": "unreachable"}, status=503)
    alarm = settings.WHATSAPP["WEBHOOK_AGE_ALARM"]
    is_late = figures.oldest_unapplied_seconds > alarm
    told = asdict(figures) | {"alarm_seconds": alarm, "counts_stop_at": selector.COUNTED}
    return JsonResponse(told, status=503 if is_late else 200)


@require_safe
@never_cache
def sends(request: HttpRequest) -> JsonResponse:
    """503 where a rule is broken, or where nobody has checked for a day and a half."""
    if not _has_token(request) and not access.is_operator(request.user):
        raise Http404("No such page.")
    try:
        check = selector.newest_check()
    except DatabaseError:
        return JsonResponse({"database": "unreachable"}, status=503)
    if check is None:
        return JsonResponse({"checked_at": None, "problems": []})
    is_old = timezone.now() - check.at > CHECK_IS_OLD
    told = {"checked_at": check.at, "counts": check.counts, "problems": check.problems}
    return JsonResponse(told, status=503 if is_old or check.problems else 200)


def _has_token(request: HttpRequest) -> bool:
    ours = settings.WHATSAPP["HEALTH_TOKEN"]
    scheme, _, theirs = request.headers.get("Authorization", "").partition(" ")
    return bool(ours) and scheme.lower() == "bearer" and _same(theirs.strip(), ours)


def _same(theirs: str, ours: str) -> bool:
    return hmac.compare_digest(theirs.encode(), ours.encode())
