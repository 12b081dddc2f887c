"""System settings: the index of registered pages, and the fields of candidates."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from ats.access import company_of, member_required, require_company_admin, signed_in
from ats.actions.structure import add_candidate_field
from ats.extensions import settings_pages
from ats.forms.structure import CandidateFieldForm
from ats.models import CandidateField, FieldType, User


@require_safe
@member_required
def settings_index(request: HttpRequest) -> HttpResponse:
    context = {"nav_key": "settings", "sections": _sections(signed_in(request))}
    return render(request, "ats/settings.html", context)


def _sections(user: User) -> list[dict[str, Any]]:
    """Pages under their headings: {"External Systems": {"Third-party …": [page, …]}}."""
    sections: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for page in settings_pages:
        if page.visible(user):
            top, rest = page.section[0], " · ".join(page.section[1:])
            sections.setdefault(top, {}).setdefault(rest, []).append(
                {"page": page, "url": reverse(page.url_name)}
            )
    return [
        {"label": label, "groups": [{"label": k, "pages": v} for k, v in groups.items()]}
        for label, groups in sections.items()
    ]


@require_http_methods(["GET", "POST"])
@member_required
def field_list(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    require_company_admin(user)
    form = CandidateFieldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        field = add_candidate_field(
            company=company_of(user),
            label=form.cleaned_data["label"],
            type=FieldType(form.cleaned_data["type"]),
            choices=form.choice_list,
            required=form.cleaned_data["required"],
            by=user,
        )
        messages.success(request, f"The field “{field.label}” is added.")
        return redirect("ats:fields")
    context = {"nav_key": "settings", "form": form, "fields": CandidateField.objects.all()}
    return render(request, "ats/fields.html", context, status=422 if form.is_bound else 200)
