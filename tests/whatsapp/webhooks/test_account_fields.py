"""What Meta says of an account and its numbers: kept, shown, and told to the admins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from ats.models import Role
from ats.tenancy import company_scope
from tests.factories.ats import UserFactory
from tests.factories.whatsapp import NOW, World
from tests.whatsapp import payloads
from whatsapp.connection import notices
from whatsapp.connection.listings import store_numbers
from whatsapp.connection.standing import note_ban, note_review, restricted_now
from whatsapp.connection.sync import break_connection
from whatsapp.meta.types import PhoneNumber
from whatsapp.models import AdminNotice, Connection, PortfolioLimit, Sender, Waba, WebhookItem
from whatsapp.policy.notice_sentences import words_for
from whatsapp.selectors.senders import sender_table

pytestmark = pytest.mark.django_db
Apply = Callable[..., bool]


def tell(world: World, client: Client, field: str, value: dict[str, Any], time: int = 1) -> None:
    change = {"field": field, "value": value}
    entry = {"id": world.sender.waba.waba_id, "time": time, "changes": [change]}
    payloads.post(client, {"object": "whatsapp_business_account", "entry": [entry]})


def told(world: World) -> list[str]:
    with company_scope(world.company):
        return list(AdminNotice.objects.order_by("pk").values_list("kind", flat=True))


def waba(world: World) -> Waba:
    with company_scope(world.company):
        return Waba.objects.get()


@pytest.mark.parametrize(
    ("decision", "status", "name", "letters"),
    [
        ("APPROVED", "APPROVED", "Caravella Jobs", []),
        ("REJECTED", "DECLINED", "Caravella Hotels Careers", ["name_refused"]),
        ("DEFERRED", "PENDING_REVIEW", "Caravella Hotels Careers", []),
    ],
)
def test_a_decision_about_a_display_name_is_shown_at_once(
    world: World,
    client: Client,
    apply_all: Apply,
    decision: str,
    status: str,
    name: str,
    letters: list[str],
) -> None:
    value = {
        "display_phone_number": "254700555001",
        "decision": decision,
        "requested_verified_name": "Caravella Jobs",
        "rejection_reason": "NAME_NOT_CONSISTENT" if decision == "REJECTED" else None,
    }
    tell(world, client, "phone_number_name_update", value)
    apply_all()
    with company_scope(world.company):
        sender = Sender.objects.get()
    assert (sender.name_status, sender.verified_name) == (status, name)
    assert told(world) == letters


def test_restrictions_hold_until_their_end_and_are_told_once(
    world: World, client: Client, apply_all: Apply
) -> None:
    end = int((NOW + timedelta(days=3)).timestamp())
    value = {
        "event": "ACCOUNT_RESTRICTION",
        "restriction_info": [
            {"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": end},
            {"restriction_type": "RESTRICTED_ADD_PHONE_NUMBER_ACTION"},
        ],
    }
    tell(world, client, "account_update", value)
    apply_all()
    assert set(restricted_now(waba(world), now=NOW)) == {
        "RESTRICTED_BIZ_INITIATED_MESSAGING",
        "RESTRICTED_ADD_PHONE_NUMBER_ACTION",
    }
    later = NOW + timedelta(days=4)
    assert set(restricted_now(waba(world), now=later)) == {"RESTRICTED_ADD_PHONE_NUMBER_ACTION"}
    WebhookItem.objects.update(state="waiting", next_try_at=NOW)
    apply_all()
    assert told(world) == ["restricted", "restricted"]


def test_a_ban_is_told_and_ends_with_reinstatement(
    world: World, client: Client, apply_all: Apply
) -> None:
    for number, state in enumerate(("SCHEDULE_FOR_DISABLE", "DISABLE", "REINSTATE")):
        ban = {"waba_ban_state": state, "waba_ban_date": "November 20, 2026"}
        tell(world, client, "account_update", {"event": "DISABLED_UPDATE", "ban_info": ban}, number)
        apply_all()
        assert waba(world).ban_state == ("" if state == "REINSTATE" else state)
    assert told(world) == ["banned", "banned"]


def heard(world: World, *words: tuple[str, str, int]) -> tuple[str, str]:
    """Each with the minute at which it reached us, in the order in which they are applied."""
    with company_scope(world.company):
        for what, word, minute in words:
            at = NOW + timedelta(minutes=minute)
            if what == "ban":
                note_ban(waba=world.sender.waba, state=word, at=at, now=NOW)
            else:
                note_review(waba=world.sender.waba, decision=word, at=at, now=NOW)
    row = waba(world)
    return row.review, row.ban_state


def test_a_ban_is_not_lost_behind_a_review_that_is_applied_before_it(world: World) -> None:
    assert heard(world, ("review", "APPROVED", 5), ("ban", "DISABLE", 1)) == ("APPROVED", "DISABLE")
    assert told(world) == ["banned"]


def test_the_same_word_again_makes_what_was_said_in_between_old(world: World) -> None:
    """Approved, rejected, approved: the last is applied before the rejection is."""
    words = ("review", "APPROVED", 1), ("review", "APPROVED", 3), ("review", "REJECTED", 2)
    assert heard(world, *words) == ("APPROVED", "")
    bans = ("ban", "DISABLE", 1), ("ban", "REINSTATE", 3), ("ban", "DISABLE", 2)
    assert heard(world, *bans) == ("APPROVED", "")
    assert told(world) == ["banned"]


def test_what_needs_somebody_becomes_a_letter_and_what_does_not_does_not(
    world: World, client: Client, apply_all: Apply
) -> None:
    violation = {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "ADULT_GOODS"}}
    tell(world, client, "account_update", violation)
    tell(world, client, "account_review_update", {"decision": "REJECTED"})
    for severity in ("CRITICAL", "INFORMATIONAL"):
        info = {"alert_severity": severity, "alert_status": "ACTIVE", "alert_type": "OBA_REJECTED"}
        tell(world, client, "account_alerts", {"entity_type": "BUSINESS", "alert_info": info})
    pin = {"display_phone_number": "254700555001", "event": "PIN_CHANGED", "requester": "1"}
    tell(world, client, "security", pin)
    apply_all()
    assert waba(world).review == "REJECTED"
    assert sorted(told(world)) == ["alert", "pin", "review_refused", "violation"]
    with company_scope(world.company):
        row = AdminNotice.objects.get(kind="violation")
    words = "Caravella Careers broke a rule: adult goods."
    assert words in words_for(row.kind, row.data).text
    assert {row.state for row in WebhookItem.objects.all()} == {"applied"}


def test_every_one_of_them_has_the_account_read_again(
    world: World, client: Client, apply_all: Apply
) -> None:
    tell(world, client, "account_update", {"event": "PARTNER_REMOVED"})
    apply_all()
    with company_scope(world.company):
        connection = Connection.objects.get()
    # Whether access is lost, Meta says when it is asked: the delivery may be an old one.
    assert (connection.state, connection.sync_wanted_at) == ("connected", NOW)
    assert waba(world).heard_at == NOW


@pytest.mark.parametrize(
    ("before", "after", "letters"),
    [
        ("GREEN", "YELLOW", ["quality_fell"]),
        ("YELLOW", "RED", ["quality_fell"]),
        ("RED", "GREEN", []),
        ("UNKNOWN", "RED", []),
        ("GREEN", "UNKNOWN", []),
    ],
)
def test_a_fall_in_quality_warns_the_admins(
    world: World, before: str, after: str, letters: list[str]
) -> None:
    with company_scope(world.company):
        Sender.objects.update(quality_rating=before)
        number = PhoneNumber(
            world.sender.phone_number_id, "+254 700 555 001", "Caravella", quality_rating=after
        )
        for _ in range(2):
            store_numbers(world.sender.waba, [number], at=NOW)
    assert told(world) == letters


def test_admins_get_one_letter_for_a_broken_login_and_nobody_else_does(world: World) -> None:
    wanda = UserFactory(company=world.company, role=Role.WHATSAPP_ADMIN)
    gone = UserFactory(company=world.company, role=Role.WHATSAPP_ADMIN, is_active=False)
    with company_scope(world.company):
        connection = Connection.objects.get()
        for _ in range(2):
            break_connection(connection, cause="The session has expired.", now=NOW)
    notices.drain(lambda: NOW)
    notices.drain(lambda: NOW + timedelta(hours=1))
    [letter] = mail.outbox
    assert letter.to == [wanda.email] and gone.email not in letter.to
    assert "needs a new login" in letter.subject
    assert "The session has expired." in letter.body and "/whatsapp/configuration/" in letter.body


def test_a_letter_that_the_mail_server_refuses_is_tried_again(world: World, settings: Any) -> None:
    UserFactory(company=world.company, role=Role.WHATSAPP_ADMIN)
    with company_scope(world.company):
        break_connection(Connection.objects.get(), cause="", now=NOW)
    works = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    notices.drain(lambda: NOW)
    assert mail.outbox == []
    settings.EMAIL_BACKEND = works
    notices.drain(lambda: NOW + timedelta(seconds=29))
    assert mail.outbox == []
    notices.drain(lambda: NOW + timedelta(seconds=31))
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("decision", "status", "letters"),
    [("APPROVED", "APPROVED", ["name_approved"]), ("REJECTED", "DECLINED", ["name_refused"])],
)
def test_a_name_that_was_asked_for_later_waits_to_be_put_into_force(
    world: World,
    client: Client,
    apply_all: Apply,
    decision: str,
    status: str,
    letters: list[str],
) -> None:
    with company_scope(world.company):
        Sender.objects.update(new_display_name="Caravella Jobs", new_name_status="PENDING_REVIEW")
    value = {
        "display_phone_number": "254700555001",
        "decision": decision,
        "requested_verified_name": "Caravella Jobs",
        "rejection_reason": "NAME_NOT_CONSISTENT" if decision == "REJECTED" else None,
    }
    tell(world, client, "phone_number_name_update", value)
    apply_all()
    with company_scope(world.company):
        sender = Sender.objects.get()
    assert (sender.verified_name, sender.new_name_status) == ("Caravella Hotels Careers", status)
    assert sender.name_rejection == ("NAME_NOT_CONSISTENT" if decision == "REJECTED" else "")
    assert told(world) == letters


@pytest.mark.parametrize("odd", ["many", -1, 10**30, True, None])
def test_how_many_numbers_meta_allows_is_learned(
    world: World, client: Client, apply_all: Apply, odd: object
) -> None:
    for most in (5, odd):
        value = {"max_daily_conversations_per_business": "TIER_250"}
        tell(
            world,
            client,
            "business_capability_update",
            value | {"max_phone_numbers_per_business": most},
        )
        apply_all()
    assert PortfolioLimit.objects.get().most_numbers == 5
    with company_scope(world.company):
        [cap] = sender_table(now=NOW).caps
    assert (cap.used, cap.most) == (1, 5)
