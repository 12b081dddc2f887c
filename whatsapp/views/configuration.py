"""WhatsApp Business Platform Configuration: the page, recipients, quiet time, reading again."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from ats.public import company_of
from whatsapp import access
from whatsapp.connection.choosing import lost_by_choosing, offers_to
from whatsapp.connection.quiet import set_quiet_time
from whatsapp.connection.recipients import ChangedMeanwhile, choose_recipients
from whatsapp.connection.sync import request_sync
from whatsapp.forms.configuration import RecipientForm
from whatsapp.forms.quiet import QuietForm, rearranged
from whatsapp.models import Connection, ConnectionState, MessageTemplate
from whatsapp.selectors.configuration import recipient_settings
from whatsapp.selectors.health import abilities, steps
from whatsapp.selectors.limits import limit_views
from whatsapp.selectors.notices import newest_notices
from whatsapp.selectors.quiet import quiet_view
from whatsapp.selectors.senders import sender_table
from whatsapp.views.origin import origin_of
from whatsapp.views.people import signed_in


@require_safe
@access.configurer
def configuration(request: HttpRequest) -> HttpResponse:
    return page(request)


@require_POST
@access.configurer
def save_recipient(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    form = RecipientForm(request.POST, settings=recipient_settings(), user=user)
    if not form.is_valid():
        return page(request, status=422, form=form)
    try:
        choose_recipients(
            field=form.cleaned_data["recipient_field"],
            countries=form.cleaned_data["allowed_countries"],
            by=user,
            now=timezone.now(),
            drawn=form.cleaned_data["drawn"],
        )
    except ChangedMeanwhile:
        form.overtaken()
        return page(request, status=422, form=form)
    messages.success(request, "Saved.")
    return redirect("whatsapp:configuration")


@require_POST
@access.configurer
def save_quiet(request: HttpRequest) -> HttpResponse:
    """Keeps the quiet time. “Add” and “Remove” only change the rows of the form, where no script
    has done it."""
    user, now = signed_in(request), timezone.now()
    known: dict[str, Any] = {
        "settings": recipient_settings(),
        "own_zone": company_of(user).timezone,
        "now": now,
    }
    rows = rearranged(request.POST)
    if rows is not None:
        typed: dict[str, Any] = {name: request.POST.get(name, "") for name in ("zone", "drawn")}
        form = QuietForm(**known, initial=rows, **typed)
        return page(request, quiet_form=form)
    form = QuietForm(request.POST, **known)
    if not form.is_valid():
        return page(request, status=422, quiet_form=form)
    ranges, zone = form.stored()
    try:
        set_quiet_time(ranges=ranges, zone=zone, by=user, now=now, drawn=form.drawn)
    except ChangedMeanwhile:
        form.overtaken()
        return page(request, status=422, quiet_form=form)
    left = " A quiet time without days and hours was left out." if form.left_empty() else ""
    messages.success(request, f"Saved.{left}")
    return redirect(f"{reverse('whatsapp:configuration')}#quiet")


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


def page(request: HttpRequest, *, status: int = 200, **forms: Any) -> HttpResponse:
    """The whole page; a form that is given stands there as it was typed."""
    context = _context(request) | forms
    return render(request, "whatsapp/configuration.html", context, status=status)


def _context(request: HttpRequest) -> dict[str, Any]:
    user, now = signed_in(request), timezone.now()
    chosen, own_zone = recipient_settings(), company_of(user).timezone
    known = Connection.objects.select_related("connected_by").first()
    # One that was disconnected is kept for the history: the page begins anew.
    connection = known if known and known.state != ConnectionState.DISCONNECTED else None
    wabas = list(connection.wabas.filter(is_gone=False).order_by("pk")) if connection else []
    done = steps(connection, wabas, now=now) if connection else []
    return {
        "connection": connection,
        "was_connected": known is not None,
        "wabas": wabas,
        "offers": offers_to(user, now=now),
        "lost": lost_by_choosing(user, now=now),
        "steps": done,
        "has_failed_step": any(step.state == "failed" for step in done),
        "abilities": abilities(connection, wabas, now=now) if connection else [],
        "notices": newest_notices(now=now) if connection else [],
        "limits": limit_views(company_of(user).pk, wabas, chosen, own_zone, now=now),
        "table": sender_table(now=now) if connection else None,
        "templates": list(MessageTemplate.objects.listed()),
        "form": RecipientForm(settings=chosen, user=user),
        "quiet": quiet_view(chosen, own_zone, now=now),
        "quiet_form": QuietForm(settings=chosen, own_zone=own_zone, now=now),
        "dialog_origin": origin_of(settings.WHATSAPP["FACEBOOK_DIALOG_URL"]),
        "nav_key": "settings",
    }
