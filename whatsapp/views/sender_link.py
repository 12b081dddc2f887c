"""The wa.me link of a sender and its QR code, for posters and job pages, per job."""

from __future__ import annotations

from io import BytesIO
from urllib.parse import quote

import segno
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET, require_http_methods

from ats.public import Job
from whatsapp import access
from whatsapp.connection.number_links import keep_link_text, link_text
from whatsapp.forms.sender_profile import LinkForm
from whatsapp.ids import whole_number
from whatsapp.models import Sender
from whatsapp.views.people import signed_in
from whatsapp.views.sender_panes import of, pane

TYPES = {"svg": "image/svg+xml", "png": "image/png"}


@require_http_methods(["GET", "POST"])
@access.configurer
def link(request: HttpRequest, sender_id: int) -> HttpResponse:
    """A GET shows the link of `?job=`; a POST keeps its text. Without scripts a job is chosen by
    sending the form, which then shows that job's text and keeps nothing."""
    user, now = signed_in(request), timezone.now()
    sender = access.get_sender_for(user, sender_id)
    if request.method == "GET":
        return _shown(request, sender, _job(request.GET.get("job")))
    if request.POST.get("job", "") != request.POST.get("shown", request.POST.get("job", "")):
        return _shown(request, sender, _job(request.POST.get("job")))
    form = LinkForm(request.POST)
    if not form.is_valid():
        address = _address(sender, "")
        context = of(sender, form=form, address=address, code=_svg(address))
        return pane(request, "link", context, status=422)
    job, text = form.cleaned_data["job"], form.cleaned_data["text"]
    keep_link_text(sender=sender, job=job, text=text, by=user, now=now)
    return _shown(request, sender, job, was_kept=True)


@require_GET
@access.configurer
def qr(request: HttpRequest, sender_id: int) -> HttpResponse:
    """The QR code as a file: SVG for print, `?kind=png` for office programs."""
    sender = access.get_sender_for(signed_in(request), sender_id)
    kind = "png" if request.GET.get("kind") == "png" else "svg"
    job = _job(request.GET.get("job"))
    file = BytesIO()
    code = _drawn(_address(sender, link_text(sender, job)))
    code.save(file, kind=kind, scale=16 if kind == "png" else 8, light="#fff")
    response = HttpResponse(file.getvalue(), content_type=TYPES[kind])
    name = f"{sender.label or sender.pk}-{job.pk}" if job else sender.label or str(sender.pk)
    response["Content-Disposition"] = f'attachment; filename="whatsapp-{name}.{kind}"'
    return response


def _job(given: str | None) -> Job | None:
    if not given:
        return None
    job = Job.objects.filter(pk=whole_number(given) or 0).first()
    if job is None:
        raise Http404("No such job.")
    return job


def _shown(
    request: HttpRequest, sender: Sender, job: Job | None, *, was_kept: bool = False
) -> HttpResponse:
    text = link_text(sender, job)
    address = _address(sender, text)
    context = of(
        sender,
        form=LinkForm(job=job, text=text),
        job=job,
        address=address,
        code=_svg(address),
        was_kept=was_kept,
    )
    return pane(request, "link", context)


def _address(sender: Sender, text: str) -> str:
    digits = "".join(c for c in sender.display_phone_number if c.isdigit())
    return f"https://wa.me/{digits}" + (f"?text={quote(text, safe='')}" if text else "")


def _drawn(address: str) -> segno.QRCode:
    """With a quarter of it to spare, because posters get dirty."""
    return segno.make(address, error="q", micro=False)


def _svg(address: str) -> SafeString:
    """Dark on light in both schemes, or telephones do not read it. Nothing of what was typed stands
    in the picture's own text, so it is safe as it is."""
    return mark_safe(_drawn(address).svg_inline(scale=4, light="#fff"))
