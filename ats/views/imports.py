"""CSV import: upload, the report row by row, the decision, the refused rows as a file."""

from __future__ import annotations

import csv
import re
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from ats.access import company_of, import_for, member_required, require_writer, signed_in
from ats.actions.imports import import_good_rows, keep_file
from ats.candidate_csv import MAX_BYTES, FileCheck, FileRefused, check_file, decode
from ats.models import CandidateField, CandidateImport, User

_SHOWN = 200


@require_http_methods(["GET", "POST"])
@member_required
def import_upload(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    require_writer(user)
    problem = ""
    if request.method == "POST":
        try:
            return _take_in(request, user, timezone.now())
        except FileRefused as refused:
            problem = str(refused)
    context = {
        "nav_key": "candidates",
        "problem": problem,
        "fields": CandidateField.objects.order_by("position", "id"),
    }
    return render(request, "ats/import_upload.html", context, status=422 if problem else 200)


def _take_in(request: HttpRequest, user: User, now: datetime) -> HttpResponse:
    """A file without any doubt is imported at once; with one, the person decides first."""
    upload = request.FILES.get("file")
    if upload is None:
        raise FileRefused("No file was chosen. Choose the CSV file of your candidates.")
    text = decode(upload.read(MAX_BYTES + 1))
    company = company_of(user)
    check = check_file(text, company)
    file = keep_file(
        company=company, filename=upload.name or "candidates.csv", text=text, by=user, now=now
    )
    if check.is_clean:
        import_good_rows(file=file, company=company, by=user, now=now)
        messages.success(request, f"{file.imported_count:,} candidates were imported.")
    return redirect("ats:import_report", file.pk)


@require_http_methods(["GET", "POST"])
@member_required
def import_report(request: HttpRequest, import_id: int) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    file = _unexpired(user, import_id, now)
    require_writer(user)
    company = company_of(user)
    if request.method == "POST":
        if import_good_rows(file=file, company=company, by=user, now=now):
            messages.success(request, f"{file.imported_count:,} candidates were imported.")
        return redirect("ats:import_report", file.pk)
    check = _check_again(file, user)
    context = {
        "nav_key": "candidates",
        "file": file,
        "check": check,
        "company": company,
        "good_count": len(check.good) if check else 0,
        "refused_count": len(check.refused_rows) if check else 0,
        "refusals": check.refusals[:_SHOWN] if check else [],
        "not_shown": max(0, len(check.refusals) - _SHOWN) if check else 0,
    }
    return render(request, "ats/import_report.html", context)


@require_safe
@member_required
def import_refused(request: HttpRequest, import_id: int) -> HttpResponse:
    """The refused rows under their headings, with the reason in a last column."""
    user = signed_in(request)
    file = _unexpired(user, import_id, timezone.now())
    require_writer(user)
    check = _check_again(file, user)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="refused-{file.pk}.csv"'
    response.write("\ufeff")  # Excel reads UTF-8 only with this mark
    out = csv.writer(response)
    if check is None:
        return response
    out.writerow([*check.header, "Line", "Why refused"])
    reasons: dict[int, list[str]] = {}
    for refusal in check.refusals:
        reasons.setdefault(refusal.line, []).append(f"{refusal.why} {refusal.remedy}")
    width = len(check.header)
    for line, cells in check.refused_rows:
        padded = [*cells, *[""] * (width - len(cells))]
        out.writerow([*(_harmless(cell) for cell in padded), line, " ".join(reasons[line])])
    return response


def _check_again(file: CandidateImport, user: User) -> FileCheck | None:
    """Candidates may have come or gone since the upload, so the report is made anew."""
    try:
        return check_file(file.text, company_of(user))
    except FileRefused:
        return None  # nothing but headings is left once every row was imported


def _unexpired(user: User, import_id: int, now: datetime) -> CandidateImport:
    file = import_for(user, import_id)
    if file.expires_at <= now:
        raise Http404("The upload has expired.")
    return file


def _harmless(cell: str) -> str:
    """A spreadsheet would run what begins like a formula; telephone numbers stay as they are."""
    if cell[:1] in ("=", "@", "\t", "\r") or (
        cell[:1] in ("+", "-") and not re.fullmatch(r"[+\-][\d\s().\-/]*", cell)
    ):
        return "'" + cell
    return cell
