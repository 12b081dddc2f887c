"""The template editor: typing is saved and judged as it goes; then Meta is asked."""

from __future__ import annotations

import uuid
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ats.public import User
from whatsapp import access, figures
from whatsapp.forms.template_editor import Typed, read
from whatsapp.message_templates import drafts, header_files, submit
from whatsapp.meta import template_text
from whatsapp.models import TemplateFamily, TemplateTranslation
from whatsapp.policy.template_states import KEPT, say_unwritable
from whatsapp.policy.written import MEDIA
from whatsapp.selectors.template_choices import field_groups, file_limits
from whatsapp.selectors.template_editor import EditorView, editor_view, languages
from whatsapp.selectors.template_look import language_name
from whatsapp.sending.values import fields_of
from whatsapp.views.people import signed_in

HEADER_KINDS = [
    ("NONE", "None"),
    ("TEXT", "Text"),
    ("IMAGE", "Photo"),
    ("VIDEO", "Video"),
    ("DOCUMENT", "File"),
    ("LOCATION", "Map"),
]
BUTTON_KINDS = [
    ("QUICK_REPLY", "Quick reply"),
    ("URL", "Web page"),
    ("PHONE_NUMBER", "Telephone"),
    ("COPY_CODE", "Copy a code"),
    ("VOICE_CALL", "Call on WhatsApp"),
]


# Back in the browser would show what was typed long ago, and save it.
@never_cache
@require_safe
@access.template_writer
def editor(request: HttpRequest, translation_id: int) -> HttpResponse:
    translation = access.get_translation_for(signed_in(request), translation_id)
    return _page(request, translation)


@require_safe
@access.template_writer
def open_template(request: HttpRequest, template_id: int) -> HttpResponse:
    """The editor of a template that Meta has."""
    template = access.get_template_for(signed_in(request), template_id)
    if template.is_gone:
        raise Http404("Meta lists this template no more.")
    cannot = say_unwritable(template.name, template_text.unsupported(template.components))
    if cannot:
        messages.warning(request, cannot)
        return redirect("whatsapp:template", template_id=template.pk)
    translation = drafts.adopt(template, now=timezone.now())
    return redirect("whatsapp:template_editor", translation_id=translation.pk)


@require_POST
@access.template_writer
def save(request: HttpRequest, translation_id: int) -> HttpResponse:
    """Keeps what is typed and says what Meta would say: fragments for the places of the form."""
    user, now = signed_in(request), timezone.now()
    translation = access.get_translation_for(user, translation_id)
    typed = _typed(request, translation)
    try:
        saved = _keep(translation, typed, by=user, now=now)
    except drafts.Overtaken as other:
        return _overtaken(request, translation, typed, other.translation)
    view = editor_view(saved, now=now)
    drawn_for = request.POST.get("slots_drawn", "")
    context = {**_context(view, typed.saving.page), "redraw_fields": drawn_for != view.slots_key}
    if "redraw" in request.POST:
        return render(request, "whatsapp/_template_redrawn.html", context)
    # Where others renamed it meanwhile, the page still shows what was typed here.
    context["name_was"] = typed.written.name
    return render(request, "whatsapp/_template_saved.html", context)


@require_POST
@access.template_writer
def send_to_meta(request: HttpRequest, translation_id: int) -> HttpResponse:
    """Submits what is typed. 422 with the page as it was typed where it was not taken."""
    user, now = signed_in(request), timezone.now()
    translation = access.get_translation_for(user, translation_id)
    if "body" in request.POST or "code_button" in request.POST:
        typed = _typed(request, translation)
        try:
            translation = _keep(translation, typed, by=user, now=now)
        except drafts.Overtaken as other:
            return _overtaken(request, translation, typed, other.translation)
    try:
        template = submit.submit(translation=translation, by=user, now=now)
    except submit.NotTaken as problem:
        fresh = access.get_translation_for(user, translation_id)
        return _page(request, fresh, problem="" if problem.faults else str(problem), status=422)
    language = language_name(template.language)
    if template.status == "APPROVED":
        messages.success(request, f"Meta approved “{template.name}” in {language}.")
    else:
        messages.success(
            request,
            f"“{template.name}” in {language} is with Meta now. A review takes minutes, at most a "
            "day; this page follows by itself.",
        )
    return redirect("whatsapp:template_editor", translation_id=translation.pk)


@require_POST
@access.template_writer
def put_in_force(request: HttpRequest, translation_id: int) -> HttpResponse:
    """What Meta does not review is used from here on."""
    user, now = signed_in(request), timezone.now()
    translation = access.get_translation_for(user, translation_id)
    typed = _typed(request, translation)
    try:
        translation = _keep(translation, typed, by=user, now=now)
    except drafts.Overtaken as other:
        return _overtaken(request, translation, typed, other.translation)
    if drafts.put_in_force(translation=translation, by=user, now=now):
        messages.success(request, "This is used from now on. Meta has nothing to review in it.")
    return redirect("whatsapp:template_editor", translation_id=translation_id)


@require_POST
@access.template_writer
def discard(request: HttpRequest, translation_id: int) -> HttpResponse:
    user = signed_in(request)
    translation = access.get_translation_for(user, translation_id)
    family = translation.family
    try:
        is_gone = drafts.discard(translation=translation, by=user, now=timezone.now())
    except drafts.Busy:
        return _page(
            request, translation, problem=submit.BUSY, problem_title="Not dropped.", status=409
        )
    if not is_gone:
        messages.success(request, "Your changes are dropped; this is what Meta has.")
        return redirect("whatsapp:template_editor", translation_id=translation_id)
    messages.success(request, f"The draft in {language_name(translation.language)} is deleted.")
    left = TemplateTranslation.objects.filter(family=family.pk).order_by("pk").first()
    if left is not None:
        return redirect("whatsapp:template_editor", translation_id=left.pk)
    return redirect("whatsapp:templates")


@require_http_methods(["GET", "POST"])
@access.template_writer
def delete(request: HttpRequest, translation_id: int) -> HttpResponse:
    """Asks first, and says what happens."""
    user, now = signed_in(request), timezone.now()
    translation = access.get_translation_for(user, translation_id)
    template = translation.template
    if template is None or template.status in KEPT:
        return redirect("whatsapp:template_editor", translation_id=translation_id)
    problem = ""
    if request.method == "POST":
        try:
            submit.delete(template=template, by=user, now=now)
        except submit.NotTaken as refusal:
            problem = str(refusal)
        else:
            messages.success(
                request, f"“{template.name}” in {language_name(template.language)} is deleted."
            )
            return redirect("whatsapp:templates")
    context = {
        "translation": translation,
        "template": template,
        "language": language_name(template.language),
        "problem": problem,
        "days": figures.at(now).templates.name_wait.days,
        "nav_key": "whatsapp_templates",
    }
    return render(request, "whatsapp/template_delete.html", context, status=422 if problem else 200)


@require_POST
@access.template_writer
def unpause(request: HttpRequest, translation_id: int) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    translation = access.get_translation_for(user, translation_id)
    template = translation.template
    if template is None or template.status != "PAUSED":
        return redirect("whatsapp:template_editor", translation_id=translation_id)
    try:
        submit.unpause(template=template, by=user, now=now)
    except submit.NotTaken as problem:
        fresh = access.get_translation_for(user, translation_id)
        return _page(
            request, fresh, problem=str(problem), problem_title="It stays paused.", status=422
        )
    messages.success(request, "Meta lets it go on.")
    return redirect("whatsapp:template_editor", translation_id=translation_id)


@require_POST
@access.template_writer
def add_language(request: HttpRequest, translation_id: int) -> HttpResponse:
    """Begins with what the open language says, so that there is something to translate."""
    user, now = signed_in(request), timezone.now()
    translation = access.get_translation_for(user, translation_id)
    language = request.POST.get("language", "")
    if language not in figures.at(now).templates.languages:
        return _page(
            request,
            translation,
            problem="Choose a language of the list.",
            problem_title="No language added.",
            status=422,
        )
    try:
        added = drafts.add_language(
            family=translation.family,
            language=language,
            by=user,
            now=now,
            beginning=drafts.current(translation),
            sources=translation.draft_sources,
            file=translation.draft_file,
        )
    except TemplateFamily.DoesNotExist as gone:
        raise Http404("Somebody has deleted it meanwhile.") from gone
    return redirect("whatsapp:template_editor", translation_id=added.pk)


@require_POST
@access.template_writer
def put_file(request: HttpRequest, translation_id: int) -> HttpResponse:
    """The header's sample: the header's part of the form again, with the file or what is wrong."""
    user, now = signed_in(request), timezone.now()
    translation = access.get_translation_for(user, translation_id)
    kind, typed = request.POST.get("header_format", ""), _typed(request, translation)
    uploaded, problem = request.FILES.get("file"), ""
    put = partial(drafts.put_file, translation=translation, saving=typed.saving, by=user, now=now)
    try:
        if kind not in MEDIA:
            problem = "Choose the kind of header first."
        elif uploaded is None:
            put(file=None)
        else:
            put(
                file=header_files.keep(
                    company_id=translation.company_id,
                    kind=kind.lower(),
                    content=uploaded,
                    filename=uploaded.name or "",
                    now=now,
                )
            )
    except header_files.FileRefused as refusal:
        problem = str(refusal)
    except drafts.Overtaken as other:
        who = other.translation.saved_by
        problem = (
            f"{who.full_name if who else 'Somebody'} changed this template meanwhile, in another "
            "window. Load the page again, and choose the file there."
        )
    fresh = access.get_translation_for(user, translation_id)
    view = editor_view(fresh, now=now, typed=typed.written, sources=typed.sources)
    context = {**_context(view, typed.saving.page), "file_problem": problem}
    status = 422 if problem else 200
    return render(request, "whatsapp/_template_file.html", context, status=status)


def _context(view: EditorView, page_id: str) -> dict[str, Any]:
    sources = fields_of(view.translation.company)
    return {
        "view": view,
        "page_id": page_id,
        "sources": list(sources.items()),
        "field_groups": field_groups(sources),
        "file_limits": file_limits(view.written.header.format.lower(), timezone.now()),
        "header_kinds": HEADER_KINDS,
        "button_kinds": BUTTON_KINDS,
        "media_headers": MEDIA,
    }


def _typed(request: HttpRequest, translation: TemplateTranslation) -> Typed:
    family = translation.family
    kept = drafts.current(translation)
    return read(request.POST, name=family.name, language=translation.language, kept=kept)


def _keep(
    translation: TemplateTranslation, typed: Typed, *, by: User, now: datetime
) -> TemplateTranslation:
    return drafts.save_draft(
        translation=translation,
        written=typed.written,
        sources=typed.sources,
        saving=typed.saving,
        by=by,
        now=now,
    )


def _page(
    request: HttpRequest,
    translation: TemplateTranslation,
    *,
    problem: str = "",
    problem_title: str = "Not submitted.",
    other: TemplateTranslation | None = None,
    status: int = 200,
    **given: Any,
) -> HttpResponse:
    """`problem` is what was not done; `other` what somebody else has saved, where what is drawn
    is not kept anywhere."""
    now = timezone.now()
    view = editor_view(translation, now=now, **given)
    context = {
        **_context(view, str(uuid.uuid4())),
        "languages": languages(now),
        "problem": problem,
        "problem_title": problem_title,
        "other": other,
        "nav_key": "whatsapp_templates",
    }
    return render(request, "whatsapp/template_editor.html", context, status=status)


def _overtaken(
    request: HttpRequest,
    translation: TemplateTranslation,
    typed: Typed,
    other: TemplateTranslation,
) -> HttpResponse:
    """Somebody saved `other` meanwhile, this language or what it shares with that: the page keeps
    what is typed here, and says so."""
    if "HX-Request" in request.headers:
        context = {"translation": translation, "other": other}
        answer = render(request, "whatsapp/_template_overtaken.html", context)
        # What it was to take the place of stays as it is typed.
        answer["HX-Reswap"] = "none"
        return answer
    who = other.saved_by.full_name if other.saved_by else "Somebody"
    at = timezone.localtime(other.saved_at)
    problem = (
        f"{who} changed this template at {at:%H:%M}, in another window. Below is what you typed, "
        "which is not saved yet: change anything, and it takes the place of theirs."
    )
    fresh = access.get_translation_for(signed_in(request), translation.pk)
    given: dict[str, Any] = {"typed": typed.written, "sources": typed.sources}
    return _page(request, fresh, problem=problem, other=other, status=409, **given)
