"""What a WhatsApp admin does with numbers, against the sandbox: refusals, two tabs, and the PIN."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ats.models import Role
from tests.factories.ats import JobFactory, UserFactory
from tests.whatsapp.office import ROME, Office, P, office, refused
from whatsapp.connection import clients, number_names, number_profile, numbers, sync
from whatsapp.connection.vault import unseal
from whatsapp.models import AuditEntry, Connection, ConnectionState, Sender, SenderLink, Waba
from whatsapp.policy.numbers import Standing
from whatsapp.selectors.composer import senders_to_choose
from whatsapp.selectors.senders import sender_table, standing_of

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("sending"), pytest.mark.django_db]
__all__ = ["office"]


def test_a_number_of_another_account_and_one_in_an_app_are_told_apart(office: Office) -> None:
    office.meta.stack.control("numbers/outside", number=ROME, elsewhere=True)
    with refused(P.HELD_ELSEWHERE):
        office.add()
    office.meta.stack.control("numbers/outside", number=ROME, elsewhere=False, on_app=True)
    with refused(P.ON_THE_APP):
        office.add()


def test_the_same_number_twice_is_said_to_be_there(office: Office) -> None:
    sender = office.add()
    with refused(P.ALREADY_HERE):
        office.add()
    # Our row is lost, and Meta knows better.
    sender.delete()
    with refused(P.ALREADY_HERE):
        office.add()


def test_an_unverified_business_may_have_two(office: Office) -> None:
    office.meta.stack.control("businesses", name="Caravella Hotels", tier="TIER_250")
    office.add()
    with refused(P.CAP_UNVERIFIED):
        office.add("+390655501199")
    [cap] = sender_table(now=office.now).caps
    assert (cap.used, cap.most) == (2, 2)


def test_of_two_tabs_one_asks_for_a_code(office: Office) -> None:
    sender = office.add()
    office.ask(sender)
    with refused(P.TOO_SOON):
        office.ask(sender)
    answer = office.meta.stack.ask(f"numbers/code?phone_number_id={sender.phone_number_id}")
    assert answer["asked"] == 1


def test_a_code_grows_old(office: Office) -> None:
    sender = office.add()
    office.ask(sender)
    code = office.code(sender)
    office.meta.stack.control("clock", advance=3600)
    with refused(P.CODE_EXPIRED):
        numbers.check_code(sender=sender, code=code, by=office.wanda, now=office.now)


def test_wrong_codes_come_to_an_end(office: Office) -> None:
    sender = office.add()
    office.ask(sender)
    wrong = f"{(int(office.code(sender)) + 1) % 1_000_000:06}"
    for _ in range(5):
        with refused(P.CODE_WRONG):
            numbers.check_code(sender=sender, code=wrong, by=office.wanda, now=office.now)
    with refused(P.TOO_MANY_TRIES):
        numbers.check_code(sender=sender, code=wrong, by=office.wanda, now=office.now)


def test_a_number_goes_and_comes_back_with_the_pin_that_is_kept(office: Office) -> None:
    sender = office.verified()
    office.connect(sender)
    pin = unseal(sender.pin or b"")
    assert len(pin) == 6 and pin.encode() not in bytes(sender.pin or b"")
    with refused(P.CHANGED_MEANWHILE):
        office.connect(sender, pin="000000")
    numbers.disconnect_number(sender=sender, by=office.wanda, now=office.now)
    sender.refresh_from_db()
    assert standing_of(sender) is Standing.CONNECT and sender.registered_at is None
    office.connect(sender)
    assert standing_of(sender) is Standing.APPROVED and unseal(sender.pin or b"") == pin
    told = str(list(AuditEntry.objects.values_list("data", flat=True)))
    assert pin not in told and ROME[1:] not in told


def test_a_number_with_a_pin_of_its_own_asks_for_it(office: Office) -> None:
    sender = office.verified()
    office.connect(sender)
    pin = unseal(sender.pin or b"")
    numbers.disconnect_number(sender=sender, by=office.wanda, now=office.now)
    Sender.objects.filter(pk=sender.pk).update(pin=None)
    sender.refresh_from_db()
    with refused(P.PIN_NEEDED):
        office.connect(sender)
    other = f"{(int(pin) + 1) % 1_000_000:06}"
    with refused(P.PIN_WRONG):
        office.connect(sender, pin=other)
    office.connect(sender, pin=pin)
    assert unseal(sender.pin or b"") == pin


def test_a_pin_that_meta_never_checked_does_not_replace_the_kept_one(office: Office) -> None:
    sender = office.verified()
    office.connect(sender)
    pin = unseal(sender.pin or b"")
    Sender.objects.filter(pk=sender.pk).update(
        new_display_name="Caravella Careers", new_name_status="APPROVED"
    )
    sender.refresh_from_db()
    number_names.use_display_name(sender=sender, by=office.wanda, now=office.now, pin="000000")
    # Two tabs: the other one has connected it since this one was drawn.
    numbers.connect_number(
        sender=Sender(
            **{f: getattr(sender, f) for f in ("pk", "company_id", "phone_number_id")},
            waba=sender.waba,
            status="",
            pin=sender.pin,
        ),
        by=office.wanda,
        now=office.now,
        pin="111111",
    )
    sender.refresh_from_db()
    assert unseal(sender.pin or b"") == pin


def test_what_was_read_before_somebody_added_a_number_does_not_take_it_away(
    office: Office,
) -> None:
    connection, asked = Connection.objects.get(), office.now - timedelta(minutes=1)
    Connection.objects.update(sync_wanted_at=asked, sync_claimed_at=asked)
    connection.refresh_from_db()

    class Slow(sync.GraphClient):
        """Somebody adds a number while the list is on its way."""

        def phone_numbers(self, waba_id: str) -> Any:
            found = super().phone_numbers(waba_id)
            added.append(office.add())
            return found

    added: list[Sender] = []
    client = clients._client(Slow, office.meta.token)
    sync._read(client, connection, Waba.objects.get(), lambda: office.now + timedelta(seconds=1))
    added[0].refresh_from_db()
    assert not added[0].is_gone


def test_after_a_lost_answer_the_list_is_read_again(office: Office) -> None:
    office.meta.stack.control("fail", after_accept=True, match="/phone_numbers$")
    Connection.objects.update(sync_wanted_at=None)
    with refused(P.OUTCOME_UNKNOWN):
        office.add()
    assert Connection.objects.get().sync_wanted_at is not None


def test_a_label_that_is_taken_is_refused_before_meta_is_asked(office: Office) -> None:
    Sender.objects.update(label="ROM")
    with refused(P.LABEL_TAKEN):
        office.add(label="ROM")
    sender = office.add()
    assert sender.label != "ROM"
    with refused(P.LABEL_TAKEN):
        numbers.rename_number(
            sender=sender, friendly_name="Rome", label="ROM", by=office.wanda, now=office.now
        )


def test_a_login_that_has_ended_is_said_and_marked(office: Office) -> None:
    office.meta.stack.control("token/revoke", access_token=office.meta.token)
    with refused(P.NO_LOGIN):
        office.add()
    assert Connection.objects.get().state == ConnectionState.BROKEN


def test_a_code_can_be_asked_for_again_after_a_refusal(office: Office) -> None:
    sender = office.add()
    office.ask(sender)
    Sender.objects.update(code_asked_at=office.now - timedelta(minutes=5))
    for _ in range(4):
        office.meta.stack.control("clock", advance=61)
        Sender.objects.update(code_asked_at=office.now - timedelta(minutes=5))
        office.ask(sender)
    Sender.objects.update(code_asked_at=office.now - timedelta(minutes=5))
    sender.refresh_from_db()
    with refused(P.TOO_MANY_CODES):
        office.ask(sender)
    sender.refresh_from_db()
    assert sender.code_asked_at == office.now - timedelta(minutes=5)


def test_the_profile_is_read_and_only_what_changed_is_written(office: Office) -> None:
    sender = office.verified()
    office.connect(sender)
    number_profile.read_profile(sender=sender, now=office.now)
    wanted = {"about": "Hiring for our hotels", "websites": ["https://caravella.example"]}
    save = number_profile.save_profile
    assert save(sender=sender, wanted=wanted, by=office.wanda, now=office.now) == [
        "about",
        "websites",
    ]
    sender.refresh_from_db()
    assert save(sender=sender, wanted=wanted, by=office.wanda, now=office.now) == []
    read = number_profile.read_profile(sender=sender, now=office.now)
    assert {name: read[name] for name in wanted} == wanted


def test_of_two_windows_each_changes_what_was_changed_in_it(office: Office, client: Client) -> None:
    sender = office.verified()
    office.connect(sender)
    client.force_login(office.wanda)
    url = reverse("whatsapp:sender_profile", kwargs={"sender_id": sender.pk})
    drawn = {"initial-about": "", "initial-email": "", "initial-description": ""}
    first = drawn | {"about": "Hiring for our hotels"}
    assert client.post(url, first).status_code in (200, 302)
    second = drawn | {"about": "", "email": "jobs@caravella.example"}
    assert client.post(url, second).status_code in (200, 302)
    read = number_profile.read_profile(sender=sender, now=office.now)
    assert (read["about"], read["email"]) == ("Hiring for our hotels", "jobs@caravella.example")


def test_without_scripts_every_step_is_a_page(office: Office, client: Client) -> None:
    client.force_login(office.wanda)
    given = {"number": "+39 06 5550 1188", "display_name": "Caravella Hotels"}
    page = client.post(reverse("whatsapp:sender_add"), given)
    assert page.status_code == 422 and b"+39 06 5550 1188" in page.content
    page = client.post(reverse("whatsapp:sender_add"), given | {"friendly_name": "Rome hiring"})
    assert b"Send the code by" in page.content and b"<html" in page.content
    sender = Sender.objects.get(friendly_name="Rome hiring")
    verify = reverse("whatsapp:sender_verify", args=[sender.pk])
    client.post(verify, {"method": "SMS", "language": "en_US"})
    code = reverse("whatsapp:sender_code", args=[sender.pk])
    assert client.post(code, {"code": "12"}).status_code == 422
    assert client.post(code, {"code": office.code(sender)}).status_code == 302
    sender.refresh_from_db()
    assert sender.status == "CONNECTED"


@pytest.mark.parametrize("role", [role for role in Role if role != Role.WHATSAPP_ADMIN])
@pytest.mark.parametrize(
    "name",
    [
        "verify",
        "code",
        "connect",
        "disconnect",
        "rename",
        "profile",
        "link",
        "qr",
        "photo",
        "replace",
    ],
)
def test_only_whatsapp_admins_reach_a_sender(
    office: Office, client: Client, role: Role, name: str
) -> None:
    client.force_login(UserFactory(company=office.meta.world.company, role=role))
    sender = office.meta.world.sender
    address = reverse(f"whatsapp:sender_{name}", args=[sender.pk])
    assert {client.get(address).status_code, client.post(address).status_code} <= {403, 405}
    for name in ("add", "read"):
        assert client.get(reverse(f"whatsapp:sender_{name}")).status_code == 403


def test_a_link_keeps_its_text_for_each_job(office: Office, client: Client) -> None:
    client.force_login(office.wanda)
    job = JobFactory(company=office.meta.world.company, title="Concierge & bar")
    sender = office.sender()
    address = reverse("whatsapp:sender_link", args=[sender.pk])
    start = "https://wa.me/254700555001"
    assert f'value="{start}"' in client.get(address).content.decode()
    proposed = "Concierge%20%26%20bar"
    assert proposed in client.get(address, {"job": job.pk}).content.decode()
    given = {"job": job.pk, "shown": job.pk, "text": "Concierge, please"}
    assert b"Kept:" in client.post(address, given).content
    again = client.get(address, {"job": job.pk}).content.decode()
    assert f"{start}?text=Concierge%2C%20please" in again
    assert f'value="{start}"' in client.get(address).content.decode()
    # Another job was chosen without scripts: it is shown, and nothing is kept.
    client.post(address, {"job": "", "shown": job.pk, "text": "Concierge, please"})
    assert f'value="{start}"' in client.get(address).content.decode()
    assert SenderLink.objects.count() == 1
    too_long = client.post(address, {"job": "", "shown": "", "text": "x" * 301})
    assert too_long.status_code == 422 and b"301 characters" in too_long.content
    code = reverse("whatsapp:sender_qr", args=[sender.pk])
    assert b"<svg" in client.get(code, {"job": job.pk}).content
    assert client.get(code, {"kind": "png"}).content.startswith(b"\x89PNG")


def test_a_friendly_name_is_given_once(office: Office) -> None:
    sender = office.add()
    with refused(P.FRIENDLY_NAME_TAKEN):
        office.add("+390655501199", friendly_name="rome Hiring")
    other = office.add("+390655501199")
    given: dict[str, Any] = {"label": "", "by": office.wanda, "now": office.now}
    with refused(P.FRIENDLY_NAME_TAKEN):
        numbers.rename_number(sender=other, friendly_name=sender.friendly_name, **given)
    numbers.rename_number(sender=sender, friendly_name=sender.friendly_name, **given)
    # Of a sender that is gone it is free again.
    Sender.objects.filter(pk=sender.pk).update(is_gone=True)
    numbers.rename_number(sender=other, friendly_name=sender.friendly_name, **given)


def test_the_profile_is_drawn_before_meta_is_asked(office: Office, client: Client) -> None:
    sender = office.verified()
    office.connect(sender)
    client.force_login(office.wanda)
    url = reverse("whatsapp:sender_profile", kwargs={"sender_id": sender.pk})
    page = client.get(url, headers={"HX-Request": "true"}).content.decode()
    sender.refresh_from_db()
    assert sender.profile_read_at is None and "Reading from Meta" in page
    client.get(f"{url}?read", headers={"HX-Request": "true"})
    sender.refresh_from_db()
    assert sender.profile_read_at is not None


def test_a_profile_that_meta_does_not_give_is_shown_as_it_was_read(
    office: Office, client: Client, settings: Any
) -> None:
    sender = office.verified()
    office.connect(sender)
    number_profile.read_profile(sender=sender, now=office.now)
    client.force_login(office.wanda)
    url = reverse("whatsapp:sender_profile", kwargs={"sender_id": sender.pk})
    settings.WHATSAPP = {**settings.WHATSAPP, "GRAPH_URL": "http://127.0.0.1:9"}
    page = client.get(f"{url}?read", headers={"HX-Request": "true"}).content.decode()
    assert "Meta does not answer at the moment." in page and "This is as it was read on" in page


def test_a_sender_that_is_switched_off_is_not_offered_for_sending(office: Office) -> None:
    """Where none can send, they stay, because the composer says why."""
    first, second = office.sender(), office.verified()
    assert senders_to_choose() == [first]
    Sender.objects.update(status="DISCONNECTED")
    assert [one.pk for one in senders_to_choose()] == [first.pk, second.pk]
    [_, row] = sender_table(now=office.now).rows
    assert (row.status, row.quality_tone) == ("Disconnected", "")


def test_a_full_account_says_so_before_anything_is_typed(office: Office, client: Client) -> None:
    office.meta.stack.control("businesses", name="Caravella Hotels", tier="TIER_250")
    office.add()
    client.force_login(office.wanda)
    page = client.get(reverse("whatsapp:sender_add")).content.decode()
    assert ("Meta allows no further number yet" in page) == (
        sender_table(now=office.now).caps[0].is_full
    )
    assert sender_table(now=office.now).caps[0].is_full


def test_another_sender_can_be_chosen_where_the_chosen_one_cannot_send(
    office: Office, client: Client
) -> None:
    off, candidate = office.verified(), office.meta.world.conversation.contact.candidate
    client.force_login(office.meta.world.alice)
    assert candidate is not None
    url = reverse("whatsapp:candidate_composer", kwargs={"candidate_id": candidate.pk})
    page = client.get(url, {"sender": off.pk}, headers={"HX-Request": "true"})
    assert page.context["composer"].mode == "refused"
    html = page.content.decode()
    assert f"{off.name}: cannot send" in html and office.sender().name in html
