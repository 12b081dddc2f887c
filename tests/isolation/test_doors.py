"""Who is answered what at every address of the module, by method; the table is `doors`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

import pytest
import responses
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from ats.models import Company, Role, User
from ats.tenancy import company_scope
from tests.factories.ats import CompanyFactory, UserFactory
from tests.factories.runs import RunFactory
from tests.factories.templates import TemplateTranslationFactory
from tests.factories.whatsapp import MediaFileFactory, MessageFactory, World, make_world
from tests.isolation.doors import DOORS, LOGIN, METHODS, STRANGERS, Who, expected
from tests.isolation.places import OF_WHATSAPP
from tests.isolation.samples import SAMPLES
from whatsapp.models import Conversation

ROLES = {
    Who.READ_ONLY: Role.READ_ONLY,
    Who.NO_ROLE: "",
    Who.RECRUITER: Role.RECRUITER,
    Who.COMPANY_ADMIN: Role.COMPANY_ADMIN,
    Who.STRANGE_RECRUITER: Role.RECRUITER,
}
WRITES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "MERGE", "COPY", "WITH")


def test_every_address_of_the_module_has_its_line_and_no_line_is_stale() -> None:
    assert set(DOORS) == {place.name for place in OF_WHATSAPP}


@pytest.mark.django_db
@pytest.mark.parametrize("who", list(Who), ids=lambda who: who.name.lower())
def test_everybody_is_answered_as_the_table_says(
    who: Who, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever is refused has changed nothing, in no company, and made nobody ask Meta; whoever
    passes at an address without an object has changed nothing of another company's."""
    # Each refusal with its traceback would take longer than the refusal.
    caplog.set_level(logging.CRITICAL, logger="django.request")
    caravella, lindgren = make_world(), make_world()
    urls = _urls(caravella)
    _sign_in(client, who, caravella, lindgren)
    foreign = caravella.company if who in STRANGERS else None
    before, of_others = _digests(), _digests(of=foreign)
    wrong: list[str] = []
    with responses.RequestsMock(assert_all_requests_are_fired=False) as meta:
        for place, method in product(OF_WHATSAPP, METHODS):
            status, passes = expected(place.name, method, who, has_object=bool(place.arguments))
            asked = len(meta.calls)
            with _writes() as written, transaction.atomic():
                answer = client.generic(method, urls[place.name])
                if passes:
                    if foreign and method == "POST":
                        assert _digests(of=foreign) == of_others, place.name
                    transaction.set_rollback(True)
            problems = list(_problems(answer, status, passes))
            if not passes and (written or len(meta.calls) > asked):
                problems.append(f"refused, and written {written}, and asked {meta.calls[asked:]}")
            wrong += [f"{method} {place.name}: {problem}" for problem in problems]
    assert not wrong, "\n".join(wrong)
    assert _digests() == before


def _problems(answer: Any, status: int, passes: bool) -> Iterator[str]:
    if answer.status_code != status:
        yield f"{answer.status_code} instead of {status}"
    to_sign_in = answer.headers.get("Location", "").startswith(reverse("login"))
    if status == LOGIN and to_sign_in == passes:
        yield f"sent to {answer.headers.get('Location')}"


def _sign_in(client: Client, who: Who, caravella: World, lindgren: World) -> None:
    if who is Who.ANONYMOUS:
        return
    user = _person(who, caravella.company, lindgren.company)
    client.force_login(user)
    if who is Who.DEACTIVATED:
        User.objects.filter(pk=user.pk).update(is_active=False)


def _person(who: Who, caravella: Company, lindgren: Company) -> User:
    company: Company | None = caravella
    if who in STRANGERS:
        company = lindgren
    elif who is Who.MODULE_OFF:
        company = CompanyFactory(modules=[])
    elif who in (Who.OPS, Who.NO_COMPANY):
        company = None
    role = ROLES.get(who, Role.WHATSAPP_ADMIN)
    user: User = UserFactory(company=company, role=role, is_staff=who is Who.OPS)
    return user


def _urls(world: World) -> dict[str, str]:
    """The addresses of what is there, one object for each name of an argument."""
    with company_scope(world.company):
        Conversation.objects.update(unread_count=2)
    message = MessageFactory(conversation=world.conversation)
    known = {
        "candidate_id": world.amina.pk,
        "contact_id": world.contact.pk,
        "conversation_id": world.conversation.pk,
        "message_id": message.pk,
        "media_id": MediaFileFactory(message=message).pk,
        "run_id": RunFactory(sender=world.sender, template=world.template).pk,
        "sender_id": world.sender.pk,
        "template_id": world.template.pk,
        "translation_id": TemplateTranslationFactory(
            company=world.company, family__waba=world.sender.waba
        ).pk,
    }
    for name in {name for place in OF_WHATSAPP for name in place.arguments} - set(known):
        known[name] = SAMPLES[name].make(world.company)
    return {
        place.name: reverse(place.name, kwargs={name: known[name] for name in place.arguments})
        for place in OF_WHATSAPP
    }


@contextmanager
def _writes() -> Iterator[list[str]]:
    """The statements that change rows, while the block runs."""
    found: list[str] = []

    def look(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        if str(sql).lstrip().upper().startswith(WRITES):
            found.append(str(sql)[:120])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield found


def _digests(*, of: Company | None = None) -> dict[str, str | None]:
    """A digest of all rows of each of our tables, or of a company's in those that have one."""
    models = [
        model for label in ("ats", "whatsapp") for model in apps.get_app_config(label).get_models()
    ]
    tables = [
        model._meta.db_table
        for model in models
        if of is None or any(field.name == "company" for field in model._meta.fields)
    ]
    condition = f"WHERE company_id = {of.pk}" if of else ""
    each = [
        f"SELECT '{table}', md5(string_agg(t::text, ' ' ORDER BY t::text)) "
        f"FROM {table} t {condition}"
        for table in tables
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(each))
        return dict(cursor.fetchall())
