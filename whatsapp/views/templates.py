"""The library of templates, and where a new one begins."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from ats.public import company_of
from whatsapp import access, figures
from whatsapp.message_templates import drafts
from whatsapp.models import MessageTemplate, TemplateTranslation, Waba
from whatsapp.views.people import signed_in


@require_safe
@access.member
def library(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    context = {
        "templates": MessageTemplate.objects.listed(),
        "drafts": TemplateTranslation.objects.filter(submitted_at=None).select_related("family"),
        "can_configure": access.may_configure(user),
    }
    return render(request, "whatsapp/templates.html", context)


@require_POST
@access.configurer
def new(request: HttpRequest) -> HttpResponse:
    """A new name, empty; its editor follows."""
    user, now = signed_in(request), timezone.now()
    waba = Waba.objects.filter(is_gone=False).order_by("pk").first()
    if waba is None:
        return redirect("whatsapp:configuration")
    known = figures.at(now).templates.languages
    language = company_of(user).language.replace("-", "_")
    translation = drafts.start_template(
        waba=waba, language=language if language in known else "en", by=user, now=now
    )
    return redirect("whatsapp:template_editor", translation_id=translation.pk)
