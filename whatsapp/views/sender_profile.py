"""What candidates see of a sender in WhatsApp: its profile and its photo."""

from __future__ import annotations

from typing import Any

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from whatsapp import access
from whatsapp.connection.number_photo import change_photo
from whatsapp.connection.number_profile import read_profile, save_profile
from whatsapp.connection.number_refusals import NumberRefused
from whatsapp.forms.sender_profile import ProfileForm
from whatsapp.models import Sender
from whatsapp.policy.numbers import NumberProblem
from whatsapp.views.media import SAFETY
from whatsapp.views.people import signed_in
from whatsapp.views.sender_panes import done, of, pane, refused_context

# Meta did not answer, or not in time: nothing is wrong with what was asked.
UNANSWERED = (NumberProblem.NOT_REACHED, NumberProblem.BUSY)


@require_http_methods(["GET", "POST"])
@access.configurer
def profile(request: HttpRequest, sender_id: int) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    sender = access.get_sender_for(user, sender_id)
    if request.method == "GET":
        said: dict[str, Any] = {}
        if request.htmx and "read" not in request.GET:  # type: ignore[attr-defined]
            # What is stored is there at once, and asks for what Meta has.
            said = {"is_reading": True}
        else:
            try:
                read_profile(sender=sender, now=now)
            except NumberRefused as refused:
                silent = refused.problem in UNANSWERED
                said = {"is_stale": True} if silent else {"refused": refused.said(now=now)}
        return pane(request, "profile", of(sender, form=ProfileForm(sender=sender, now=now)) | said)
    form = ProfileForm(request.POST, sender=sender, now=now)
    if not form.is_valid():
        return pane(request, "profile", of(sender, form=form), status=422)
    try:
        save_profile(sender=sender, wanted=form.wanted(), by=user, now=now)
    except NumberRefused as refused:
        context = refused_context(of(sender, form=form), refused)
        return pane(request, "profile", context, status=422)
    return done(request, sender, "Saved. Candidates see it in a few minutes.", now=now)


@require_http_methods(["GET", "POST"])
@access.configurer
def photo(request: HttpRequest, sender_id: int) -> HttpResponseBase:
    """Our copy of the photo; a POST changes it, apart from the fields beside it."""
    user, now = signed_in(request), timezone.now()
    sender = access.get_sender_for(user, sender_id)
    if request.method == "GET":
        return _picture(request, sender)
    context = of(sender, form=ProfileForm(sender=sender, now=now))
    try:
        file = request.FILES.get("photo")
        if file is None or file.file is None:
            raise NumberRefused(NumberProblem.PHOTO_MISSING)
        square = change_photo(sender=sender, file=file.file, by=user, now=now)
    except NumberRefused as refused:
        context |= {"photo_refused": refused.said(now=now)}
        return _photo_pane(request, context, status=422)
    return _photo_pane(request, context | {"photo_saved": square})


def _photo_pane(
    request: HttpRequest, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "whatsapp/_sender_photo.html", context | {"is_answer": True})
    return pane(request, "profile", context, status=status)


def _picture(request: HttpRequest, sender: Sender) -> HttpResponseBase:
    etag = f'"{sender.photo}"'
    if not sender.photo:
        raise Http404("No photo.")
    if request.headers.get("If-None-Match", "").removeprefix("W/") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    try:
        file = default_storage.open(sender.photo_path)
    except FileNotFoundError:
        raise Http404("No photo.") from None
    response = FileResponse(file, content_type="image/jpeg")
    for name, value in {**SAFETY, "Accept-Ranges": "none", "ETag": etag}.items():
        response.headers[name] = value
    return response
