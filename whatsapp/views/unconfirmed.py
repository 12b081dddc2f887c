"""What a person decides about a message whose fate nobody knows."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from whatsapp import access
from whatsapp.countries import country_name
from whatsapp.models import Message
from whatsapp.policy.sentences import say
from whatsapp.sending.send import NotAllowed
from whatsapp.sending.unconfirmed import leave_it, send_again
from whatsapp.views.people import signed_in

SETTLED = "It was settled meanwhile, and nothing was changed."


@require_POST
@access.writer
def again(request: HttpRequest, message_id: int) -> HttpResponse:
    return _decide(request, message_id, send_again)


@require_POST
@access.writer
def leave(request: HttpRequest, message_id: int) -> HttpResponse:
    return _decide(request, message_id, leave_it)


def _decide(request: HttpRequest, message_id: int, decide: Callable[..., bool]) -> HttpResponse:
    """Back to where the button was: to the run's rows, or to the thread, which follows by itself
    where it listens."""
    user = signed_in(request)
    row: Message = access.get_message_for(user, message_id)
    told = True
    try:
        if not decide(row, by=user, now=timezone.now()):
            messages.info(request, SETTLED)
    except NotAllowed as refusal:
        said = [say(one, country_name=country_name) for one in refusal.reasons]
        messages.warning(request, " ".join(f"{one.sentence} {one.remedy}" for one in said))
        told = False
    if row.run is not None and "run" in request.POST:
        return redirect("whatsapp:run", row.run.pk)
    url = reverse("whatsapp:conversation", args=[row.conversation_id])
    if "HX-Request" not in request.headers:
        return redirect(url)
    return HttpResponse(status=204, headers={} if told else {"HX-Redirect": url})
