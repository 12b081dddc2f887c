"""The inbox: the list of conversations, the open thread, the candidate beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ats.public import CandidateSummary, candidate_summary, mobile_display
from whatsapp import access
from whatsapp.ids import whole_number
from whatsapp.models import Connection, Conversation
from whatsapp.selectors import inbox as selector
from whatsapp.selectors import matching
from whatsapp.selectors.composer import composer_view
from whatsapp.selectors.consent import why_may_i_write
from whatsapp.selectors.thread import thread_page
from whatsapp.selectors.window import window_view
from whatsapp.sending.target import target_to_write
from whatsapp.views.people import signed_in
from whatsapp.views.places import of_conversation


@require_safe
@access.member
def inbox(request: HttpRequest) -> HttpResponse:
    context = _list_context(request) | {
        "open": None,
        "is_connected": Connection.objects.exists(),
        "may_configure": access.may_configure(signed_in(request)),
    }
    return render(request, "whatsapp/inbox.html", context)


@require_safe
@access.member
def conversation(request: HttpRequest, conversation_id: int) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    row = access.get_conversation_for(user, conversation_id)
    context = _list_context(request)
    context |= _thread_context(request, row, context["page"].summaries)
    context["composer"] = composer_view(target_to_write(row, now=now), user=user, now=now)
    context["place"] = of_conversation(row)
    return render(request, "whatsapp/inbox.html", context)


@require_safe
@access.member
def rows(request: HttpRequest) -> HttpResponse:
    """The list alone: after an event, and for more of it."""
    return render(request, "whatsapp/_rows.html", _list_context(request))


def _list_context(request: HttpRequest) -> dict[str, Any]:
    only_waiting = request.GET.get("view") == "waiting"
    page = selector.inbox_page(
        only_waiting=only_waiting,
        cursor=selector.read_cursor(request.GET.get("after", "")),
        now=timezone.now(),
    )
    return {
        "page": page,
        "unmatched": matching.how_many_unmatched(),
        "only_waiting": only_waiting,
        "open_id": whole_number(request.GET.get("open")),
        "is_more": "after" in request.GET,
    }


def _thread_context(
    request: HttpRequest, row: Conversation, known: Mapping[int, CandidateSummary]
) -> dict[str, Any]:
    """What the thread and `_panel.html` need; `known` are the candidates of the list beside it."""
    now = timezone.now()
    candidate = row.contact.candidate
    summary = None
    if candidate:
        summaries = known if candidate.pk in known else candidate_summary([candidate.pk], now=now)
        summary = summaries[candidate.pk]
    return {
        "open": row,
        "open_id": row.pk,
        "name": selector.name_of(row.contact, summary),
        "about": selector.about(summary),
        "number": mobile_display(row.contact.phone) if row.contact.phone else "",
        "summary": summary,
        "candidate": candidate,
        "identity": matching.identity_of(row.contact, open_id=row.pk, now=now),
        "match": None if candidate else matching.cards_of([row.contact], now=now)[0],
        "why": why_may_i_write(candidate) if candidate else [],
        "window": window_view(row.last_inbound_at, now=now),
        "thread": thread_page(row, now=now),
        "can_write": access.may_write(signed_in(request)),
    }
