"""The least that a Django site can do with a delivery: one INSERT, and 200."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench._bare_settings")


def insert(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO whatsapp_webhookevent"
            " (body, received_at, state, attempts, next_try_at, cause)"
            " VALUES (%s, %s, 'new', 0, %s, '')",
            [request.body, now, now],
        )
    return HttpResponse("ok", content_type="text/plain", headers={"Content-Length": "2"})


urlpatterns = [path("whatsapp/webhook/", insert)]
application: Any = get_wsgi_application()
assert not settings.MIDDLEWARE
