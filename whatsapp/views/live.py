"""The event stream of the signed-in person's company. Served by the `live` process (ASGI)."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET

from whatsapp import access
from whatsapp.ids import whole_number
from whatsapp.live import stream
from whatsapp.views.origin import origin_of


@require_GET
async def live(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """401 without a session; 404 where the module is off, and outside of the `live` process, since
    a worker of the web process would never be done with a stream. A stream ends by itself
    (`whatsapp.live`), and the browser that comes back is asked again."""
    user = await request.auser()
    if not user.is_authenticated:
        return HttpResponse("Sign in first.", status=401, content_type="text/plain")
    if not isinstance(request, ASGIRequest):
        return HttpResponse(
            "Streams are served by the live process (LIVE_URL).",
            status=404,
            content_type="text/plain",
        )
    await sync_to_async(access.require_module)(user)
    # A stream lives for minutes: it must not hold the connection that the session was read with.
    await sync_to_async(connections.close_all)()
    response = StreamingHttpResponse(
        stream(user.company_id, _last_event_id(request)),  # type: ignore[arg-type, union-attr]
        content_type="text/event-stream",
    )
    response["Cache-Control"] = "no-cache"
    response["X-Accel-Buffering"] = "no"
    # The page comes from the web process, which is another origin unless a proxy joins the two.
    response["Access-Control-Allow-Origin"] = origin_of(settings.PUBLIC_URL)
    response["Access-Control-Allow-Credentials"] = "true"
    response["Vary"] = "Origin"
    return response


def _last_event_id(request: HttpRequest) -> int | None:
    return whole_number(request.headers.get("Last-Event-ID") or request.GET.get("after"))
