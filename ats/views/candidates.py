"""Pages of candidates: the list, the form, the profile's overview, erasure."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from ats.access import (
    candidate_for,
    company_of,
    member_required,
    require_company_admin,
    require_writer,
    signed_in,
)
from ats.actions.candidates import create_candidate, erase_candidate, update_candidate
from ats.candidate_list import Filters, find_candidates, page_of
from ats.extensions import list_actions
from ats.forms.applications import ApplyForm, InterviewForm
from ats.forms.candidates import CandidateForm
from ats.models import Candidate, Company, Job, Stage, User
from ats.models.fields import CandidateField, FieldType
from ats.summaries import candidate_summary, first_mobiles
from ats.views.candidate_profile import profile_context


@require_safe
@member_required
def candidate_list(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    company = company_of(user)
    filters = _filters(request)
    page = page_of(
        find_candidates(filters, company.default_country),
        before=_number(request.GET.get("before")),
        after=_number(request.GET.get("after")),
    )
    ids = [row.pk for row in page.rows]
    summaries = candidate_summary(ids, now=timezone.now())
    mobiles = first_mobiles(ids)
    kept = {"q": filters.words, "job": filters.job_id, "stage": filters.stage}
    query = urlencode({key: value for key, value in kept.items() if value})
    context = {
        "nav_key": "candidates",
        "rows": [{"summary": summaries[pk], "mobile": mobiles.get(pk, "")} for pk in ids],
        "filters": filters,
        "jobs": Job.objects.order_by("title", "location"),
        "stages": Stage.choices,
        "newer": page.newer,
        "older": page.older,
        "query": f"{query}&" if query else "",
        "can_write": user.can_write,
        "actions": [
            {"label": one.label, "icon": one.icon, "url": one.url(query)}
            for one in list_actions
            if one.visible(user)
        ],
    }
    return render(request, "ats/candidates.html", context)


@require_http_methods(["GET", "POST"])
@member_required
def candidate_new(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    require_writer(user)
    company = company_of(user)
    form = CandidateForm(
        request.POST or None, company=company, initial={"job": request.GET.get("job", "")}
    )
    if request.method == "POST" and form.is_valid():
        candidate = create_candidate(
            company=company,
            first_name=form.cleaned_data["first_name"],
            last_name=form.cleaned_data["last_name"],
            email=form.cleaned_data["email"],
            language=form.cleaned_data["language"],
            timezone=form.cleaned_data["timezone"],
            values=form.values,
            job=form.chosen_job(),
            by=user,
        )
        messages.success(request, f"{candidate.name} is added.")
        return redirect("ats:candidate", candidate.pk)
    return _form_page(request, form, None)


@require_http_methods(["GET", "POST"])
@member_required
def candidate_edit(request: HttpRequest, candidate_id: int) -> HttpResponse:
    user = signed_in(request)
    candidate = candidate_for(user, candidate_id)
    require_writer(user)
    form = CandidateForm(request.POST or None, company=company_of(user), candidate=candidate)
    if request.method == "POST" and form.is_valid():
        update_candidate(
            candidate=candidate,
            first_name=form.cleaned_data["first_name"],
            last_name=form.cleaned_data["last_name"],
            email=form.cleaned_data["email"],
            language=form.cleaned_data["language"],
            timezone=form.cleaned_data["timezone"],
            values=form.values,
            by=user,
        )
        messages.success(request, "Saved.")
        return redirect("ats:candidate", candidate.pk)
    return _form_page(request, form, candidate)


def _form_page(
    request: HttpRequest, form: CandidateForm, candidate: Candidate | None
) -> HttpResponse:
    context = {
        "nav_key": "candidates",
        "form": form,
        "candidate": candidate,
        "name": candidate.name if candidate else "",
    }
    status = 422 if form.is_bound else 200
    return render(request, "ats/candidate_form.html", context, status=status)


@require_safe
@member_required
def candidate_overview(request: HttpRequest, candidate_id: int) -> HttpResponse:
    user = signed_in(request)
    candidate = candidate_for(user, candidate_id)
    return render(request, "ats/candidate_overview.html", overview_context(user, candidate))


def overview_context(
    user: User,
    candidate: Candidate,
    *,
    interview_form: InterviewForm | None = None,
    form_application_id: int | None = None,
) -> dict[str, Any]:
    """The overview; with a refused interview form it opens with what was typed."""
    now, company = timezone.now(), company_of(user)
    applications = []
    for row in candidate.applications.select_related("job__recruiter").prefetch_related(
        "interviews__recruiter"
    ):
        mine = interview_form if row.pk == form_application_id else None
        applications.append(
            {
                "row": row,
                "form": mine or _empty_interview_form(company, row.pk, row.job, now),
                "is_open": mine is not None,
                "steps": _steps(row.stage),
                "interviews": [
                    {"row": i, "is_past": i.starts_at < now} for i in row.interviews.all()
                ],
            }
        )
    return {
        **profile_context(user, candidate, "overview", now=now),
        "company": company,
        "applications": applications,
        "field_values": _field_values(candidate),
        "stages": Stage.choices,
        "apply_form": ApplyForm(candidate=candidate),
    }


def _empty_interview_form(company: Company, pk: int, job: Job, now: Any) -> InterviewForm:
    initial = {"place": job.address, "recruiter": str(job.recruiter_id or "")}
    return InterviewForm(company=company, now=now, initial=initial, auto_id=f"id_{pk}_%s")


def _steps(stage: str) -> list[str]:
    """One word a step of the stage bar: done, current, ahead. Rejected stands outside of it."""
    order = [value for value, _ in Stage.choices if value != Stage.REJECTED]
    if stage == Stage.REJECTED:
        return []
    at = order.index(stage)
    return ["done" if i < at else "current" if i == at else "ahead" for i in range(len(order))]


def _field_values(candidate: Candidate) -> list[dict[str, Any]]:
    values = {value.field_id: value for value in candidate.values.all()}
    return [
        {
            "label": field.label,
            "value": values.get(field.pk),
            "is_mobile": field.type == FieldType.MOBILE,
            "is_date": field.type == FieldType.DATE,
        }
        for field in CandidateField.objects.order_by("position", "id")
    ]


@require_http_methods(["GET", "POST"])
@member_required
def candidate_erase(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """Erasure cannot be undone, so it asks for the name."""
    user = signed_in(request)
    candidate = candidate_for(user, candidate_id)
    require_company_admin(user)
    typed = request.POST.get("name", "")
    context = {"nav_key": "candidates", "candidate": candidate, "typed": typed, "is_wrong": False}
    if request.method == "POST":
        if typed.strip().casefold() == candidate.name.casefold():
            erase_candidate(candidate=candidate, by=user)
            messages.success(
                request,
                "The candidate’s record is erased. Messages exchanged with them stay with your "
                "company, linked to no candidate.",
            )
            return redirect("ats:candidates")
        context["is_wrong"] = True
    status = 422 if context["is_wrong"] else 200
    return render(request, "ats/candidate_erase.html", context, status=status)


def _filters(request: HttpRequest) -> Filters:
    stage = request.GET.get("stage", "")
    return Filters(
        words=request.GET.get("q", "").replace("\x00", "").strip()[:100],
        job_id=_number(request.GET.get("job")),
        stage=stage if stage in Stage.values else "",
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
