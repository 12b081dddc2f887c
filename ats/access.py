"""The gate from a request to a row: missing and forbidden look the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from ats.models import Application, Candidate, CandidateImport, Company, Job, Team, User

_M = TypeVar("_M", bound=Model)
View = Callable[..., HttpResponseBase]

READ_ONLY_REASON = (
    "Your role is Read-only, so you can see everything here but change nothing. "
    "A company admin can give you another role."
)
ADMIN_REASON = "Only company admins may change this. Ask one of yours, or have your role changed."


class MemberRequest(HttpRequest):
    """A request whose person is signed in and belongs to a company."""

    user: User


def signed_in(request: HttpRequest) -> User:
    return cast(User, request.user)


def company_of(user: User) -> Company:
    if user.company is None:
        raise Http404("No company.")
    return user.company


def member_required(view: View) -> View:
    """Signed in and of a company; ops have their own pages."""

    @login_required
    @wraps(view)
    def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if signed_in(request).company_id is None:
            raise Http404("This page belongs to a company.")
        return view(request, *args, **kwargs)

    return gated


def require_writer(user: User) -> None:
    if not user.can_write:
        raise PermissionDenied(READ_ONLY_REASON)


def require_company_admin(user: User) -> None:
    if not user.is_company_admin:
        raise PermissionDenied(ADMIN_REASON)


def _row_for(user: User, model: type[_M], pk: int, *related: str) -> _M:
    name = model._meta.verbose_name
    if user.company_id is None:
        raise Http404(f"No such {name}.")
    rows = model._default_manager.filter(company_id=user.company_id, pk=pk)
    row = rows.select_related(*related).first() if related else rows.first()
    if row is None:
        raise Http404(f"No such {name}.")
    return row


def candidate_for(user: User, candidate_id: int) -> Candidate:
    """The gate: a candidate of the person's company. Missing and forbidden are the same 404."""
    return _row_for(user, Candidate, candidate_id)


def job_for(user: User, job_id: int) -> Job:
    return _row_for(user, Job, job_id, "recruiter")


def application_for(user: User, application_id: int) -> Application:
    return _row_for(user, Application, application_id, "candidate", "job")


def team_for(user: User, team_id: int) -> Team:
    return _row_for(user, Team, team_id)


def import_for(user: User, import_id: int) -> CandidateImport:
    return _row_for(user, CandidateImport, import_id)
