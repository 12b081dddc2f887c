"""What Meta says of an account heals here when Meta has taken it back, told or not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ats.models import User
from ats.tenancy import company_scope
from tests.stack import Stack
from tests.whatsapp.test_login import at_meta, begin, sync_now, wanda
from whatsapp.models import AdminNotice, Waba

__all__ = ["wanda"]
pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("sending"), pytest.mark.django_db]

NO_SENDS = "RESTRICTED_BIZ_INITIATED_MESSAGING"
NO_NUMBERS = "RESTRICTED_ADD_PHONE_NUMBER_ACTION"


@pytest.fixture
def logged_in(wanda: User, sandbox_alone: Stack, client: Client) -> User:
    client.get(at_meta(sandbox_alone, begin(client, wanda)["url"]))
    sync_now(wanda)
    return wanda


def waba_id(user: User) -> str:
    with company_scope(user.company_id):
        return Waba.objects.get().waba_id


def heard(user: User, *, minutes: int, ban: str = "DISABLE") -> None:
    """What Meta told so long ago."""
    at = timezone.now() - timedelta(minutes=minutes)
    kinds = {kind: {"at": at.isoformat(), "until": ""} for kind in (NO_SENDS, NO_NUMBERS)}
    with company_scope(user.company_id):
        Waba.objects.update(ban_state=ban, ban_told_at=at, restrictions=kinds)


def stands(user: User) -> tuple[str, list[str]]:
    with company_scope(user.company_id):
        row = Waba.objects.get()
    return row.ban_state, sorted(row.restrictions)


def test_a_reading_ends_what_an_account_that_can_send_does_not_have_any_more(
    logged_in: User,
) -> None:
    heard(logged_in, minutes=61)
    sync_now(logged_in)
    # Whether numbers can be added is no question of sending.
    assert stands(logged_in) == ("", [NO_NUMBERS])


def test_a_reading_does_not_doubt_what_was_told_a_moment_ago(logged_in: User) -> None:
    heard(logged_in, minutes=5)
    sync_now(logged_in)
    assert stands(logged_in) == ("DISABLE", [NO_NUMBERS, NO_SENDS])


@pytest.mark.parametrize(
    ("event", "left"),
    [
        ({}, ("", [])),
        (
            {"event": "ACCOUNT_RESTRICTION", "restriction_info": [{"restriction_type": NO_SENDS}]},
            ("", [NO_NUMBERS, NO_SENDS]),
        ),
        (
            {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}},
            ("DISABLE", [NO_NUMBERS, NO_SENDS]),
        ),
    ],
)
def test_a_new_login_ends_what_the_account_does_not_have_any_more(
    logged_in: User,
    sandbox_alone: Stack,
    client: Client,
    event: dict[str, Any],
    left: tuple[str, list[str]],
) -> None:
    if event:
        sandbox_alone.control("account", waba_id=waba_id(logged_in), **event)
    heard(logged_in, minutes=5)
    client.get(at_meta(sandbox_alone, begin(client, logged_in)["url"]))
    assert stands(logged_in) == left


def test_a_reading_finds_review_and_verification_as_they_are(
    logged_in: User, sandbox_alone: Stack
) -> None:
    with company_scope(logged_in.company_id):
        Waba.objects.update(business_verification="not_verified", name="Old")
    sandbox_alone.control("businesses/verified", waba_id=waba_id(logged_in), on=True)
    sandbox_alone.control("account/review", waba_id=waba_id(logged_in), decision="REJECTED")
    for _ in range(2):
        sync_now(logged_in)
    with company_scope(logged_in.company_id):
        row = Waba.objects.get()
        letters = list(AdminNotice.objects.values_list("kind", flat=True))
    assert (row.review, row.business_verification) == ("REJECTED", "verified")
    assert row.name == "Caravella Hotels"
    assert letters == ["review_refused"]
