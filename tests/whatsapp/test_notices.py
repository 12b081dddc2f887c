"""Letters to the WhatsApp admins: each gets theirs once, whatever becomes of the others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from ats.models import Role, User
from ats.tenancy import company_scope
from tests.factories.ats import UserFactory
from tests.factories.whatsapp import NOW, World
from tests.whatsapp.mailbox import REFUSED
from whatsapp.connection import notices
from whatsapp.models import AdminNotice
from whatsapp.policy.notices import NoticeKind

pytestmark = pytest.mark.django_db


def admin(world: World, **given: Any) -> User:
    made: User = UserFactory(company=world.company, role=Role.WHATSAPP_ADMIN, **given)
    return made


def tell(world: World, kind: NoticeKind = NoticeKind.BROKEN, **data: str) -> None:
    with company_scope(world.company):
        notices.tell_admins(world.company.pk, kind, now=NOW, **(data or {"cause": "It ended."}))


def days_later(world: World) -> AdminNotice:
    for hours in range(0, 48, 3):
        notices.drain(lambda after=hours: NOW + timedelta(hours=after))  # type: ignore[misc]
    with company_scope(world.company):
        return AdminNotice.objects.get()


def addresses() -> list[str]:
    return [letter.to[0] for letter in mail.outbox]


def test_an_address_that_is_refused_costs_nobody_else_a_letter_or_brings_a_second(
    world: World, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "tests.whatsapp.mailbox.Picky"
    first, last = admin(world, full_name="Abel"), admin(world, full_name="Zoe")
    admin(world, full_name="Mia", email=REFUSED)
    tell(world)
    notice = days_later(world)
    assert addresses() == [first.email, last.email]
    assert (notice.problem, notice.sent_at, notice.next_try_at) == ("given_up", None, None)
    assert notice.tries == len(notices.PAUSES) + 1


def test_an_admin_whose_address_is_mended_in_time_gets_the_letter(
    world: World, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "tests.whatsapp.mailbox.Picky"
    one, other = admin(world, full_name="Abel"), admin(world, full_name="Mia", email=REFUSED)
    tell(world)
    notices.drain(lambda: NOW)
    User.objects.filter(pk=other.pk).update(email="mia@example.com")
    notice = days_later(world)
    assert addresses() == [one.email, "mia@example.com"]
    assert notice.sent_at and not notice.problem


def test_a_line_break_in_a_name_is_a_space_in_the_subject(world: World) -> None:
    admin(world)
    world.company.name = "Caravella\r\nHotels"
    world.company.save()
    tell(world, NoticeKind.RESTRICTED, account="Jobs\nKenya", what="nobody can call", until="")
    assert days_later(world).sent_at
    assert mail.outbox[0].subject == "Caravella Hotels: Meta restricted Jobs Kenya"


def test_words_that_cannot_be_made_end_in_a_counted_number_of_tries(world: World) -> None:
    admin(world)
    tell(world)
    with company_scope(world.company):
        AdminNotice.objects.update(data={})
    assert days_later(world).problem == "given_up"
    assert mail.outbox == []


@pytest.mark.parametrize("has_admin", [False, True])
def test_with_nobody_to_write_to_it_is_not_called_sent(world: World, has_admin: bool) -> None:
    if has_admin:
        admin(world, email="")
    tell(world)
    notice = days_later(world)
    assert (notice.problem, notice.sent_at, notice.tries) == ("nobody", None, 1)


def test_a_worker_that_dies_of_a_letter_has_no_more_tries_than_any(world: World) -> None:
    admin(world)
    tell(world)
    with company_scope(world.company):
        AdminNotice.objects.update(tries=len(notices.PAUSES) + 1)
    assert days_later(world).problem == "given_up"
    assert mail.outbox == []
