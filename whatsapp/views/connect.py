"""Logging in with Facebook, as the page and Meta's window do it, and disconnecting."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from whatsapp import access
from whatsapp.connection import choosing, leave, login
from whatsapp.connection.granted import LoginFailed
from whatsapp.models import Connection, ConnectionState
from whatsapp.policy.connection_sentences import (
    CONNECTING,
    DEPARTURE_SENTENCES,
    Departure,
    cancel_words,
)
from whatsapp.views.configuration import page
from whatsapp.views.people import signed_in


@require_POST
@access.configurer
def connect_begin(request: HttpRequest) -> JsonResponse:
    """The address for the login window. 409 with words where there can be none."""
    try:
        begun = login.begin_login(user=signed_in(request), now=timezone.now())
    except LoginFailed as problem:
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
    problem, attempt, is_chosen = "", None, True
    try:
        attempt = login.take_attempt(user=user, state=request.GET.get("state", ""), now=now)
        if "code" in request.GET:
            code = request.GET["code"]
            done = login.finish_login(attempt=attempt, user=user, code=code, now=now)
            is_chosen = done is not None
        else:
            problem = cancel_words(request.GET.get("error", ""), attempt.cancelled_at_step)
            login.fail_attempt(attempt, problem)
    except LoginFailed as failure:
        problem = str(failure)
    # Another tab may be at a login of its own: the result says whose it is.
    result = {"ok": not problem, "problem": problem, "attempt": attempt.pk if attempt else None}
    context = {"problem": problem, "is_chosen": is_chosen, "result": json.dumps(result)}
    response = render(request, "whatsapp/connect_return.html", context)
    # The window comes from Meta's site; with our usual policy it would be cut off from its opener.
    response["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response


@require_POST
@access.configurer
def connect_choose(request: HttpRequest) -> HttpResponse:
    """Which of the WABAs that a login reached are to be connected."""
    user, now, chosen = signed_in(request), timezone.now(), request.POST.getlist("waba")
    if "keep" in request.POST:
        choosing.keep_as_it_is(user=user)
        messages.success(request, "Nothing was changed. The new login is forgotten.")
        return redirect("whatsapp:configuration")
    try:
        choosing.choose_wabas(user=user, waba_ids=chosen, now=now)
    except LoginFailed as problem:
        return page(request, status=422, choice_problem=str(problem), chosen=chosen)
    messages.success(request, CONNECTING)
    return redirect("whatsapp:configuration")


@require_http_methods(["GET", "HEAD", "POST"])
@access.configurer
def disconnect(request: HttpRequest) -> HttpResponse:
    """Asks first, and says what happens."""
    connection = Connection.objects.exclude(state=ConnectionState.DISCONNECTED).first()
    if connection is None:
        return redirect("whatsapp:configuration")
    if request.method != "POST":
        waba = connection.wabas.filter(is_gone=False).order_by("pk").first()
        name = (waba and (waba.portfolio_name or waba.name)) or "WhatsApp"
        context = {"name": name, "nav_key": "settings"}
        return render(request, "whatsapp/disconnect.html", context)
    by, now = signed_in(request), timezone.now()
    became = leave.disconnect(connection=connection, by=by, now=now)
    level = messages.SUCCESS if became is Departure.LEFT else messages.WARNING
    messages.add_message(request, level, DEPARTURE_SENTENCES[became])
    return redirect("whatsapp:configuration")
