"""Where Meta posts: verification by GET, deliveries by POST."""

from __future__ import annotations

import hmac
import logging

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from whatsapp.webhooks.receive import NotSigned, TooLarge, receive

logger = logging.getLogger(__name__)


@csrf_exempt
@require_http_methods(["GET", "POST"])
def webhook(request: HttpRequest) -> HttpResponse:
    return _verify(request) if request.method == "GET" else _receive(request)


def _verify(request: HttpRequest) -> HttpResponse:
    """Answers Meta's challenge, once the app dashboard's verify token is ours."""
    ours = settings.WHATSAPP["VERIFY_TOKEN"]
    theirs = request.GET.get("hub.verify_token", "")
    if (
        not ours
        or request.GET.get("hub.mode") != "subscribe"
        or not hmac.compare_digest(theirs.encode(), ours.encode())
    ):
        return HttpResponseForbidden("The verify token does not match.", content_type="text/plain")
    return HttpResponse(request.GET.get("hub.challenge", ""), content_type="text/plain")


def _receive(request: HttpRequest) -> HttpResponse:
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        # Django reads no chunked body; an empty one would look like a forgery.
        logger.error("webhook_without_length")
        return HttpResponse("Send a Content-Length.", status=411, content_type="text/plain")
    try:
        raw = request.body
    except RequestDataTooBig:
        return _too_large(int(request.headers["Content-Length"]))
    try:
        receive(
            raw,
            signature=request.headers.get("X-Hub-Signature-256"),
            app_secret=settings.WHATSAPP["APP_SECRET"],
            now=timezone.now(),
        )
    except NotSigned:
        logger.warning("webhook_not_signed")
        return HttpResponseForbidden("The signature does not match.", content_type="text/plain")
    except TooLarge:
        return _too_large(len(raw))
    except DatabaseError:
        # Meta tries again for days: say so plainly instead of failing with a page.
        logger.exception("webhook_not_stored")
        return HttpResponse("Not stored, try again.", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")


def _too_large(size: int) -> HttpResponse:
    logger.error("webhook_too_large bytes=%s", size)
    return HttpResponse("The body is too large.", status=413, content_type="text/plain")
