"""Senders on the configuration page: adding, verifying, connecting, naming, disconnecting."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ats.public import company_of, mobile_display
from whatsapp import access, figures
from whatsapp.connection import numbers
from whatsapp.connection.number_labels import taken_labels
from whatsapp.connection.number_refusals import NumberRefused
from whatsapp.countries import region_name
from whatsapp.forms.senders import (
    LANGUAGES,
    AddForm,
    AskCodeForm,
    CodeForm,
    PinForm,
    RenameForm,
    read_number,
)
from whatsapp.models import Sender
from whatsapp.policy.number_sentences import number_sentence
from whatsapp.policy.numbers import NumberProblem, Standing, propose_label
from whatsapp.selectors.senders import (
    code_may_be_entered,
    seconds_to_resend,
    sender_table,
    standing_of,
)
from whatsapp.views import sender_replacing as replacing
from whatsapp.views.people import signed_in
from whatsapp.views.sender_panes import done, of, pane, refused_context

P = NumberProblem


@require_http_methods(["GET", "POST"])
@access.configurer
def add(request: HttpRequest) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    region = company_of(user).default_country
    if request.method == "GET":
        replacing.begin(request)
        context: dict[str, Any] = {"form": AddForm(region=region, now=now)}
        if (full := numbers.known_full(now=now)) is not None:
            context["refused"] = number_sentence(full, now=now)
        return pane(request, "add", context)
    form = AddForm(request.POST, region=region, now=now)
    if not form.is_valid():
        return pane(request, "add", {"form": form}, status=422)
    given = form.cleaned_data
    if given["waba"] is None:
        form.add_error(None, "There is no WhatsApp account to add it to: log in with Facebook.")
        return pane(request, "add", {"form": form}, status=422)
    try:
        sender = numbers.add_number(
            waba=given["waba"],
            number=given["number"],
            display_name=given["display_name"],
            friendly_name=given["friendly_name"],
            label=given["label"],
            by=user,
            now=now,
        )
    except NumberRefused as refused:
        return pane(request, "add", refused_context({"form": form}, refused), status=422)
    if standing_of(sender) is Standing.CONNECT:
        return _connect(request, sender, now=now)
    return _at_its_step(request, sender, now=now, changed=True)


@require_GET
@access.configurer
def read_typed(request: HttpRequest) -> JsonResponse:
    """What the form's fields are read as, while somebody types: the number in international form
    with its country, and the label that the friendly name would get."""
    typed, name = request.GET.get("number", "")[:40], request.GET.get("friendly_name", "")[:75]
    answer = {"number": "", "problem": "", "label": ""}
    if typed.strip():
        try:
            number = read_number(typed, company_of(signed_in(request)).default_country)
        except ValidationError as problem:
            answer["problem"] = " ".join(problem.messages)
        else:
            answer["number"] = ", ".join(
                filter(None, [mobile_display(number), region_name(number)])
            )
    if name.strip():
        answer["label"] = propose_label(name, taken_labels())
    return JsonResponse(answer)


@require_http_methods(["GET", "POST"])
@access.configurer
def verify(request: HttpRequest, sender_id: int) -> HttpResponse:
    """A GET shows the step at which the number stands; a POST has a code sent."""
    user, now = signed_in(request), timezone.now()
    sender = access.get_sender_for(user, sender_id)
    if request.method == "GET":
        if request.GET.get("step") == "ask":
            return pane(request, "verify", of(sender, form=AskCodeForm()))
        return _at_its_step(request, sender, now=now)
    form = AskCodeForm(request.POST)
    if not form.is_valid():
        return pane(request, "verify", of(sender, form=form), status=422)
    method, language = form.cleaned_data["method"], form.cleaned_data["language"]
    try:
        numbers.ask_code(sender=sender, method=method, language=language, by=user, now=now)
    except NumberRefused as refused:
        sender.refresh_from_db()
        if refused.problem is P.TOO_SOON:
            context = _code_context(sender, now, language, CodeForm(now=now))
            return pane(request, "code", refused_context(context, refused), status=422)
        context = refused_context(of(sender, form=form), refused)
        return pane(request, "verify", context, status=422)
    sender.refresh_from_db()
    return _at_its_step(request, sender, now=now, language=language, changed=True)


@require_POST
@access.configurer
def code(request: HttpRequest, sender_id: int) -> HttpResponse:
    """The right code connects the number, too."""
    user, now = signed_in(request), timezone.now()
    sender = access.get_sender_for(user, sender_id)
    form = CodeForm(request.POST, now=now)
    language = request.POST.get("language", "")
    context = _code_context(sender, now, language, form)
    if not form.is_valid():
        return pane(request, "code", context, status=422)
    try:
        numbers.check_code(sender=sender, code=form.cleaned_data["code"], by=user, now=now)
    except NumberRefused as refused:
        return pane(request, "code", refused_context(context, refused), status=422)
    sender.refresh_from_db()
    return _connect(request, sender, now=now)


@require_http_methods(["GET", "POST"])
@access.configurer
def connect(request: HttpRequest, sender_id: int) -> HttpResponse:
    now = timezone.now()
    sender = access.get_sender_for(signed_in(request), sender_id)
    if request.method == "GET":
        return _at_its_step(request, sender, now=now)
    if "pin" not in request.POST:
        return _connect(request, sender, now=now)
    form = PinForm(request.POST, now=now)
    if not form.is_valid():
        return pane(request, "pin", of(sender, form=form), status=422)
    return _connect(request, sender, now=now, form=form)


@require_http_methods(["GET", "POST"])
@access.configurer
def disconnect(request: HttpRequest, sender_id: int) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    sender = access.get_sender_for(user, sender_id)
    signup = figures.at(now).signup
    context = of(
        sender,
        registrations=signup.registrations,
        registration_hours=round(signup.registrations_period / timedelta(hours=1)),
    )
    if request.method == "GET":
        return pane(request, "disconnect", context)
    try:
        numbers.disconnect_number(sender=sender, by=user, now=now)
    except NumberRefused as refused:
        return pane(request, "disconnect", refused_context(context, refused), status=422)
    sender.refresh_from_db()
    return done(request, sender, f"{sender.name} is disconnected.", now=now)


@require_http_methods(["GET", "POST"])
@access.configurer
def rename(request: HttpRequest, sender_id: int) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    sender = access.get_sender_for(user, sender_id)
    if request.method == "GET":
        return pane(request, "rename", of(sender, form=RenameForm(sender=sender)))
    form = RenameForm(request.POST, sender=sender)
    if not form.is_valid():
        return pane(request, "rename", of(sender, form=form), status=422)
    names = form.cleaned_data
    try:
        numbers.rename_number(
            sender=sender,
            friendly_name=names["friendly_name"],
            label=names["label"],
            by=user,
            now=now,
        )
    except NumberRefused as refused:
        context = refused_context(of(sender, form=form), refused)
        return pane(request, "rename", context, status=422)
    sender.refresh_from_db()
    return done(request, sender, f"Saved: {sender.name}, {sender.label}.", now=now)


def _connect(
    request: HttpRequest, sender: Sender, *, now: datetime, form: PinForm | None = None
) -> HttpResponse:
    pin = form.cleaned_data["pin"] if form else ""
    try:
        numbers.connect_number(sender=sender, by=signed_in(request), now=now, pin=pin)
    except NumberRefused as refused:
        wants_pin = form is not None or refused.problem is P.PIN_NEEDED
        context = of(sender, form=form or PinForm(now=now)) if wants_pin else of(sender)
        context |= {"table": sender_table(now=now)}
        name = "pin" if wants_pin else "connect"
        return pane(request, name, refused_context(context, refused), status=422)
    sender.refresh_from_db()
    words = f"{sender.name} is approved and can be used."
    return done(request, sender, words, now=now, old=replacing.wanted(request, sender))


def _at_its_step(
    request: HttpRequest,
    sender: Sender,
    *,
    now: datetime,
    language: str = "",
    changed: bool = False,
) -> HttpResponse:
    extra = {"table": sender_table(now=now)} if changed else {}
    found = standing_of(sender)
    if found is Standing.CONNECT:
        return pane(request, "connect", of(sender) | extra)
    if found is not Standing.VERIFY:
        return pane(request, "done", of(sender, words="There is nothing to verify.") | extra)
    if code_may_be_entered(sender, now=now):
        form = CodeForm(now=now)
        return pane(request, "code", _code_context(sender, now, language, form) | extra)
    return pane(request, "verify", of(sender, form=AskCodeForm()) | extra)


def _code_context(sender: Sender, now: datetime, language: str, form: CodeForm) -> dict[str, Any]:
    return of(
        sender,
        form=form,
        wait=seconds_to_resend(sender, now=now),
        language=language if language in dict(LANGUAGES) else LANGUAGES[0][0],
    )
