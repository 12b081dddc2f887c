"""What candidates see of a sender, and the link and the picture by which they find it."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from urllib.parse import quote

import segno
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET, require_http_methods

from whatsapp import access
from whatsapp.connection.number_profile import read_profile, save_profile
from whatsapp.connection.number_refusals import NumberRefused
from whatsapp.forms.sender_profile import LinkForm, ProfileForm
from whatsapp.models import Sender
from whatsapp.views.people import signed_in
from whatsapp.views.sender_panes import done, of, pane, refused_context


@require_http_methods(["GET", "POST"])
@access.configurer
def profile(request: HttpRequest, sender_id: int) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    sender = access.get_sender_for(user, sender_id)
    if request.method == "GET":
        said: dict[str, Any] = {}
        try:
            read_profile(sender=sender, now=now)
        except NumberRefused as refused:
            said = {"refused": refused.said}
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


@require_GET
@access.configurer
def link(request: HttpRequest, sender_id: int) -> HttpResponse:
    """The wa.me link with a text filled in, and its QR code."""
    sender = access.get_sender_for(signed_in(request), sender_id)
    form = LinkForm(request.GET if "text" in request.GET else None)
    text = form.cleaned_data["text"] if form.is_bound and form.is_valid() else ""
    address = _address(sender, text)
    return pane(
        request,
        "link",
        of(sender, form=form, address=address, text=text, code=_svg(address)),
    )


@require_GET
@access.configurer
def qr(request: HttpRequest, sender_id: int) -> HttpResponse:
    """The QR code as a file, for posters."""
    sender = access.get_sender_for(signed_in(request), sender_id)
    form = LinkForm({"text": request.GET.get("text", "")})
    text = form.cleaned_data["text"] if form.is_valid() else ""
    file = BytesIO()
    _drawn(_address(sender, text)).save(file, kind="svg", scale=8, light="#fff")
    response = HttpResponse(file.getvalue(), content_type="image/svg+xml")
    name = sender.label or str(sender.pk)
    response["Content-Disposition"] = f'attachment; filename="whatsapp-{name}.svg"'
    return response


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
