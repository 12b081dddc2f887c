"""No company sees another's rows: a walk over every model and every URL of the project."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.test import Client
from django.urls import reverse

from ats.models import Role
from ats.tenancy import ALLOWED_WITHOUT_COMPANY, CompanyOwned, ScopeError, company_scope
from tests.factories.ats import CompanyFactory, UserFactory
from tests.isolation.places import OF_THE_HOST, PLACES, Place
from tests.isolation.samples import (
    MENTIONS,
    MISSING,
    NOT_OBJECTS,
    PUBLIC,
    SAMPLES,
    WITHOUT_COMPANY,
    Mention,
)

OURS = [label for label in ("ats", "whatsapp") if apps.is_installed(label)]
MODELS = [model for label in OURS for model in apps.get_app_config(label).get_models()]
OWNED = [model for model in MODELS if issubclass(model, CompanyOwned)]


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
@pytest.mark.parametrize("place", WITH_OBJECTS, ids=_place_name)
def test_another_companys_object_looks_missing(place: Place, client: Client) -> None:
    """To who may most, and to the last byte. What the other roles are told is in `doors`."""
    caravella = CompanyFactory(name="Caravella Hotels", modules=["whatsapp"])
    lindgren = CompanyFactory(name="Lindgren Logistics", modules=["whatsapp"])
    role = Role.COMPANY_ADMIN if place in OF_THE_HOST else Role.WHATSAPP_ADMIN
    client.force_login(UserFactory(company=lindgren, role=role))  # Charlie
    theirs = reverse(place.name, kwargs=_arguments(place, caravella))
    missing = reverse(place.name, kwargs={name: SAMPLES[name].missing for name in place.arguments})
    answers = {}
    for method in ("get", "post"):
        found = getattr(client, method)(theirs)
        nothing = getattr(client, method)(missing)
        answers[method] = found.status_code
        assert found.status_code == nothing.status_code
        assert found.status_code in (404, 405)
        if found.status_code == 404:
            assert _without_token(found.content) == _without_token(nothing.content)
    assert 404 in answers.values()


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
@pytest.mark.parametrize("place", OF_THE_HOST, ids=_place_name)
def test_anonymous_people_are_sent_to_sign_in(place: Place, client: Client) -> None:
    """At the host's addresses; the module's are in `doors`."""
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


def _without_draft(content: bytes) -> bytes:
    """The page without what is another each time: its CSRF token and the id of a new draft."""
    lines = _without_token(content).splitlines()
    return b"\n".join(line for line in lines if b"client_id" not in line)


def _arguments(place: Place, company: Any) -> dict[str, int | str]:
    return {name: SAMPLES[name].make(company) for name in place.arguments}


def _without_token(content: bytes) -> bytes:
    """The page without its CSRF token, which differs each time."""
    return b"\n".join(line for line in content.splitlines() if b"csrf" not in line.lower())
