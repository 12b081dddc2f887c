"""Fragments of a thread: messages that changed, earlier ones, and that somebody reads it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from whatsapp import access
from whatsapp.ids import whole_number
from whatsapp.inbox.conversations import read_conversation
from whatsapp.selectors.thread import bubbles_of, change_lines_since, thread_page
from whatsapp.selectors.window import window_view
from whatsapp.views.people import signed_in

MOST_IDS = 200


@require_safe
@access.member
def messages(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """`?ids=1,2` answers those messages, `?before=1` the page before one, neither the newest;
    `?changes=1` the changes to messages that are not here, from a message on."""
    user, now = signed_in(request), timezone.now()
    row = access.get_conversation_for(user, conversation_id)
    context: dict[str, Any] = {"open": row, "can_write": access.may_write(user)}
    if "changes" in request.GET:
        since = whole_number(request.GET["changes"])
        context["bubbles"] = change_lines_since(row, since, now=now)
        return render(request, "whatsapp/_messages.html", context)
    if "ids" in request.GET:
        given = request.GET["ids"].split(",")[:MOST_IDS]
        ids = [number for one in given if (number := whole_number(one)) is not None]
        context["bubbles"] = bubbles_of(row, ids, now=now)
        return render(request, "whatsapp/_messages.html", context)
    thread = thread_page(row, before_id=whole_number(request.GET.get("before")), now=now)
    context |= {"bubbles": thread.bubbles, "thread": thread}
    return render(request, "whatsapp/_messages.html", context)


@require_safe
@access.member
def window(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """The ring and its words, after the candidate has written."""
    row = access.get_conversation_for(signed_in(request), conversation_id)
    context = {"window": window_view(row.last_inbound_at, now=timezone.now()), "open": row}
    return render(request, "whatsapp/_window.html", context)


@require_POST
@access.member
def read(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """The thread is open in front of somebody who may answer it."""
    user = signed_in(request)
    row = access.get_conversation_for(user, conversation_id)
    if access.may_write(user):
        read_conversation(conversation=row, by=user, now=timezone.now())
    return HttpResponse(status=204)
