"""WhatsApp Business Platform Configuration: the login, and what opens up after it."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST, require_safe

from whatsapp import access
from whatsapp.connection import login
from whatsapp.connection.recipients import choose_recipients
from whatsapp.connection.sync import request_sync
from whatsapp.forms.configuration import RecipientForm
from whatsapp.models import Connection, MessageTemplate, Sender
from whatsapp.selectors.configuration import recipient_settings
from whatsapp.views.origin import origin_of
from whatsapp.views.people import signed_in


@require_safe
@access.configurer
def configuration(request: HttpRequest) -> HttpResponse:
    return render(request, "whatsapp/configuration.html", _context(request))


@require_POST
@access.configurer
def save_recipient(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    form = RecipientForm(request.POST, settings=recipient_settings(), user=user)
    if not form.is_valid():
        context = _context(request) | {"form": form}
        return render(request, "whatsapp/configuration.html", context, status=422)
    choose_recipients(
        field=form.cleaned_data["recipient_field"],
        countries=form.cleaned_data["allowed_countries"],
        by=user,
        now=timezone.now(),
    )
    messages.success(request, "Saved.")
    return redirect("whatsapp:configuration")


@require_POST
@access.configurer
def sync(request: HttpRequest) -> HttpResponse:
    """Reads numbers and templates again; the page hears of it when it is done."""
    connection = Connection.objects.first()
    if connection and request_sync(connection, now=timezone.now(), skip_pause=True):
        messages.success(request, "Reading numbers and templates from Meta …")
    else:
        messages.error(request, "Nothing is read without a login: log in with Facebook first.")
    return redirect("whatsapp:configuration")


@require_POST
@access.configurer
def connect_begin(request: HttpRequest) -> JsonResponse:
    """The address for the login window. 409 with words where there can be none."""
    try:
        begun = login.begin_login(user=signed_in(request), now=timezone.now())
    except login.LoginFailed as problem:
        return JsonResponse({"problem": str(problem)}, status=409)
    return JsonResponse({"url": begun.url, "state": begun.state, "attempt": begun.attempt_id})


@require_POST
@access.configurer
def connect_hint(request: HttpRequest) -> HttpResponse:
    """What the window's session message said. A hint: see `connection.login`."""
    login.note_hint(
        user=signed_in(request),
        state=request.POST.get("state", ""),
        waba_id=request.POST.get("waba_id", ""),
        cancelled_at_step=request.POST.get("current_step", ""),
    )
    return HttpResponse(status=204)


@require_GET
@access.configurer
def connect_return(request: HttpRequest) -> HttpResponse:
    """Meta sends the login window back here. It tells the page that opened it, and closes."""
    user, now = signed_in(request), timezone.now()
    problem, attempt = "", None
    try:
        attempt = login.take_attempt(user=user, state=request.GET.get("state", ""), now=now)
        if "code" in request.GET:
            login.finish_login(attempt=attempt, user=user, code=request.GET["code"], now=now)
        else:
            problem = login.explain_refusal(request.GET.get("error", ""), attempt.cancelled_at_step)
            login.fail_attempt(attempt, problem)
    except login.LoginFailed as failure:
        problem = str(failure)
    # Another tab may be at a login of its own: the result says whose it is.
    result = {"ok": not problem, "problem": problem, "attempt": attempt.pk if attempt else None}
    context = {"problem": problem, "result": json.dumps(result)}
    response = render(request, "whatsapp/connect_return.html", context)
    # The window comes from Meta's site; with our usual policy it would be cut off from its opener.
    response["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response


def _context(request: HttpRequest) -> dict[str, Any]:
    user = signed_in(request)
    connection = Connection.objects.select_related("connected_by").first()
    return {
        "connection": connection,
        "wabas": list(connection.wabas.filter(is_gone=False).order_by("pk")) if connection else [],
        "senders": list(Sender.objects.filter(is_gone=False).select_related("waba").order_by("pk")),
        "templates": list(MessageTemplate.objects.listed()),
        "form": RecipientForm(settings=recipient_settings(), user=user),
        "dialog_origin": origin_of(settings.WHATSAPP["FACEBOOK_DIALOG_URL"]),
        "nav_key": "settings",
    }
