"""Pages of jobs: the list, a job with its candidates, a new job."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from ats.access import company_of, job_for, member_required, require_writer, signed_in
from ats.actions.structure import open_job
from ats.candidate_list import Filters, find_candidates, page_of
from ats.forms.structure import JobForm
from ats.models import Application, Job, Stage
from ats.summaries import first_mobiles

STILL_IN = [Stage.APPLIED, Stage.SCREENING, Stage.INTERVIEW, Stage.OFFER]


@require_safe
@member_required
def job_list(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    jobs = (
        Job.objects.select_related("recruiter")
        .annotate(people=Count("applications", filter=Q(applications__stage__in=STILL_IN)))
        .order_by("-status", "title", "location", "id")
    )
    context = {"nav_key": "jobs", "jobs": jobs, "can_write": user.can_write}
    return render(request, "ats/jobs.html", context)


@require_http_methods(["GET", "POST"])
@member_required
def job_new(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    require_writer(user)
    company = company_of(user)
    form = JobForm(request.POST or None, company=company, initial={"recruiter": str(user.pk)})
    if request.method == "POST" and form.is_valid():
        job = open_job(
            company=company,
            title=form.cleaned_data["title"],
            location=form.cleaned_data["location"],
            address=form.cleaned_data["address"],
            recruiter=form.chosen_recruiter(),
            by=user,
        )
        messages.success(request, f"{job} is open.")
        return redirect("ats:job", job.pk)
    status = 422 if form.is_bound else 200
    return render(request, "ats/job_form.html", {"nav_key": "jobs", "form": form}, status=status)


@require_safe
@member_required
def job_page(request: HttpRequest, job_id: int) -> HttpResponse:
    user = signed_in(request)
    job = job_for(user, job_id)
    before = request.GET.get("before", "")
    page = page_of(
        find_candidates(Filters(job_id=job.pk), company_of(user).default_country),
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
    )
    ids = [row.pk for row in page.rows]
    applications = {
        row.candidate_id: row for row in Application.objects.filter(job=job, candidate_id__in=ids)
    }
    mobiles = first_mobiles(ids)
    context = {
        "nav_key": "jobs",
        "job": job,
        "people": [
            {"candidate": row, "application": applications[row.pk], "mobile": mobiles.get(row.pk)}
            for row in page.rows
        ],
        "older": page.older,
        "stage_counts": _stage_counts(job),
        "can_write": user.can_write,
        "now": timezone.now(),
    }
    return render(request, "ats/job.html", context)


def _stage_counts(job: Job) -> list[dict[str, object]]:
    found = dict(
        Application.objects.filter(job=job)
        .order_by()
        .values_list("stage")
        .annotate(people=Count("id"))
    )
    return [
        {"stage": value, "label": label, "people": found.get(value, 0)}
        for value, label in Stage.choices
    ]
