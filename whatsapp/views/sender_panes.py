"""The panes of the senders' dialog: drawn into it, or on a page of their own without scripts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from whatsapp.connection.number_refusals import NumberRefused
from whatsapp.models import Sender
from whatsapp.policy.numbers import NumberProblem
from whatsapp.selectors.senders import sender_table

P = NumberProblem
# Which field a problem is about; every other one is said above the form.
_FIELDS = {
    P.LABEL_TAKEN: "label",
    P.FRIENDLY_NAME_TAKEN: "friendly_name",
    P.NAME_REFUSED: "display_name",
    P.NUMBER_REFUSED: "number",
    P.ALREADY_HERE: "number",
    P.HELD_ELSEWHERE: "number",
    P.ON_THE_APP: "number",
    P.CODE_WRONG: "code",
    P.CODE_EXPIRED: "code",
    P.PIN_WRONG: "pin",
}


def done(
    request: HttpRequest, sender: Sender, words: str, *, now: datetime, **more: Any
) -> HttpResponse:
    if not request.htmx:  # type: ignore[attr-defined]
        messages.success(request, words)
        return redirect(f"{reverse('whatsapp:configuration')}#senders")
    return pane(request, "done", of(sender, words=words, **more) | {"table": sender_table(now=now)})


def of(sender: Sender, **more: Any) -> dict[str, Any]:
    return {"sender": sender, **more}


def refused_context(context: dict[str, Any], refused: NumberRefused) -> dict[str, Any]:
    """With the words at the field that they are about, else above the form."""
    form, field = context.get("form"), _FIELDS.get(refused.problem) if refused.problem else None
    said = refused.said(now=timezone.now())
    if form is not None and field in form.fields:
        if not form.is_bound:
            return context | {"refused": said}
        form.add_error(field, f"{said.title}. {said.sentence} {said.remedy}")
        return context
    return context | {"refused": said}


def pane(
    request: HttpRequest, name: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """`name` is that of its template. After a change the context holds the `table`, drawn anew."""
    template = f"whatsapp/_sender_{name}.html"
    if request.htmx:  # type: ignore[attr-defined]
        if "table" in context:
            context = context | {"connection": context["sender"].waba.connection}
        # A pane that refuses is what the person asked for; browsers report other codes as errors.
        return render(request, template, context)
    context = context | {"pane": template, "is_page": True, "nav_key": "settings", "table": None}
    return render(request, "whatsapp/sender.html", context, status=status)
