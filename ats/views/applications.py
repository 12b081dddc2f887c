"""What is done to a candidate's applications from the overview."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from ats.access import (
    application_for,
    candidate_for,
    company_of,
    member_required,
    require_writer,
    signed_in,
)
from ats.actions.applications import apply_to_job, book_interview, move_stage
from ats.forms.applications import ApplyForm, InterviewForm, StageForm
from ats.models import Stage
from ats.views.candidates import overview_context


@require_POST
@member_required
def application_new(request: HttpRequest, candidate_id: int) -> HttpResponse:
    user = signed_in(request)
    candidate = candidate_for(user, candidate_id)
    require_writer(user)
    form = ApplyForm(request.POST, candidate=candidate)
    if form.is_valid():
        apply_to_job(candidate=candidate, job=form.chosen_job(), by=user)
        messages.success(request, f"{candidate.first_name} now applies for {form.chosen_job()}.")
    else:
        messages.error(request, "Nothing was added: choose an open job from the list.")
    return redirect("ats:candidate", candidate.pk)


@require_POST
@member_required
def application_stage(request: HttpRequest, application_id: int) -> HttpResponse:
    """`seen` is the stage the page showed: a move made meanwhile by somebody else is not undone."""
    user = signed_in(request)
    application = application_for(user, application_id)
    require_writer(user)
    form = StageForm(request.POST)
    if not form.is_valid():
        messages.error(request, "The stage was not changed: choose one from the list.")
    else:
        stage = Stage(form.cleaned_data["stage"])
        is_current = application.stage == form.cleaned_data["seen"]
        if is_current and move_stage(application=application, stage=stage, by=user):
            name = application.candidate.first_name
            messages.success(request, f"{name} is now in {stage.label}.")
        else:
            application.refresh_from_db()
            messages.error(
                request,
                "The stage was not changed: somebody moved it to "
                f"{application.get_stage_display()} meanwhile. Choose again if that is wrong.",
            )
    return redirect("ats:candidate", application.candidate_id)


@require_POST
@member_required
def interview_new(request: HttpRequest, application_id: int) -> HttpResponse:
    user = signed_in(request)
    application = application_for(user, application_id)
    require_writer(user)
    form = InterviewForm(
        request.POST,
        company=company_of(user),
        now=timezone.now(),
        auto_id=f"id_{application.pk}_%s",
    )
    if form.is_valid():
        book_interview(
            application=application,
            starts_at=form.starts_at,
            place=form.cleaned_data["place"],
            recruiter=form.chosen_recruiter(),
            by=user,
        )
        messages.success(request, "The interview is booked.")
        return redirect("ats:candidate", application.candidate_id)
    context = overview_context(
        user, application.candidate, interview_form=form, form_application_id=application.pk
    )
    return render(request, "ats/candidate_overview.html", context, status=422)
