"""The matching queue, and answers to who somebody is: in the queue, the panel, Chat History."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ats.public import (
    CandidateForm,
    InvalidMobileNumber,
    User,
    candidate_for,
    company_of,
    parse_mobile,
    search_candidates,
)
from whatsapp import access
from whatsapp.contacts import matching as actions
from whatsapp.contacts.links import forms_of, number_of
from whatsapp.ids import whole_number
from whatsapp.models import CompanySettings, Contact
from whatsapp.policy.spellings import canonical
from whatsapp.selectors import matching as selector
from whatsapp.views.people import signed_in

MOST_FOUND = 8
# The action that takes each one back.
BACK = {
    "link": "whatsapp:unlink_contact",
    "create": "whatsapp:unlink_contact",
    "block": "whatsapp:unblock_contact",
}
Act = Callable[[Contact, User, datetime], actions.Outcome]


@require_safe
@access.member
def queue(request: HttpRequest) -> HttpResponse:
    """`?view=blocked` shows whom the company has blocked; `?before=` the page that follows;
    `?newer_than=` answers 204 while nobody has come since that contact."""
    newest = whole_number(request.GET.get("newer_than"))
    if newest is not None:
        return HttpResponse(status=200 if selector.is_anybody_newer(newest) else 204)
    page = selector.queue_page(
        before=whole_number(request.GET.get("before")),
        only_blocked=request.GET.get("view") == "blocked",
        now=timezone.now(),
    )
    context = {
        "nav_key": "whatsapp_inbox",
        "queue": page,
        "place": "queue",
        "can_write": access.may_write(signed_in(request)),
    }
    is_more = "before" in request.GET and request.headers.get("HX-Request")
    name = "whatsapp/_match_list.html" if is_more else "whatsapp/matching.html"
    return render(request, name, context)


@require_safe
@access.member
def people(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Candidates by name or number, for somebody whom no proposal names."""
    user = signed_in(request)
    contact = access.get_contact_for(user, contact_id)
    words = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    found = search_candidates(company_of(user), words, limit=MOST_FOUND) if words else []
    context = {
        "contact_id": contact.pk,
        "words": words,
        "found": found,
        "place": _place(request),
        "can_write": access.may_write(user),
    }
    return render(request, "whatsapp/_match_people.html", context)


@require_POST
@access.writer
def link(request: HttpRequest, contact_id: int) -> HttpResponse:
    user = signed_in(request)
    access.get_contact_for(user, contact_id)
    candidate = candidate_for(user, whole_number(request.POST.get("candidate")) or 0)
    return _done(
        request,
        contact_id,
        "link",
        lambda contact, by, now: actions.link_contact(
            contact=contact, candidate=candidate, by=by, now=now
        ),
    )


@require_POST
@access.writer
def unlink(request: HttpRequest, contact_id: int) -> HttpResponse:
    linking_id = whole_number(request.POST.get("linking"))
    return _done(
        request,
        contact_id,
        "unlink",
        lambda contact, by, now: actions.unlink_contact(
            contact=contact, by=by, now=now, linking_id=linking_id
        ),
    )


@require_POST
@access.writer
def split(request: HttpRequest, contact_id: int) -> HttpResponse:
    return _done(
        request,
        contact_id,
        "split",
        lambda contact, by, now: actions.split_spellings(contact=contact, by=by, now=now),
    )


@require_POST
@access.writer
def join(request: HttpRequest, contact_id: int) -> HttpResponse:
    return _done(
        request,
        contact_id,
        "join",
        lambda contact, by, now: actions.join_spellings(contact=contact, by=by, now=now),
    )


@require_POST
@access.writer
def block(request: HttpRequest, contact_id: int) -> HttpResponse:
    return _done(
        request,
        contact_id,
        "block",
        lambda contact, by, now: actions.block_contact(contact=contact, by=by, now=now),
    )


@require_POST
@access.writer
def unblock(request: HttpRequest, contact_id: int) -> HttpResponse:
    return _done(
        request,
        contact_id,
        "unblock",
        lambda contact, by, now: actions.unblock_contact(contact=contact, by=by, now=now),
    )


@require_http_methods(["GET", "POST"])
@access.writer
def create(request: HttpRequest, contact_id: int) -> HttpResponse:
    """The host's own form of a candidate, cut down to what has to be said."""
    user = signed_in(request)
    contact = access.get_contact_for(user, contact_id)
    is_sent = request.method == "POST"
    form, recipient = _form(request.POST if is_sent else None, contact, user)
    if is_sent and form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("first_name", "last_name", "email")}
        return _done(
            request,
            contact_id,
            "create",
            lambda contact, by, now: actions.create_candidate_for(
                contact=contact, values=form.values, by=by, now=now, **given
            ),
        )
    context = {
        "form": form,
        "needed": [
            one
            for one in form.own_fields()
            if one.errors or (one.field.is_needed and one.name != recipient)  # type: ignore[attr-defined]
        ],
        "contact_id": contact.pk,
        "place": _place(request),
    }
    answer = render(request, "whatsapp/_match_form.html", context, status=422 if is_sent else 200)
    if is_sent:
        # What was typed stays where it stands, below the proposals.
        answer["HX-Retarget"] = f"#match-form-{contact.pk}"
        answer["HX-Reswap"] = "innerHTML"
    return answer


def _form(data: QueryDict | None, contact: Contact, user: User) -> tuple[CandidateForm, str]:
    """With the contact's number in the recipient field, whatever was sent; answers also with the
    name of that field, where it is filled."""
    first, _, last = contact.profile_name.strip().partition(" ")
    given = {"first_name": first[:80], "last_name": last.strip()[:80]}
    field_id = CompanySettings.objects.values_list("recipient_field_id", flat=True).first()
    number = _number(contact)
    name = f"field_{field_id}" if field_id and number else ""
    sent = data.copy() if data is not None else None
    if name:
        given[name] = number
        if sent is not None:
            sent[name] = number
    form = CandidateForm(
        sent, company=company_of(user), initial=given, auto_id=f"match-{contact.pk}-%s"
    )
    return form, name


def _number(contact: Contact) -> str:
    """E.164 as people write it today; empty where there is none, or none that a record takes."""
    digits = number_of(contact)
    if not digits:
        return ""
    if len(forms_of(contact.portfolio_id, digits)) > 1:
        digits = canonical(digits)
    try:
        return parse_mobile(f"+{digits}", "")
    except InvalidMobileNumber:
        return ""


def _place(request: HttpRequest) -> str:
    given = request.POST.get("place") or request.GET.get("place") or "queue"
    return given if given in ("queue", "page") else "queue"


def _done(request: HttpRequest, contact_id: int, verb: str, act: Act) -> HttpResponse:
    """Does it, and answers with what was done: in the queue in place of the row, with a way back;
    elsewhere the page is drawn anew, since all of it may have changed."""
    user, now = signed_in(request), timezone.now()
    contact = access.get_contact_for(user, contact_id)
    outcome = None
    try:
        outcome = act(contact, user, now)
        words = selector.words_for(verb, outcome)
    except actions.Refused as problem:
        words = selector.words_of(problem, now=now)
    is_fragment = bool(request.headers.get("HX-Request"))
    if _place(request) == "queue" and is_fragment:
        return _row(request, verb, outcome, words, contact, now=now)
    if outcome is None:
        messages.error(request, words)
    else:
        messages.success(request, words)
    if is_fragment:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return redirect("whatsapp:matching")


def _row(
    request: HttpRequest,
    verb: str,
    outcome: actions.Outcome | None,
    words: str,
    contact: Contact,
    *,
    now: datetime,
) -> HttpResponse:
    row = outcome.contact if outcome else contact
    (card,) = selector.cards_of([row], now=now)
    context: dict[str, Any] = {"card": card, "place": "queue", "can_write": True}
    if outcome is not None and verb not in BACK:
        return render(request, "whatsapp/_match.html", context | {"is_back": True})
    said = actions.linking_of(row) if outcome and verb != "block" else None
    context |= {
        "words": words,
        "is_done": outcome is not None,
        "back_url": BACK[verb] if outcome else "",
        "linking_id": said.pk if said else "",
        "candidate": outcome.candidate if outcome else None,
    }
    return render(request, "whatsapp/_match_done.html", context)
