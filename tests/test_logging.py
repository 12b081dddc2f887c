"""Log lines say where something broke, and nothing of what the database repeats from its rows."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from celery import current_app
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import path

from ats.tenancy import company_scope
from config.logging import WithoutData
from tests.factories.ats import CompanyFactory
from tests.factories.whatsapp import AMINA, NOW
from whatsapp.models import Contact

pytestmark = pytest.mark.django_db

DESCRIBED = "IntegrityError sqlstate=23505 constraint=contact_phone_once"


def second_contact_with_the_same_number(*_: object) -> None:
    with company_scope(CompanyFactory(modules=["whatsapp"])), transaction.atomic():
        for _number in range(2):
            Contact.objects.create(portfolio_id="20", phone=AMINA, created_at=NOW)


urlpatterns = [path("breaks/", second_contact_with_the_same_number)]


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the project's own handler writes, wherever in the process a line comes from."""
    [handler] = [one for one in logging.root.handlers if isinstance(one.formatter, WithoutData)]
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    usual = handler.setStream(stream)
    yield stream
    handler.setStream(usual or stream)


def is_careful(text: str) -> bool:
    return AMINA[1:] not in text and "DETAIL" not in text and "INSERT" not in text


def test_an_exception_of_the_database_is_named_and_not_quoted(written: io.StringIO) -> None:
    try:
        try:
            second_contact_with_the_same_number()
        except IntegrityError as error:
            raise ValueError("contact 7 could not be stored") from error
    except ValueError:
        logging.getLogger("whatsapp.somewhere").exception("contact_not_stored contact=%s", 7)
    text = written.getvalue()
    assert is_careful(text)
    # The stack, both exceptions and what our own one says are there.
    assert "ERROR whatsapp.somewhere contact_not_stored contact=7" in text
    assert "in second_contact_with_the_same_number" in text
    assert f"\n{DESCRIBED}\n" in text
    assert text.rstrip().endswith("ValueError: contact 7 could not be stored")


def test_an_exception_that_the_message_quotes_is_not_quoted_either(written: io.StringIO) -> None:
    with pytest.raises(IntegrityError) as caught:
        second_contact_with_the_same_number()
    assert AMINA[1:] in str(caught.value)
    logging.getLogger("whatsapp.somewhere").warning("not_stored cause=%s", caught.value)
    assert is_careful(written.getvalue())
    assert written.getvalue().endswith(f"not_stored cause={DESCRIBED}\n")


def test_a_failed_task_is_logged_without_data(written: io.StringIO) -> None:
    task = current_app.task(name="tests.breaks")(second_contact_with_the_same_number)
    try:
        task.apply()
    finally:
        current_app.tasks.unregister("tests.breaks")
    text = written.getvalue()
    assert "tests.breaks" in text
    assert "in second_contact_with_the_same_number" in text
    assert DESCRIBED in text
    assert is_careful(text)


@pytest.mark.urls(__name__)
def test_a_failed_request_is_logged_without_data(written: io.StringIO) -> None:
    with pytest.raises(IntegrityError):
        Client().get("/breaks/")
    text = written.getvalue()
    assert "django.request Internal Server Error: /breaks/" in text
    assert DESCRIBED in text
    assert is_careful(text)


def test_no_library_prints_exceptions_in_its_own_way() -> None:
    for name in ("django", "django.request", "celery", "uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        assert logger.propagate
        assert all(isinstance(one, logging.NullHandler) for one in logger.handlers)
