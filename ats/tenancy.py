"""Keeps companies apart: rows of a company are reachable only while that company is active.

Three rules:

1. Without an active company every public method of a `CompanyManager` and of its querysets raises
   `ScopeError`, but for the few in `ALLOWED_WITHOUT_COMPANY`. The refusal is built by walking the
   names of the queryset class, so a method that a later Django adds is refused as well.
2. Inside `company_scope(company)` everything is filtered by that company.
3. A row is written only for the active company, and every *loaded* related row must belong to the
   same company. Ids alone are not looked up on each save: they come from gates, which read inside
   the scope. `TENANCY_CHECK_IDS = True` looks them up too, at one query for each relation.

Left open on purpose: `_base_manager` (cascades, `refresh_from_db`, following a foreign key forward)
and `raw()` inside a scope, whose SQL has to name the company itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.db import models
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from django_scopes import get_scope, scope, scopes_disabled
from django_scopes.exceptions import ScopeError

if TYPE_CHECKING:
    from ats.models import Company

_M = TypeVar("_M", bound=models.Model)

__all__ = [
    "CompanyManager",
    "CompanyMiddleware",
    "CompanyOwned",
    "CrossCompanyError",
    "ScopeError",
    "all_companies",
    "company_scope",
    "current_company_id",
    "is_every_company",
]


class CrossCompanyError(Exception):
    """A row of one company was about to be written while, or beside a row of, another."""


# `none` touches no row; `db`, `ordered`, `query` and `model` describe; the last two are read by
# Django when it builds managers and templates.
ALLOWED_WITHOUT_COMPANY = frozenset({"none", "db", "ordered", "query", "model", "as_manager"})
_REFUSED_DUNDERS = (
    "__aiter__", "__and__", "__bool__", "__contains__", "__getitem__", "__iter__", "__len__",
    "__or__", "__xor__",
)  # fmt: skip


@contextmanager
def company_scope(company: Company | int) -> Iterator[None]:
    """Make one company active: queries are filtered by it, and rows are written for it."""
    company_id = company if isinstance(company, int) else company.pk
    if company_id is None:
        raise ScopeError("A company that has not been saved cannot be made active.")
    with scope(company=company_id):
        yield


@contextmanager
def all_companies() -> Iterator[None]:
    """Lift the separation. For ops, and for drainers that serve all companies, only."""
    with scopes_disabled():
        yield


def current_company_id() -> int | None:
    state = get_scope()
    return state.get("company") if state.get("_enabled", True) else None


def is_every_company() -> bool:
    return get_scope().get("_enabled", True) is False


def _check_writable(instance: CompanyOwned) -> None:
    """Fill in the company, and refuse a row of another company or beside one."""
    active = current_company_id()
    name = type(instance).__name__
    owner = cast("int | None", instance.company_id)
    if owner is None and active is not None:
        owner = instance.company_id = active
    if owner is None:
        raise ScopeError(f"{name} has no company, and no company is active to take it from.")
    if active is not None and owner != active:
        raise CrossCompanyError(
            f"{name} of company {owner} written while company {active} is active."
        )
    if active is None and not is_every_company():
        raise ScopeError(f"{name} written without an active company: use company_scope().")
    for field in _owned_relations(type(instance)):
        other_company = _company_of_related(instance, field)
        if other_company is not None and other_company != owner:
            raise CrossCompanyError(
                f"{name}.{field.name} belongs to company {other_company}, "
                f"the row itself to company {owner}."
            )


@cache
def _owned_relations(model: type[models.Model]) -> tuple[models.ForeignKey[Any, Any], ...]:
    """Foreign keys to rows that have a company: owned rows, and people."""
    found = []
    for field in model._meta.concrete_fields:
        target = field.related_model
        if (
            isinstance(field, models.ForeignKey)
            and isinstance(target, type)
            and any(f.name == "company" for f in target._meta.concrete_fields)
        ):
            found.append(field)
    return tuple(found)


def _company_of_related(instance: models.Model, field: models.ForeignKey[Any, Any]) -> int | None:
    if getattr(instance, field.attname) is None:
        return None
    if field.is_cached(instance):
        # None for a person of ops, who has no company and may stand on any row.
        return cast("int | None", getattr(field.get_cached_value(instance), "company_id", None))
    if not getattr(settings, "TENANCY_CHECK_IDS", False):
        return None
    rows = field.related_model._base_manager
    return (
        rows.filter(**{field.target_field.name: getattr(instance, field.attname)})
        .values_list("company_id", flat=True)
        .first()
    )


class _GuardedWrites:
    """The writes that skip `Model.save`, checked as `save` is."""

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> Any:
        rows = list(objs)
        for row in rows:
            _check_writable(row)
        return super().bulk_create(rows, *args, **kwargs)  # type: ignore[misc]

    def bulk_update(self, objs: Iterable[Any], fields: Sequence[str], *args: Any, **kw: Any) -> Any:
        rows = list(objs)
        for row in rows:
            _check_writable(row)
        return super().bulk_update(rows, fields, *args, **kw)  # type: ignore[misc]

    def update(self, **kwargs: Any) -> int:
        if "company" in kwargs or "company_id" in kwargs:
            raise CrossCompanyError("A row never changes its company.")
        return cast(int, super().update(**kwargs))  # type: ignore[misc]


@cache
def _guarded(queryset_class: type[models.QuerySet[Any]]) -> type[models.QuerySet[Any]]:
    return type(f"Company{queryset_class.__name__}", (_GuardedWrites, queryset_class), {})


@cache
def _refusing(queryset_class: type[models.QuerySet[Any]]) -> type[models.QuerySet[Any]]:
    """The same queryset with every public method answering with a refusal."""

    def refusal(name: str) -> Callable[..., Any]:
        def refuse(self: models.QuerySet[Any], *args: Any, **kwargs: Any) -> Any:
            raise ScopeError(
                f"{self.model.__name__}.{name} needs an active company: wrap the work in "
                f"company_scope(company), or in all_companies() for work of ops."
            )

        return refuse

    def none(self: models.QuerySet[Any]) -> models.QuerySet[Any]:
        return _guarded(queryset_class)(self.model, using=self.db).none()

    body: dict[str, Any] = {
        name: refusal(name)
        for name in dir(queryset_class)
        if not name.startswith("_")
        and name not in ALLOWED_WITHOUT_COMPANY
        and callable(getattr(queryset_class, name))
    }
    body |= {name: refusal(name) for name in _REFUSED_DUNDERS}
    body["none"] = none
    body["__repr__"] = lambda self: f"<refused without a company: {self.model.__name__}>"
    return type(f"Refusing{queryset_class.__name__}", (queryset_class,), body)


class CompanyManager(models.Manager[_M]):
    """The default manager of everything that belongs to a company."""

    def get_queryset(self) -> models.QuerySet[_M]:
        plain: type[models.QuerySet[_M]] = self._queryset_class  # type: ignore[attr-defined]
        active = current_company_id()
        if active is None and not is_every_company():
            return _refusing(plain)(self.model, using=self._db, hints=self._hints)  # type: ignore[attr-defined]
        rows = _guarded(plain)(self.model, using=self._db, hints=self._hints)  # type: ignore[attr-defined]
        return rows if active is None else rows.filter(company_id=active)

    def all(self) -> models.QuerySet[_M]:
        # Django's own returns the queryset untouched, which would put the refusal off until the
        # rows are read, perhaps in a template. Related managers come here as well.
        rows = super().all()
        if current_company_id() is None and not is_every_company():
            rows.all()
        return rows


class CompanyOwned(models.Model):
    """A row that belongs to one company."""

    # Not indexed by itself: each model has an index or a unique key that begins with the company.
    company = models.ForeignKey(
        "ats.Company", on_delete=models.PROTECT, related_name="+", db_index=False
    )

    objects = CompanyManager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        _check_writable(self)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        _check_writable(self)
        return super().delete(*args, **kwargs)


@sync_and_async_middleware
def CompanyMiddleware(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Makes the company of the signed-in person active for the request (WSGI and ASGI)."""
    if iscoroutinefunction(get_response):

        async def amiddleware(request: HttpRequest) -> HttpResponseBase:
            user = await request.auser()
            company_id = getattr(user, "company_id", None)
            if company_id is None:
                return cast(HttpResponseBase, await get_response(request))
            with company_scope(company_id):
                return cast(HttpResponseBase, await get_response(request))

        return amiddleware

    def middleware(request: HttpRequest) -> HttpResponseBase:
        company_id = getattr(request.user, "company_id", None)
        if company_id is None:
            return cast(HttpResponseBase, get_response(request))
        with company_scope(company_id):
            return cast(HttpResponseBase, get_response(request))

    return middleware
