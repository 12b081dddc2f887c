"""Recording and withdrawing consent, from the candidate's Chat History."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from ats.public import candidate_for
from whatsapp import access
from whatsapp.consent.record import record_consent, withdraw_consent
from whatsapp.forms.consent import ConsentForm
from whatsapp.models import ConsentPurpose
from whatsapp.selectors.consent import why_may_i_write
from whatsapp.views.people import signed_in


@require_POST
@access.writer
def record(request: HttpRequest, candidate_id: int) -> HttpResponse:
    user = signed_in(request)
    candidate = candidate_for(user, candidate_id)
    form = ConsentForm(request.POST)
    if not form.is_valid():
        context = {
            "consent_form": form,
            "candidate": candidate,
            "why": why_may_i_write(candidate),
            "can_write": True,
        }
        return render(request, "whatsapp/_why.html", context, status=422)
    record_consent(candidate=candidate, by=user, now=timezone.now(), **form.cleaned_data)
    messages.success(request, "Recorded, with your name and the date.")
    return _back(request, candidate_id)


@require_POST
@access.writer
def withdraw(request: HttpRequest, candidate_id: int) -> HttpResponse:
    user = signed_in(request)
    candidate = candidate_for(user, candidate_id)
    purpose = request.POST.get("purpose", "")
    if purpose in ConsentPurpose.values:
        source = f"recorded by {user.full_name}"
        withdraw_consent(
            candidate=candidate, purpose=purpose, source=source, by=user, now=timezone.now()
        )
        messages.success(request, "Withdrawn. Nothing that needs it will be sent from now on.")
    return _back(request, candidate_id)


def _back(request: HttpRequest, candidate_id: int) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Refresh": "true"})
    return redirect("whatsapp:chat", candidate_id=candidate_id)
