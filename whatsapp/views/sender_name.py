"""The display name of a sender: asked for, in review, declined with its reason, put into force."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from whatsapp import access
from whatsapp.connection.number_names import ask_display_name, use_display_name
from whatsapp.connection.number_refusals import NumberRefused
from whatsapp.forms.senders import DisplayNameForm, PinForm
from whatsapp.models import Sender
from whatsapp.policy.numbers import NumberProblem
from whatsapp.selectors.senders import name_reason, sender_row
from whatsapp.views.people import signed_in
from whatsapp.views.sender_panes import done, of, pane, refused_context

PIN_ASKED = (NumberProblem.PIN_NEEDED, NumberProblem.PIN_WRONG)


@require_http_methods(["GET", "POST"])
@access.configurer
def display_name(request: HttpRequest, sender_id: int) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    sender = access.get_sender_for(user, sender_id)
    if request.method == "GET":
        form = DisplayNameForm(sender=sender, now=now)
        return pane(request, "name", _context(sender, form, now))
    form = DisplayNameForm(request.POST, sender=sender, now=now)
    if not form.is_valid():
        return pane(request, "name", _context(sender, form, now), status=422)
    name = form.cleaned_data["display_name"]
    try:
        ask_display_name(sender=sender, name=name, by=user, now=now)
    except NumberRefused as refused:
        context = refused_context(_context(sender, form, now), refused)
        return pane(request, "name", context, status=422)
    sender.refresh_from_db()
    words = f"Meta reviews “{name}” now. Until then candidates see {sender.verified_name}."
    return done(request, sender, words, now=now)


@require_POST
@access.configurer
def use(request: HttpRequest, sender_id: int) -> HttpResponse:
    """The approved name comes into force."""
    user, now = signed_in(request), timezone.now()
    sender = access.get_sender_for(user, sender_id)
    form = PinForm(request.POST, now=now) if "pin" in request.POST else None
    if form is not None and not form.is_valid():
        return pane(request, "name_pin", of(sender, form=form), status=422)
    try:
        pin = form.cleaned_data["pin"] if form else ""
        use_display_name(sender=sender, by=user, now=now, pin=pin)
    except NumberRefused as refused:
        if refused.problem in PIN_ASKED:
            context = refused_context(of(sender, form=form or PinForm(now=now)), refused)
            return pane(request, "name_pin", context, status=422)
        shown = _context(sender, DisplayNameForm(sender=sender, now=now), now)
        return pane(request, "name", refused_context(shown, refused), status=422)
    sender.refresh_from_db()
    words = f"Candidates see {sender.verified_name} from now on."
    return done(request, sender, words, now=now)


def _context(sender: Sender, form: DisplayNameForm, now: datetime) -> dict[str, Any]:
    return of(sender, form=form, row=sender_row(sender, now=now), reason=name_reason(sender))
