"""Teams, for company admins: the list, a new one, one to rename or fill, and its end."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ats import extensions
from ats.access import company_of, member_required, require_company_admin, signed_in, team_for
from ats.actions.structure import delete_team, save_team
from ats.forms.structure import TeamForm
from ats.models import Team, User

# Of what depends on a team so many are named, and the rest counted.
SHOWN_OF_A_TEAM = 20


@require_safe
@member_required
def team_list(request: HttpRequest) -> HttpResponse:
    require_company_admin(signed_in(request))
    active = Count("members", filter=Q(members__user__is_active=True))
    context = {"nav_key": "settings", "teams": Team.objects.annotate(people=active)}
    return render(request, "ats/teams.html", context)


@require_http_methods(["GET", "POST"])
@member_required
def team_new(request: HttpRequest) -> HttpResponse:
    require_company_admin(signed_in(request))
    return _form(request, None)


@require_http_methods(["GET", "POST"])
@member_required
def team_edit(request: HttpRequest, team_id: int) -> HttpResponse:
    team = team_for(signed_in(request), team_id)
    require_company_admin(signed_in(request))
    return _form(request, team)


def _form(request: HttpRequest, team: Team | None) -> HttpResponse:
    user = signed_in(request)
    company = company_of(user)
    initial = {}
    if team is not None:
        initial = {"name": team.name, "members": team.members.values_list("user", flat=True)}
    form = TeamForm(request.POST or None, company=company, team=team, initial=initial)
    if request.method == "POST" and form.is_valid():
        saved = save_team(
            company=company,
            team=team,
            name=form.cleaned_data["name"],
            members=list(form.cleaned_data["members"]),
            by=user,
        )
        messages.success(request, f"The team “{saved.name}” is saved.")
        return redirect("ats:teams")
    context = {"nav_key": "settings", "form": form, "team": team, "uses": _uses(team, user)}
    return render(request, "ats/team_form.html", context, status=422 if form.is_bound else 200)


def _uses(team: Team | None, user: User) -> list[dict[str, Any]]:
    """What would be nobody's without the team."""
    if team is None:
        return []
    found = [(use, use.of_team_alone(team)) for use in extensions.team_uses if use.visible(user)]
    return [
        {
            "use": use,
            "shown": things[:SHOWN_OF_A_TEAM],
            "more": max(0, len(things) - SHOWN_OF_A_TEAM),
        }
        for use, things in found
        if things
    ]


@require_POST
@member_required
def team_delete(request: HttpRequest, team_id: int) -> HttpResponse:
    team = team_for(signed_in(request), team_id)
    require_company_admin(signed_in(request))
    name = team.name
    delete_team(team=team, by=signed_in(request))
    messages.success(request, f"The team “{name}” is deleted. Its people keep their accounts.")
    return redirect("ats:teams")
