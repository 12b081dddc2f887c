"""The library of templates, and each of them for those who send it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from ats.public import User, company_of, teams
from whatsapp import access
from whatsapp.ids import whole_number
from whatsapp.message_templates import sharing
from whatsapp.models import MessageTemplate
from whatsapp.policy.written import MEDIA
from whatsapp.selectors import template_page, templates
from whatsapp.selectors.picker import picker
from whatsapp.views.people import signed_in

NAV = "whatsapp_templates"
LONGEST = 100
MOST_LANGUAGES = 5


@require_safe
@access.member
def library(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    wish = _wish(request)
    context = {
        "library": templates.library(user, wish, now=timezone.now()),
        "wish": wish,
        "every": templates.Wish(),
        "here": wish.query(page=wish.page),
        "starred_query": wish.query(starred=not wish.starred),
        **_rights(request),
    }
    return render(request, "whatsapp/templates.html", context)


def _wish(request: HttpRequest) -> templates.Wish:
    """Whatever stands in the address; what there is not, nothing has."""
    given = {name: request.GET.get(name, "")[:LONGEST] for name in templates.FACETS}
    return templates.Wish(
        words=request.GET.get("q", "").strip()[:LONGEST].replace("\x00", ""),
        starred=request.GET.get("starred") == "1",
        page=whole_number(request.GET.get("page")) or 1,
        **given,
    )


@require_safe
@access.member
def choices(request: HttpRequest) -> HttpResponse:
    """A picker's list anew, where it is too long to stand in the page: `q` and `category` narrow
    it, `waba`, `language` and `chosen` are the picker's own."""
    user, given = signed_in(request), request.GET.get("chosen", "")
    waba = access.get_waba_for(user, whole_number(request.GET.get("waba")))
    shown = picker(
        waba.pk,
        user=user,
        languages=[one[:LONGEST] for one in request.GET.getlist("language")[:MOST_LANGUAGES]],
        chosen=access.get_template_for(user, whole_number(given)) if given else None,
        words=request.GET.get("q", "").strip()[:LONGEST],
        category=request.GET.get("category", "")[:LONGEST],
    )
    return render(request, "whatsapp/_picker_found.html", {"picker": shown})


@require_safe
@access.member
def page(request: HttpRequest, template_id: int) -> HttpResponse:
    """A template as it is at Meta, to read; WhatsApp admins say here which teams may use it."""
    user = signed_in(request)
    template = access.get_template_for(user, template_id)
    context = {
        "view": template_page.template_page(template, user, now=timezone.now()),
        "media_headers": MEDIA,
        **_rights(request),
    }
    return render(request, "whatsapp/template.html", context)


def _rights(request: HttpRequest) -> dict[str, Any]:
    user = signed_in(request)
    return {
        "can_configure": access.may_configure(user),
        "can_write": access.may_write(user),
        "nav_key": NAV,
    }


def _listed(user: User, template_id: int) -> MessageTemplate:
    template = access.get_template_for(user, template_id)
    if template.is_gone:
        raise Http404("Meta lists this template no more.")
    return template


@require_POST
@access.writer
def star(request: HttpRequest, template_id: int) -> HttpResponse:
    """Puts the person's own star, or takes it away."""
    user = signed_in(request)
    template, on = _listed(user, template_id), request.POST.get("on") == "1"
    sharing.star(template=template, on=on, by=user, now=timezone.now())
    if "HX-Request" in request.headers:
        shown = {"pk": template.pk, "name": template.name, "on": on}
        return render(request, "whatsapp/_library_star.html", {"star": shown})
    return redirect("whatsapp:template", template_id=template.pk)


@require_POST
@access.template_writer
def choose_teams(request: HttpRequest, template_id: int) -> HttpResponse:
    user = signed_in(request)
    template = _listed(user, template_id)
    wanted = {whole_number(value) for value in request.POST.getlist("team")}
    chosen = [team for team in teams(company_of(user)) if team.pk in wanted]
    if len(chosen) != len(wanted):
        # Without it the template might be everybody's, which nobody asked for.
        messages.error(
            request,
            "Nothing was changed: a team that you chose has been deleted meanwhile. Look at the "
            "teams below, and save again.",
        )
        return redirect("whatsapp:template", template_id=template.pk)
    sharing.give_to_teams(template=template, teams=chosen, by=user, now=timezone.now())
    who = ", ".join(team.name for team in chosen) or "everybody"
    messages.success(request, f"“{template.name}” may be used by {who} now.")
    return redirect("whatsapp:template", template_id=template.pk)
