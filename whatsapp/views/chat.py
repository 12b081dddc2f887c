"""Chat History on the candidate profile."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ats.public import Candidate, candidate_for, profile_context
from whatsapp import access
from whatsapp.forms.consent import ConsentForm
from whatsapp.ids import whole_number
from whatsapp.models import Conversation
from whatsapp.selectors.composer import composer_view
from whatsapp.selectors.consent import why_may_i_write
from whatsapp.selectors.thread import thread_page
from whatsapp.selectors.window import window_view
from whatsapp.sending.target import target_for_candidate, target_of
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
    open_one = _chosen(conversations, request.GET.get("conversation", ""))
    target = target_of(open_one) if open_one else target_for_candidate(candidate)
    # The number may have a conversation already, linked to another candidate who shares it.
    open_one = open_one or target.conversation
    context = profile_context(user, candidate, "whatsapp_chat") | {
        "open": open_one,
        "conversations": conversations,
        "name": candidate.name,
        "shared_with": _shared_with(candidate, open_one),
        "thread": thread_page(open_one, now=now) if open_one else None,
        "window": window_view(target.last_inbound_at, now=now),
        "composer": composer_view(target, user=user, now=now),
        "place": of_conversation(open_one) if open_one else of_candidate(candidate),
        "why": why_may_i_write(candidate),
        "consent_form": ConsentForm(),
        "can_write": access.may_write(user),
    }
    return render(request, "whatsapp/chat.html", context)


def _shared_with(candidate: Candidate, conversation: Conversation | None) -> Candidate | None:
    """Whose conversation this is, where another candidate has the same number."""
    owner = conversation.contact.candidate if conversation else None
    return owner if owner is not None and owner.pk != candidate.pk else None


def _chosen(conversations: list[Conversation], given: str) -> Conversation | None:
    if given:
        number = whole_number(given)
        return next((one for one in conversations if one.pk == number), None)
    return conversations[0] if conversations else None
