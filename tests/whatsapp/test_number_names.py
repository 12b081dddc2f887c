"""The display name of a sender: review, reason, and putting it into force."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.whatsapp.office import Office, P, office, refused
from whatsapp.connection import number_names, numbers
from whatsapp.connection.vault import unseal
from whatsapp.models import AuditEntry, Sender

__all__ = ["office"]
pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("sending"), pytest.mark.django_db]
NAME = "Caravella Careers"


def connected(office: Office) -> Sender:
    sender = office.verified()
    office.connect(sender)
    return sender


def ask(office: Office, sender: Sender) -> None:
    number_names.ask_display_name(sender=sender, name=NAME, by=office.wanda, now=office.now)
    sender.refresh_from_db()


def decide(office: Office, sender: Sender, decision: str) -> None:
    """At Meta, and read from there."""
    given = {"phone_number_id": sender.phone_number_id, "decision": decision}
    office.meta.stack.control("numbers/name", **given)
    Sender.objects.filter(pk=sender.pk).update(
        new_name_status="DECLINED" if decision == "REJECTED" else decision
    )
    sender.refresh_from_db()


def test_a_new_name_is_reviewed_and_then_put_into_force(office: Office) -> None:
    sender = connected(office)
    before, pin = sender.verified_name, unseal(sender.pin or b"")
    ask(office, sender)
    assert (sender.verified_name, sender.new_name_status) == (before, "PENDING_REVIEW")
    with refused(P.CHANGED_MEANWHILE):
        number_names.use_display_name(sender=sender, by=office.wanda, now=office.now)
    decide(office, sender, "APPROVED")
    number_names.use_display_name(sender=sender, by=office.wanda, now=office.now)
    sender.refresh_from_db()
    assert (sender.verified_name, sender.new_display_name) == (NAME, "")
    assert sender.status == "CONNECTED" and unseal(sender.pin or b"") == pin
    verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert {"number_name_asked", "number_name_taken"} <= verbs


def test_a_number_whose_pin_is_not_kept_asks_for_it(office: Office) -> None:
    sender = connected(office)
    ask(office, sender)
    decide(office, sender, "APPROVED")
    pin = unseal(sender.pin or b"")
    Sender.objects.filter(pk=sender.pk).update(pin=None)
    sender.refresh_from_db()
    with refused(P.PIN_NEEDED):
        number_names.use_display_name(sender=sender, by=office.wanda, now=office.now)
    number_names.use_display_name(sender=sender, by=office.wanda, now=office.now, pin=pin)
    sender.refresh_from_db()
    assert sender.verified_name == NAME


def test_the_page_asks_shows_the_reason_and_uses_the_name(office: Office, client: Client) -> None:
    sender = connected(office)
    client.force_login(office.wanda)
    address = reverse("whatsapp:sender_name", args=[sender.pk])
    page = client.post(address, {"display_name": "www.caravella.example"})
    assert page.status_code == 422 and b"www.caravella.example" in page.content
    page = client.post(address, {"display_name": NAME}, headers={"HX-Request": "true"})
    assert f"“{NAME}”: in review" in page.content.decode()
    Sender.objects.filter(pk=sender.pk).update(
        new_name_status="DECLINED", name_rejection="NAME_NOT_CONSISTENT"
    )
    assert b"the company does not use this name elsewhere." in client.get(address).content
    sender.refresh_from_db()
    decide(office, sender, "APPROVED")
    assert b"It comes into force" in client.get(address).content
    page = client.post(reverse("whatsapp:sender_name_use", args=[sender.pk]))
    assert page.status_code == 302
    sender.refresh_from_db()
    assert sender.verified_name == NAME and numbers.cap_of(sender.waba, now=timezone.now()).used


def test_a_name_that_meta_has_approved_is_used_instead_of_asked_for(
    office: Office, client: Client
) -> None:
    sender = connected(office)
    ask(office, sender)
    decide(office, sender, "APPROVED")
    client.force_login(office.wanda)
    address = reverse("whatsapp:sender_name", args=[sender.pk])
    page = client.get(address)
    assert not page.context["form"]["display_name"].value()
    page = client.post(address, {"display_name": NAME})
    assert page.status_code == 422 and "Press “Use it”" in page.content.decode()
    sender.refresh_from_db()
    assert sender.new_name_status == "APPROVED"
