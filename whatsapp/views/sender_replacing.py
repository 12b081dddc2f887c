"""Replacing a sender by another: what hangs on it is said first, then the other takes over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from whatsapp import access
from whatsapp.connection.number_refusals import NumberRefused
from whatsapp.connection.number_replacement import replace_number, retire_number
from whatsapp.forms.senders import ReplaceForm
from whatsapp.ids import whole_number
from whatsapp.models import Sender
from whatsapp.selectors.replacing import hanging_on, successors_of
from whatsapp.selectors.senders import sender_table
from whatsapp.views.people import signed_in
from whatsapp.views.sender_panes import done, of, pane, refused_context

# In the session while a number is added to replace another: adding takes several steps, and a code
# may arrive tomorrow.
WANTED = "whatsapp_replacing"


def begin(request: HttpRequest) -> None:
    """Add was pressed: to replace the sender of `?replaces=`, or for itself."""
    request.session.pop(WANTED, None)
    if given := request.GET.get("replaces"):
        old = access.get_sender_for(signed_in(request), whole_number(given) or 0)
        request.session[WANTED] = old.pk


def wanted(request: HttpRequest, new: Sender) -> Sender | None:
    """The sender that the one just connected was added to replace."""
    pk = request.session.get(WANTED)
    if pk is None or pk == new.pk:
        return None
    return Sender.objects.filter(pk=pk, waba=new.waba_id, is_gone=False, replaced_by=None).first()


@require_http_methods(["GET", "POST"])
@access.configurer
def replace(request: HttpRequest, sender_id: int) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    sender = access.get_sender_for(user, sender_id)
    choices = successors_of(sender)
    if request.method == "GET":
        given = whole_number(request.GET.get("by"))
        if request.GET.get("by"):
            access.get_sender_for(user, given or 0)
        form = ReplaceForm(choices=choices, chosen=given)
        return pane(request, "replace", _context(sender, form, now))
    form = ReplaceForm(request.POST, choices=choices)
    if not form.is_valid():
        return pane(request, "replace", _context(sender, form, now), status=422)
    try:
        successor = form.cleaned_data["successor"]
        replace_number(sender=sender, successor=successor, by=user, now=now)
    except NumberRefused as refused:
        context = refused_context(_context(sender, form, now), refused)
        return pane(request, "replace", context, status=422)
    request.session.pop(WANTED, None)
    words = f"{successor.name} has taken over from {sender.name}."
    if form.cleaned_data["keep"]:
        return done(request, sender, words, now=now)
    try:
        retire_number(sender=sender, by=user, now=now)
    except NumberRefused as refused:
        # It took over all the same: what is left is said, with what to do.
        context = of(sender, words=words, table=sender_table(now=now))
        return pane(request, "done", refused_context(context, refused))
    sender.refresh_from_db()
    return done(request, sender, f"{words} {sender.name} is disconnected.", now=now)


def _context(sender: Sender, form: ReplaceForm, now: datetime) -> dict[str, Any]:
    return of(sender, form=form, hanging=hanging_on(sender, now=now))
