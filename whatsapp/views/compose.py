"""The composer: shown, and sent from. The server decides what it may be each time."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from whatsapp import access
from whatsapp.ids import whole_number
from whatsapp.models import Message
from whatsapp.policy.reasons import ReasonCode
from whatsapp.selectors.composer import composer_view
from whatsapp.sending.content import Draft, TemplateDraft, TextDraft
from whatsapp.sending.send import NotAllowed, send
from whatsapp.sending.target import Target, target_to_write
from whatsapp.views.people import signed_in
from whatsapp.views.places import Place, of_conversation, resolve

VALUE_PREFIX = "value-"


@require_safe
@access.member
def composer(
    request: HttpRequest, conversation_id: int | None = None, candidate_id: int | None = None
) -> HttpResponse:
    """`?template=1` chooses a template, `?mode=template` opens the picker in an open window."""
    user = signed_in(request)
    target, place = resolve(request, conversation_id, candidate_id)
    given = request.GET.get("template", "")
    chosen = access.get_template_for(user, whole_number(given)) if given else None
    wants_template = request.GET.get("mode") == "template"
    return _show(request, target, place, chosen=chosen, wants_template=wants_template)


@require_POST
@access.writer
def send_text(
    request: HttpRequest, conversation_id: int | None = None, candidate_id: int | None = None
) -> HttpResponse:
    target, place = resolve(request, conversation_id, candidate_id)
    body = _typed(request.POST.get("body", ""))
    return _send(request, target, place, TextDraft(body), body=body)


@require_POST
@access.writer
def send_template(
    request: HttpRequest, conversation_id: int | None = None, candidate_id: int | None = None
) -> HttpResponse:
    target, place = resolve(request, conversation_id, candidate_id)
    given = whole_number(request.POST.get("template"))
    template = access.get_template_for(signed_in(request), given)
    values = {
        name.removeprefix(VALUE_PREFIX): _typed(value).strip()
        for name, value in request.POST.items()
        if name.startswith(VALUE_PREFIX) and isinstance(value, str)
    }
    draft = TemplateDraft(template, values)
    return _send(request, target, place, draft, chosen=template, values=values)


def _send(
    request: HttpRequest, target: Target, place: Place, draft: Draft, **typed: Any
) -> HttpResponse:
    """Sends, or shows the composer again with everything that was typed and why it stays."""
    client_id = request.POST.get("client_id", "")
    try:
        message = send(
            target=target,
            draft=draft,
            by=signed_in(request),
            client_id=_uuid(client_id),
            now=timezone.now(),
        )
    except NotAllowed as refusal:
        # What went out under this name before was something else: this is another draft.
        used = any(reason.code is ReasonCode.DRAFT_CHANGED for reason in refusal.reasons)
        response = _show(
            request,
            target,
            place,
            refused=refusal.reasons,
            client_id="" if used else client_id,
            **typed,
        )
        response.status_code = 422
        return response
    return _sent(request, target, message)


def _sent(request: HttpRequest, target: Target, message: Message) -> HttpResponse:
    if target.instead_of is not None:
        return HttpResponse(headers={"HX-Redirect": _address(request, target, message)})
    if target.conversation is None:
        # The first message begins the conversation: the page is another one from now on.
        return HttpResponse(headers={"HX-Refresh": "true"})
    row = access.get_conversation_for(signed_in(request), message.conversation_id)
    now_target = target_to_write(row, now=timezone.now())
    response = _show(request, now_target, of_conversation(row))
    response["HX-Trigger"] = json.dumps(
        {"whatsapp:sent": {"conversation": row.pk, "message": message.pk}}
    )
    return response


def _address(request: HttpRequest, target: Target, message: Message) -> str:
    """Of the conversation from the new number, in the inbox or on the profile, as before."""
    here = request.htmx.current_url_abs_path or ""  # type: ignore[attr-defined]
    if target.candidate is not None:
        chat = reverse("whatsapp:chat", args=[target.candidate.pk])
        if here.partition("?")[0] == chat:
            return f"{chat}?conversation={message.conversation_id}"
    return reverse("whatsapp:conversation", args=[message.conversation_id])


def _show(request: HttpRequest, target: Target, place: Place, **typed: Any) -> HttpResponse:
    view = composer_view(target, user=signed_in(request), now=timezone.now(), **typed)
    context = {"composer": view, "place": place, "candidate": target.candidate}
    return render(request, "whatsapp/_composer.html", context)


def _typed(text: str) -> str:
    """Without NUL, which no key types and PostgreSQL does not store."""
    return text.replace("\x00", "")


def _uuid(text: str) -> uuid.UUID:
    """A draft without a readable id is a draft of its own."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.uuid4()
