"""The audit trail of the configuration."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from whatsapp import access
from whatsapp.ids import whole_number
from whatsapp.selectors.audit import audit_page


@require_safe
@access.configurer
def audit_trail(request: HttpRequest) -> HttpResponse:
    page = audit_page(before=whole_number(request.GET.get("before")))
    return render(request, "whatsapp/audit.html", {"page": page, "nav_key": "settings"})
