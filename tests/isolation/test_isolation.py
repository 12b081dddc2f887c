"""No company sees another's rows: a walk over every model and every URL of the project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from ats.models import Company, Role
from ats.tenancy import ALLOWED_WITHOUT_COMPANY, CompanyOwned, ScopeError, company_scope
from tests.factories.ats import CompanyFactory, UserFactory
from tests.isolation.samples import (
    FOR_WHATSAPP_ADMINS,
    MENTIONS,
    MISSING,
    NOT_OBJECTS,
    PUBLIC,
    SAMPLES,
    WITHOUT_COMPANY,
    WITHOUT_ROLE,
    Mention,
)
from whatsapp.models import Conversation

OURS = [label for label in ("ats", "whatsapp") if apps.is_installed(label)]
MODELS = [model for label in OURS for model in apps.get_app_config(label).get_models()]
OWNED = [model for model in MODELS if issubclass(model, CompanyOwned)]


@dataclass(frozen=True)
class Place:
    name: str
    arguments: tuple[str, ...]


def _places(patterns: list[Any], namespace: str = "") -> Iterator[Place]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                yield from _places(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern):
            assert pattern.name, f"The URL {pattern.pattern} has no name, so nothing can check it."
            arguments = tuple(pattern.pattern.regex.groupindex)
            yield Place(f"{namespace}{pattern.name}", arguments)


PLACES = list(_places(get_resolver().url_patterns))
OF_WHATSAPP = [place for place in PLACES if place.name.startswith("whatsapp")]
WITH_OBJECTS = [place for place in PLACES if set(place.arguments) - NOT_OBJECTS]


def _first_column(index: models.Index | models.UniqueConstraint) -> str:
    if index.fields:
        return index.fields[0].lstrip("-")
    expression: Any = index.expressions[0]
    return getattr(getattr(expression, "expression", expression), "name", "")


def _model_name(model: type[models.Model]) -> str:
    return model._meta.label


def _place_name(place: Place) -> str:
    return place.name


@pytest.mark.parametrize("model", MODELS, ids=_model_name)
def test_every_model_belongs_to_a_company_or_says_why_not(model: type[models.Model]) -> None:
    named = model._meta.label in WITHOUT_COMPANY
    owned = issubclass(model, CompanyOwned)
    assert owned != named, (
        f"{model._meta.label} must be CompanyOwned, or stand in WITHOUT_COMPANY with a reason."
    )


def test_the_list_of_models_without_company_is_not_stale() -> None:
    known = {model._meta.label for model in apps.get_models()}
    installed = {label for label in WITHOUT_COMPANY if apps.is_installed(label.split(".")[0])}
    assert installed <= known


@pytest.mark.parametrize("model", OWNED, ids=_model_name)
def test_nothing_works_without_an_active_company(model: type[CompanyOwned]) -> None:
    manager = model._default_manager
    queryset_class = manager._queryset_class  # type: ignore[attr-defined]
    names = [
        name
        for name in dir(queryset_class)
        if not name.startswith("_") and callable(getattr(queryset_class, name))
    ]
    open_names = []
    for name in names:
        if name in ALLOWED_WITHOUT_COMPANY:
            continue
        for holder in (manager, manager.get_queryset()):
            try:
                getattr(holder, name)()
            except ScopeError:
                continue
            except AttributeError:  # querysets keep some methods from managers (`queryset_only`)
                continue
            open_names.append(name)
    assert not open_names


@pytest.mark.parametrize("model", OWNED, ids=_model_name)
def test_rows_cannot_be_read_by_iterating_without_a_company(model: type[CompanyOwned]) -> None:
    rows = model._default_manager.get_queryset()
    for read in (list, len, bool, lambda r: r[0], lambda r: r[:5], lambda r: r & r):
        with pytest.raises(ScopeError):
            read(rows)


@pytest.mark.parametrize("model", OWNED, ids=_model_name)
def test_indexes_begin_with_the_company(model: type[CompanyOwned]) -> None:
    declared: list[Any] = list(model._meta.indexes)
    declared += [c for c in model._meta.constraints if isinstance(c, models.UniqueConstraint)]
    assert "company" in map(_first_column, declared), (
        f"{model._meta.label} needs an index or a unique key that begins with the company."
    )


@pytest.mark.parametrize("place", WITH_OBJECTS, ids=_place_name)
def test_every_url_argument_has_a_sample(place: Place) -> None:
    unknown = set(place.arguments) - NOT_OBJECTS - set(SAMPLES)
    assert not unknown, f"Add {unknown} to SAMPLES in tests/isolation/samples.py."


@pytest.mark.django_db
@pytest.mark.parametrize("role", [role for role in Role if role != Role.READ_ONLY])
@pytest.mark.parametrize("place", WITH_OBJECTS, ids=_place_name)
def test_another_companys_object_looks_missing(place: Place, role: Role, client: Client) -> None:
    caravella = CompanyFactory(name="Caravella Hotels", modules=["whatsapp"])
    lindgren = CompanyFactory(name="Lindgren Logistics", modules=["whatsapp"])
    client.force_login(UserFactory(company=lindgren, role=role))  # Charlie
    theirs = reverse(place.name, kwargs=_arguments(place, caravella))
    missing = reverse(place.name, kwargs={name: SAMPLES[name].missing for name in place.arguments})
    may_configure = role == Role.WHATSAPP_ADMIN
    denial = 404 if may_configure or place.name not in FOR_WHATSAPP_ADMINS else 403
    answers = {}
    for method in ("get", "post"):
        found = getattr(client, method)(theirs)
        nothing = getattr(client, method)(missing)
        answers[method] = found.status_code
        assert found.status_code == nothing.status_code
        assert found.status_code in (denial, 405)
        if found.status_code == denial:
            assert _without_token(found.content) == _without_token(nothing.content)
    assert denial in answers.values()


@pytest.mark.django_db
@pytest.mark.parametrize("mention", MENTIONS, ids=lambda one: f"{one.place}-{one.name}")
def test_another_companys_object_looks_missing_where_it_is_mentioned(
    mention: Mention, client: Client
) -> None:
    """An id in a query or a body, at an address of one's own company."""
    caravella = CompanyFactory(name="Caravella Hotels", modules=["whatsapp"])
    lindgren = CompanyFactory(name="Lindgren Logistics", modules=["whatsapp"])
    client.force_login(UserFactory(company=lindgren, role=Role.WHATSAPP_ADMIN))  # Charlie
    url = reverse(mention.place, kwargs=_arguments(_named(mention.place), lindgren))
    with company_scope(caravella):
        theirs = mention.make(caravella)
    ask = getattr(client, mention.method)
    found, nothing = (
        ask(url, mention.body | {mention.name: pk}, **mention.options) for pk in (theirs, MISSING)
    )
    assert found.status_code == nothing.status_code == mention.status
    assert _without_draft(found.content) == _without_draft(
        nothing.content.replace(str(MISSING).encode(), str(theirs).encode())
    )


@pytest.mark.django_db
@pytest.mark.parametrize("place", OF_WHATSAPP, ids=_place_name)
def test_who_may_only_read_changes_nothing(place: Place, client: Client) -> None:
    company = CompanyFactory(modules=["whatsapp"])
    client.force_login(UserFactory(company=company, role=Role.READ_ONLY))
    arguments = _arguments(place, company)
    with company_scope(company):
        Conversation.objects.update(unread_count=2)
        before = _everything(company)
        status = client.post(reverse(place.name, kwargs=arguments)).status_code
        assert _everything(company) == before
    assert status == WITHOUT_ROLE.get(place.name, status)
    assert status in (403, 405) or place.name in WITHOUT_ROLE


@pytest.mark.django_db
@pytest.mark.parametrize("place", PLACES, ids=_place_name)
def test_anonymous_people_are_sent_to_sign_in(place: Place, client: Client) -> None:
    if place.name in PUBLIC:
        return
    url = reverse(place.name, kwargs=_arguments(place, CompanyFactory(modules=["whatsapp"])))
    for method in ("get", "post"):
        answer = getattr(client, method)(url)
        if answer.status_code == 302:
            assert answer["Location"].startswith(reverse("login"))
        else:
            assert answer.status_code in (401, 403, 405)


def _named(name: str) -> Place:
    return next(place for place in PLACES if place.name == name)


def _everything(company: Company) -> dict[str, list[Any]]:
    """All rows of the company, by model."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values_list())
        for model in OWNED
    }


def _without_draft(content: bytes) -> bytes:
    """The page without what is another each time: its CSRF token and the id of a new draft."""
    lines = _without_token(content).splitlines()
    return b"\n".join(line for line in lines if b"client_id" not in line)


def _arguments(place: Place, company: Any) -> dict[str, int | str]:
    return {name: SAMPLES[name].make(company) for name in place.arguments}


def _without_token(content: bytes) -> bytes:
    """The page without its CSRF token, which differs each time."""
    return b"\n".join(line for line in content.splitlines() if b"csrf" not in line.lower())
