"""Chat History on the candidate profile."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ats.public import candidate_for, mobile_display, profile_context
from whatsapp import access
from whatsapp.forms.consent import ConsentForm
from whatsapp.ids import whole_number
from whatsapp.models import Conversation
from whatsapp.selectors.composer import composer_view
from whatsapp.selectors.consent import why_may_i_write
from whatsapp.selectors.matching import Card, cards_of, sharing_of_record
from whatsapp.selectors.thread import thread_page
from whatsapp.selectors.window import window_view
from whatsapp.sending.target import Target, target_for_candidate, target_of, target_to_write
from whatsapp.views.people import signed_in
from whatsapp.views.places import of_candidate, of_conversation

# In `?conversation=`: the one with the number of the record, also where it is not begun yet.
NEW_NUMBER = "new"


@require_safe
@access.member
def chat(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """The candidate's newest conversation, or the one of `?conversation=`; a person may have one
    with each of the company's numbers."""
    user, now = signed_in(request), timezone.now()
    candidate = candidate_for(user, candidate_id)
    conversations = list(
        Conversation.objects.filter(contact__candidate=candidate)
        .select_related("sender__waba", "contact__candidate")
        .filter(moved_to=None)
        .newest_first()  # type: ignore[attr-defined]
    )
    now_reached = target_for_candidate(candidate)
    at_number = _at_number(conversations, now_reached)
    given = request.GET.get("conversation", "")
    open_one = at_number if given == NEW_NUMBER else _chosen(conversations, given, at_number)
    target = target_to_write(open_one, now=now) if open_one else now_reached
    sharing = sharing_of_record(candidate)
    context = profile_context(user, candidate, "whatsapp_chat") | {
        "open": open_one,
        "conversations": conversations,
        "new_number": mobile_display(now_reached.mobile)
        if conversations and at_number is None and now_reached.mobile
        else "",
        "name": candidate.name,
        "shared_with": now_reached.shared_with,
        "sharing": [one for one in sharing if one != now_reached.shared_with],
        "whose": _whose(now_reached, now=now) if sharing else None,
        "thread": thread_page(open_one, now=now) if open_one else None,
        "window": window_view(open_one.last_inbound_at if open_one else None, now=now),
        "composer": composer_view(target, user=user, now=now),
        "place": of_conversation(open_one) if open_one else of_candidate(candidate),
        "why": why_may_i_write(candidate),
        "consent_form": ConsentForm(),
        "can_write": access.may_write(user),
    }
    return render(request, "whatsapp/chat.html", context)


def _whose(now_reached: Target, *, now: datetime) -> Card | None:
    """The question whose number it is, where two records have it and nobody has said."""
    contact = now_reached.contact
    if contact is None or contact.candidate_id is not None or contact.blocked_at is not None:
        return None
    (card,) = cards_of([contact], now=now)
    return card if card.question else None


def _at_number(conversations: list[Conversation], now_reached: Target) -> Conversation | None:
    """The newest with the number that the record has now; none yet where that one is new."""
    if now_reached.mobile is None or now_reached.sender is None:
        return None
    here = (one for one in conversations if not target_of(one).number_changed)
    return next(here, now_reached.conversation)


def _chosen(
    conversations: list[Conversation], given: str, at_number: Conversation | None
) -> Conversation | None:
    """The one asked for, else the one with the number of the record, else the newest: somebody
    who was linked by hand may write from another number than the record has."""
    wanted = whole_number(given)
    asked = next((one for one in conversations if one.pk == wanted), None)
    return asked or at_number or (conversations[0] if conversations else None)
