"""Bulk sends: the list, a new one with its confirmation, and one run with its rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ats.public import Job, Stage, company_of
from whatsapp import access
from whatsapp.bulk import runs
from whatsapp.bulk.audience import Audience
from whatsapp.bulk.preflight import COUNTED, forecast
from whatsapp.bulk.rules import problems
from whatsapp.countries import country_name
from whatsapp.forms.runs import NewRun, RunForm
from whatsapp.ids import whole_number
from whatsapp.meta import template_text
from whatsapp.models import BulkRun
from whatsapp.policy.sentences import SENTENCES, Said, say
from whatsapp.selectors import runs as selector
from whatsapp.selectors.run_export import csv_lines
from whatsapp.selectors.tier import tier_box
from whatsapp.sending.send import NotAllowed
from whatsapp.sending.values import known_of, resolve
from whatsapp.views.people import signed_in

ACTIONS: dict[str, Callable[..., BulkRun]] = {
    "pause": runs.pause,
    "resume": runs.resume,
    "start": runs.start_now,
    "stop": runs.stop,
    "let_go_on": runs.let_go_on,
}


@require_safe
@access.member
def run_list(request: HttpRequest) -> HttpResponse:
    before = whole_number(request.GET.get("before"))
    context = {
        "list": selector.run_list(before=before, now=timezone.now()),
        "is_first": before is None,
        "can_write": access.may_write(signed_in(request)),
    }
    return render(request, "whatsapp/runs.html", context)


@require_http_methods(["GET", "POST"])
@access.writer
def run_new(request: HttpRequest) -> HttpResponse:
    """A GET fills the form from the list of candidates, or from a run of which some failed. A POST
    says in `step` whether it is to be drawn anew, checked, or sent."""
    user, now = signed_in(request), timezone.now()
    step = request.POST.get("step", "edit")
    data = request.POST.dict() if request.method == "POST" else _from_address(request)
    form = RunForm(data, company=company_of(user), user=user, now=now)
    if request.method != "POST" or step == "edit":
        return _form_page(request, form)
    if not form.is_valid():
        return _form_page(request, form, status=422)
    given = form.new_run()
    if step == "send":
        try:
            run = runs.create_run(
                by=user,
                client_id=given.client_id,
                sender=given.sender,
                template=given.template,
                values=given.values,
                audience=given.audience,
                starts_at=given.starts_at,
                name=given.name,
                now=now,
            )
        except NotAllowed as refusal:
            return _check_page(request, form, given, _said(refusal.reasons), status=422)
        return redirect("whatsapp:run", run.pk)
    found = problems(
        by=user,
        sender=given.sender,
        template=given.template,
        values=given.values,
        audience=given.audience,
        now=now,
    )
    return _check_page(request, form, given, _said(found), status=422 if found else 200)


def _from_address(request: HttpRequest) -> dict[str, str]:
    data = request.GET.dict()
    of = data.pop("of", "")
    if of:
        # Send again to those of a run whose message failed.
        run = access.get_run_for(signed_in(request), whole_number(of))
        ids = runs.candidates_of_failed(run)["candidates"]
        data |= {
            "candidates": ",".join(map(str, ids)),
            "name": f"{run.name[:110]}, again",
            "sender": str(run.sender_id),
            "template": str(run.template_id),
        }
        for key, source in run.values.items():
            data[f"field-{key}"] = source.get("field", "")
            data[f"text-{key}"] = source.get("fallback", "") or source.get("text", "")
    return data


def _form_page(request: HttpRequest, form: RunForm, *, status: int = 200) -> HttpResponse:
    chosen = form.chosen_template
    context = {
        "form": form,
        "is_checked": status == 422,
        "fields": form.fields_to_fill_with.items(),
        "slots": form.slots(),
        "look": template_text.render(chosen.components, {}) if chosen else None,
        "jobs": Job.objects.order_by("title", "location"),
        "stages": Stage.choices,
        "zone": timezone.get_current_timezone_name(),
        **_counted(form),
    }
    return render(request, "whatsapp/run_new.html", context, status=status)


def _counted(form: RunForm) -> dict[str, Any]:
    audience = Audience(form.audience(), form.company)
    return {
        "count": audience.count(up_to=COUNTED),
        "counted": COUNTED,
        "unknown": form.unknown,
        "who": form.data["who"],
    }


@require_POST
@access.writer
def run_count(request: HttpRequest) -> HttpResponse:
    """How many people the form chooses, while it is filled in."""
    user = signed_in(request)
    form = RunForm(request.POST.dict(), company=company_of(user), user=user, now=timezone.now())
    return render(request, "whatsapp/_run_count.html", _counted(form))


def _check_page(
    request: HttpRequest, form: RunForm, given: NewRun, reasons: list[Said], *, status: int
) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    draft = BulkRun(
        company=company_of(user),
        sender=given.sender,
        template=given.template,
        template_category=given.template.category,
        author=user,
        values=given.values,
        audience=given.audience,
    )
    seen = forecast(draft, now=now)
    example, look = _example(draft, now=now)
    kept = [(key, value) for key, value in request.POST.items() if key != "step"]
    context = {
        "form": form,
        "given": given,
        "name": given.name or given.template.name,
        "reasons": reasons,
        "forecast": seen,
        "causes": [(SENTENCES[one.code], people) for one, people in seen.causes],
        "kept": [(key, value) for key, value in kept if key != "csrfmiddlewaretoken"],
        "begins": selector.in_words(given.starts_at, timezone.get_current_timezone())
        if given.starts_at
        else "",
        "unknown": form.unknown,
        "look": look,
        "example": example,
        "tier": tier_box(draft, waiting=seen.reached, now=now),
        "waits": seen.reached,
    }
    return render(request, "whatsapp/run_check.html", context, status=status)


def _example(run: BulkRun, *, now: Any) -> tuple[str, template_text.RenderedTemplate]:
    """The message as the first candidate will read it."""
    ids = Audience(run.audience, run.company).after(0, most=1)
    found = known_of(
        ids, language=run.template.language, company=run.company, by=run.author, now=now
    )
    known = found.get(ids[0], {}) if ids else {}
    values, _ = resolve(run.values, known)
    look = template_text.render(run.template.components, values)
    return known.get("name", ""), look


def _said(reasons: Any) -> list[Said]:
    tz = timezone.get_current_timezone()
    return [say(one, tz=tz, country_name=country_name) for one in reasons]


@require_safe
@access.member
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    return _run_page(request, run_id, "whatsapp/run.html")


@require_safe
@access.member
def run_now(request: HttpRequest, run_id: int) -> HttpResponse:
    """Everything that changes, after an event or while it runs."""
    return _run_page(request, run_id, "whatsapp/_run_now.html")


def _run_page(request: HttpRequest, run_id: int, template: str) -> HttpResponse:
    row = access.get_run_for(signed_in(request), run_id)
    now = timezone.now()
    fate = request.GET.get("fate", "")
    fate = fate if fate in selector.FATES else ""
    after = whole_number(request.GET.get("after"))
    stands = selector.run_now(row, now=now)
    context = {
        "run": row,
        "now": stands,
        "tier": tier_box(row, waiting=stands.waiting, now=now),
        "waits": stands.waiting,
        "fate": selector.FATES.get(fate),
        "page": selector.row_page(row, fate=fate, after=after),
        "is_first": after is None,
        "created": selector.in_words(row.created_at, timezone.get_current_timezone()),
        "can_write": access.may_write(signed_in(request)),
    }
    return render(request, template, context)


@require_POST
@access.writer
def run_act(request: HttpRequest, run_id: int) -> HttpResponse:
    user = signed_in(request)
    row = access.get_run_for(user, run_id)
    act = ACTIONS.get(request.POST.get("action", ""))
    if act is None:
        messages.error(request, "Press one of the buttons: this one is not known.")
    else:
        try:
            act(run=row, by=user, now=timezone.now())
        except NotAllowed as refusal:
            said = _said(refusal.reasons)
            messages.warning(request, " ".join(f"{one.sentence} {one.remedy}" for one in said))
    return redirect("whatsapp:run", row.pk)


@require_safe
@access.member
def run_export(request: HttpRequest, run_id: int) -> StreamingHttpResponse:
    user = signed_in(request)
    row = access.get_run_for(user, run_id)
    response = StreamingHttpResponse(
        csv_lines(row, company_of(user)), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="bulk-send-{row.pk}.csv"'
    response["Cache-Control"] = "no-store"
    return response
