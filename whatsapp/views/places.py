"""Where a composer stands: below a conversation, or on the profile of a candidate who has none."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone

from ats.public import Candidate, candidate_for
from whatsapp import access
from whatsapp.ids import whole_number
from whatsapp.models import Conversation, Sender
from whatsapp.sending.target import Target, target_for_candidate, target_to_write
from whatsapp.views.people import signed_in


@dataclass(frozen=True, slots=True)
class Place:
    """The addresses that a composer talks to."""

    key: str
    composer_url: str
    text_url: str
    template_url: str


def of_conversation(row: Conversation) -> Place:
    return _place("conversation", row.pk)


def of_candidate(row: Candidate) -> Place:
    return _place("candidate", row.pk)


def _place(kind: str, pk: int) -> Place:
    kwargs = {f"{kind}_id": pk}
    return Place(
        key=f"{kind}-{pk}",
        composer_url=reverse(f"whatsapp:{kind}_composer", kwargs=kwargs),
        text_url=reverse(f"whatsapp:{kind}_send_text", kwargs=kwargs),
        template_url=reverse(f"whatsapp:{kind}_send_template", kwargs=kwargs),
    )


def resolve(
    request: HttpRequest, conversation_id: int | None, candidate_id: int | None
) -> tuple[Target, Place]:
    """The target of a composer's request, through the gates."""
    user = signed_in(request)
    if conversation_id is not None:
        row = access.get_conversation_for(user, conversation_id)
        return target_to_write(row, now=timezone.now()), of_conversation(row)
    if candidate_id is None:
        raise Http404("No such conversation.")
    candidate = candidate_for(user, candidate_id)
    target = target_for_candidate(candidate, sender=_chosen_sender(request))
    return target, of_candidate(candidate)


def _chosen_sender(request: HttpRequest) -> Sender | None:
    given = request.POST.get("sender") or request.GET.get("sender")
    if not given:
        return None
    number = whole_number(given)
    rows = Sender.objects.filter(is_gone=False).select_related("waba")
    row = rows.filter(pk=number).first() if number is not None else None
    if row is None:
        raise Http404("No such sender.")
    return row
