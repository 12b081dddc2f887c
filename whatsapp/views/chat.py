"""Chat History on the candidate profile."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ats.public import candidate_for, profile_context
from whatsapp import access
from whatsapp.forms.consent import ConsentForm
from whatsapp.ids import whole_number
from whatsapp.models import Conversation
from whatsapp.selectors.composer import composer_view
from whatsapp.selectors.consent import why_may_i_write
from whatsapp.selectors.thread import thread_page
from whatsapp.selectors.window import window_view
from whatsapp.sending.target import Target, target_for_candidate, target_of
from whatsapp.views.people import signed_in
from whatsapp.views.places import of_candidate, of_conversation


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
        .newest_first()  # type: ignore[attr-defined]
    )
    now_reached = target_for_candidate(candidate)
    open_one = _chosen(conversations, request.GET.get("conversation", ""), now_reached)
    target = target_of(open_one) if open_one else now_reached
    context = profile_context(user, candidate, "whatsapp_chat") | {
        "open": open_one,
        "conversations": conversations,
        "name": candidate.name,
        "shared_with": now_reached.shared_with,
        "thread": thread_page(open_one, now=now) if open_one else None,
        "window": window_view(target.last_inbound_at, now=now),
        "composer": composer_view(target, user=user, now=now),
        "place": of_conversation(open_one) if open_one else of_candidate(candidate),
        "why": why_may_i_write(candidate),
        "consent_form": ConsentForm(),
        "can_write": access.may_write(user),
    }
    return render(request, "whatsapp/chat.html", context)


def _chosen(
    conversations: list[Conversation], given: str, now_reached: Target
) -> Conversation | None:
    """The one asked for, else the newest with the number of the record. With a new number nothing
    is open: a message begins a new conversation."""
    wanted = whole_number(given)
    if wanted is not None:
        return next((one for one in conversations if one.pk == wanted), None)
    if now_reached.mobile is None or now_reached.sender is None:
        return conversations[0] if conversations else None
    here = (one for one in conversations if not target_of(one).number_changed)
    return next(here, now_reached.conversation)
