"""Where Meta posts: verification by GET, deliveries by POST."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import Error as DatabaseFailure
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.decorators import sync_and_async_middleware
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from whatsapp.webhooks.receive import NotSigned, TooLarge, receive

logger = logging.getLogger(__name__)


@sync_and_async_middleware
def WebhookFirst(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Answers Meta before the layers that pages need: no session, no person, no headers for
    browsers. They would take longer than the work itself (docs/performance.md)."""
    if iscoroutinefunction(get_response):
        return get_response
    try:
        address = reverse("whatsapp:webhook")
    except NoReverseMatch:
        # A project without the module's addresses has no webhook either.
        return get_response

    def middleware(request: HttpRequest) -> HttpResponse:
        return webhook(request) if request.path_info == address else get_response(request)

    return middleware


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
    except DatabaseFailure:
        # Meta tries again for days: say so plainly instead of failing with a page.
        logger.exception("webhook_not_stored")
        return HttpResponse("Not stored, try again.", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain", headers={"Content-Length": "2"})


def _too_large(size: int) -> HttpResponse:
    logger.error("webhook_too_large bytes=%s", size)
    return HttpResponse("The body is too large.", status=413, content_type="text/plain")
