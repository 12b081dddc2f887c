"""The page on which a new template starts."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from ats.public import User, company_of
from whatsapp import access, figures
from whatsapp.forms.template_start import COPY, EMPTY, Start, read_start
from whatsapp.ids import whole_number
from whatsapp.message_templates import starting
from whatsapp.models import MessageTemplate, TemplateTranslation, Waba
from whatsapp.selectors.template_start import start_view
from whatsapp.views.people import signed_in


@require_http_methods(["GET", "POST"])
@access.template_writer
def start(request: HttpRequest) -> HttpResponse:
    """Shows what there is to start from, and starts it; its editor follows."""
    user = signed_in(request)
    own = _own_language(user)
    has_account = Waba.objects.filter(is_gone=False).exists()
    if request.method == "GET":
        template = _named(user, request.GET.get("template", ""))
        if not has_account:
            return redirect("whatsapp:configuration")
        return _page(request, own, named=template)
    known = figures.at(timezone.now()).templates.languages
    asked = read_start(request.POST, own_language=own, known=known)
    asked = _with_problem(user, asked)
    if asked.shows or asked.problem:
        return _page(request, own, asked)
    if not has_account and asked.waba is None and asked.template is None:
        return redirect("whatsapp:configuration")
    translation = _start(user, asked, _client_id(request, asked))
    return redirect("whatsapp:template_editor", translation_id=translation.pk)


def _with_problem(user: User, asked: Start) -> Start:
    """Where what it would copy cannot be copied. 404 where that is nobody's."""
    if asked.choice != COPY or asked.shows or asked.problem:
        return asked
    template = access.get_template_for(user, asked.template)
    return replace(asked, problem=starting.why_no_copy(template))


def _client_id(request: HttpRequest, asked: Start) -> uuid.UUID:
    """The same of two presses of one page, unless something else was chosen between them."""
    try:
        page = uuid.UUID(request.POST.get("client_id", ""))
    except ValueError:
        page = uuid.uuid4()
    return uuid.uuid5(page, repr(asked))


def _start(user: User, asked: Start, client_id: uuid.UUID) -> TemplateTranslation:
    given: dict[str, Any] = {
        "waba": _waba(asked),
        "by": user,
        "client_id": client_id,
        "now": timezone.now(),
    }
    if asked.choice == COPY:
        template = access.get_template_for(user, asked.template)
        if template.is_gone:
            raise Http404("Meta lists this template no more.")
        return starting.start_from_copy(template=template, **given)
    if asked.starter is not None:
        return starting.start_from_library(
            starter=asked.starter, languages=asked.languages, **given
        )
    return starting.start_empty(languages=asked.languages, **given)


def _named(user: User, given: str) -> MessageTemplate | None:
    """The template that a link starts from. 404 where it is nobody's."""
    return access.get_template_for(user, whole_number(given)) if given else None


def _waba(asked: Start) -> Waba:
    """The one that was chosen, or the first. 404 where it is nobody's."""
    rows = Waba.objects.filter(is_gone=False).order_by("pk")
    row = rows.first() if asked.waba is None else rows.filter(pk=asked.waba).first()
    if row is None:
        raise Http404("No such WhatsApp account.")
    found: Waba = row
    return found


def _own_language(user: User) -> str:
    known = figures.at(timezone.now()).templates.languages
    language = company_of(user).language.replace("-", "_")
    return language if language in known else "en"


def _page(
    request: HttpRequest,
    own: str,
    asked: Start | None = None,
    *,
    named: MessageTemplate | None = None,
) -> HttpResponse:
    """With what is chosen so far, or with `named` to copy; 422 where something is missing."""
    shown = own if asked is None else asked.shows or request.POST.get("shown", "")
    template = int(named.pk) if named else None
    problem = "" if asked is None or asked.shows else asked.problem
    if named is not None:
        problem = starting.why_no_copy(named)
    context = {
        "view": start_view(shown=shown, own_language=own, first_copy=template),
        "choice": asked.choice if asked else COPY if template else EMPTY,
        "template": asked.template if asked else template,
        "waba": asked.waba if asked else None,
        "ticked": asked.languages if asked else (own,),
        "problem": problem,
        "client_id": uuid.uuid4(),
        "nav_key": "whatsapp_templates",
    }
    return render(
        request, "whatsapp/template_start.html", context, status=422 if problem and asked else 200
    )
