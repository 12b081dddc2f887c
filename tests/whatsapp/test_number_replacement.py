"""A number takes over from another: what follows it, and what stays."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from ats.models import Role
from ats.tenancy import company_scope
from tests.factories.ats import UserFactory
from tests.factories.runs import RunFactory
from tests.factories.whatsapp import (
    NOW,
    ContactFactory,
    ConversationFactory,
    MessageFactory,
    SenderFactory,
    World,
)
from tests.whatsapp.office import ROME, Office, P, office, refused
from whatsapp.connection import numbers
from whatsapp.connection.number_replacement import replace_number, retire_number
from whatsapp.meta import template_text
from whatsapp.models import AuditEntry, Conversation, Sender
from whatsapp.selectors.replacing import hanging_on
from whatsapp.sending.content import TemplateDraft
from whatsapp.sending.send import send
from whatsapp.sending.target import target_to_write, usual_sender

__all__ = ["office"]
pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("sending"), pytest.mark.django_db]


def successor_of(world: World, **more: object) -> Sender:
    """The world's number, replaced by a new one."""
    new = SenderFactory(company=world.company, waba=world.sender.waba, friendly_name="Rome", **more)
    Sender.objects.filter(pk=world.sender.pk).update(replaced_by=new)
    return Sender.objects.get(pk=new.pk)


def values_of(world: World) -> dict[str, str]:
    template = world.template
    found = template_text.variables(template.components, template.parameter_format)
    return {one.key: "Amina" for one in found}


def opened(world: World) -> Conversation:
    rows = Conversation.objects.select_related("sender__waba", "contact__candidate")
    return rows.get(pk=world.conversation.pk)


def test_an_answer_in_the_window_leaves_from_the_old_number_while_it_is_connected(
    world: World,
) -> None:
    with company_scope(world.company):
        new = successor_of(world)
        assert target_to_write(opened(world), now=NOW).sender == world.sender
        later = target_to_write(opened(world), now=NOW + timedelta(hours=24))
        assert (later.sender, later.conversation, later.instead_of) == (new, None, world.sender)
        Sender.objects.filter(pk=world.sender.pk).update(status="DISCONNECTED")
        assert target_to_write(opened(world), now=NOW).sender == new
        assert usual_sender() == new


def test_what_is_written_next_is_a_conversation_from_the_new_number(world: World) -> None:
    with company_scope(world.company):
        new = successor_of(world)
        later = NOW + timedelta(hours=25)
        target = target_to_write(opened(world), now=later)
        draft = TemplateDraft(world.template, values_of(world))
        message = send(
            target=target, draft=draft, by=world.alice, client_id=uuid.uuid4(), now=later
        )
        assert message.sender == new and message.conversation_id != world.conversation.pk
        again = target_to_write(opened(world), now=later)
        assert again.conversation is not None
        assert again.conversation.pk == message.conversation_id


def test_somebody_unknown_is_answered_from_the_new_number_too(world: World) -> None:
    with company_scope(world.company):
        new = successor_of(world)
        contact = ContactFactory(
            company=world.company,
            portfolio_id=world.sender.waba.portfolio_id,
            phone="+254711555777",
        )
        row = ConversationFactory(company=world.company, sender=world.sender, contact=contact)
        row = Conversation.objects.select_related("sender__waba", "contact__candidate").get(
            pk=row.pk
        )
        target = target_to_write(row, now=NOW + timedelta(days=3))
        assert target.sender == new and target.contact == contact


def test_what_hangs_on_a_number_is_counted(world: World) -> None:
    with company_scope(world.company):
        RunFactory(company=world.company, sender=world.sender, template=world.template)
        MessageFactory(
            company=world.company,
            conversation=world.conversation,
            status="queued",
            direction="out",
            next_try_at=NOW,
        )
        hanging = hanging_on(world.sender, now=NOW)
    assert [run.name for run in hanging.runs] == ["Winter season"]
    assert (hanging.messages, hanging.windows, hanging.conversations) == (1, 1, 1)


def test_the_page_of_an_old_conversation_says_where_it_goes_on(
    world: World, client: Client
) -> None:
    with company_scope(world.company):
        successor_of(world)
        Sender.objects.filter(pk=world.sender.pk).update(status="DISCONNECTED")
    client.force_login(world.alice)
    page = client.get(reverse("whatsapp:conversation", args=[world.conversation.pk]))
    assert b"was replaced." in page.content and b"This goes from Rome" in page.content


def test_the_new_number_takes_over_and_the_old_one_is_disconnected(office: Office) -> None:
    old, new = office.sender(), office.verified()
    with refused(P.CANNOT_REPLACE):
        replace_number(sender=old, successor=new, by=office.wanda, now=office.now)
    office.connect(new)
    with refused(P.CANNOT_REPLACE):
        replace_number(sender=new, successor=new, by=office.wanda, now=office.now)
    replace_number(sender=old, successor=new, by=office.wanda, now=office.now)
    with refused(P.CANNOT_REPLACE):
        replace_number(sender=new, successor=old, by=office.wanda, now=office.now)
    retire_number(sender=old, by=office.wanda, now=office.now)
    old.refresh_from_db()
    assert (old.status, old.successor) == ("DISCONNECTED", new)
    [line] = AuditEntry.objects.filter(verb="number_replaced")
    assert line.actor == office.wanda and line.data["after"] == new.label
    # Who connects it anew uses it for itself.
    numbers.connect_number(sender=old, by=office.wanda, now=office.now, pin=pin_of(old))
    old.refresh_from_db()
    assert old.successor is None


def pin_of(sender: Sender) -> str:
    return "" if sender.pin else "123456"


def test_a_number_is_added_to_replace_another_without_losing_the_thread(
    office: Office, client: Client
) -> None:
    old = office.sender()
    office.meta.stack.control("numbers/outside", number=ROME, verified=True)
    client.force_login(UserFactory(company=office.meta.world.company, role=Role.WHATSAPP_ADMIN))
    address = reverse("whatsapp:sender_replace", args=[old.pk])
    assert b"Add a new number" in client.get(address).content
    htmx = {"HX-Request": "true"}
    client.get(reverse("whatsapp:sender_add"), {"replaces": old.pk}, headers=htmx)
    given = {"number": ROME, "display_name": "Caravella", "friendly_name": "Rome"}
    page = client.post(reverse("whatsapp:sender_add"), given, headers=htmx)
    new = Sender.objects.get(friendly_name="Rome")
    assert f"{address}?by={new.pk}" in page.content.decode()
    page = client.get(address, {"by": new.pk}, headers=htmx)
    assert f'<option value="{new.pk}" selected>' in page.content.decode()
    assert client.post(address, {}, headers=htmx).content.count(b"Choose the number") == 1
    page = client.post(address, {"successor": new.pk}, headers=htmx)
    assert b"Rome has taken over" in page.content and b"Replaced by Rome" in page.content
    old.refresh_from_db()
    assert old.status == "DISCONNECTED" and old.replaced_by == new
