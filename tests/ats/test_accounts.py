"""Signing in, the pause after wrong passwords, a new password, one's own account."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from ats.models import User
from ats.throttling import client_address
from tests.factories.ats import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def _sign_in(client: Client, email: str, password: str = PASSWORD) -> int:
    answer = client.post(reverse("login"), {"username": email, "password": password})
    return answer.status_code


def test_the_case_of_the_address_does_not_matter(client: Client) -> None:
    UserFactory(email="Alice@Caravella.example")
    assert _sign_in(client, "ALICE@caravella.EXAMPLE") == 302
    assert client.get(reverse("ats:candidates")).status_code == 200


def test_two_people_cannot_differ_in_case_only() -> None:
    UserFactory(email="alice@caravella.example")
    with pytest.raises(IntegrityError), transaction.atomic():
        UserFactory(email="ALICE@caravella.example")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.update(email="Alice@caravella.example")


def test_a_wrong_password_says_what_to_do_and_keeps_the_address(client: Client) -> None:
    UserFactory(email="alice@caravella.example")
    answer = client.post(
        reverse("login"), {"username": "alice@caravella.example", "password": "wrong"}
    )
    assert "do not belong together" in answer.content.decode()
    assert 'value="alice@caravella.example"' in answer.content.decode()


def test_five_wrong_passwords_pause_the_sign_in_whatever_the_case(client: Client) -> None:
    UserFactory(email="alice@caravella.example")
    spellings = ["alice@caravella.example", "Alice@caravella.example", "ALICE@CARAVELLA.EXAMPLE"]
    for attempt in range(5):
        _sign_in(client, spellings[attempt % 3], "wrong")
    answer = client.post(
        reverse("login"), {"username": "alice@caravella.example", "password": PASSWORD}
    )
    assert answer.status_code == 429
    assert "15 minutes" in answer.content.decode()
    assert reverse("password_reset") in answer.content.decode()


def test_the_pause_is_for_one_person_from_one_place(client: Client) -> None:
    UserFactory(email="alice@caravella.example")
    UserFactory(email="bob@caravella.example")
    for _ in range(5):
        _sign_in(client, "alice@caravella.example", "wrong")
    assert _sign_in(client, "bob@caravella.example") == 302
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert _sign_in(elsewhere, "alice@caravella.example") == 302


def test_a_closed_account_cannot_sign_in(client: Client) -> None:
    UserFactory(email="alice@caravella.example", is_active=False)
    assert _sign_in(client, "alice@caravella.example") == 200


def test_a_new_password_comes_by_mail_and_the_link_works_once(client: Client) -> None:
    UserFactory(email="alice@caravella.example", full_name="Alice Ferrante")
    client.post(reverse("password_reset"), {"email": "ALICE@caravella.example"})
    [message] = mail.outbox
    assert message.subject == "Choose a new password"
    assert "Hello Alice" in message.body
    link = re.search(r"http://\S+", message.body)
    assert link is not None
    page = client.get(link[0], follow=True)
    chosen = {"new_password1": "another-long-one-77", "new_password2": "another-long-one-77"}
    assert client.post(page.request["PATH_INFO"], chosen).status_code == 302
    assert _sign_in(client, "alice@caravella.example", "another-long-one-77") == 302
    assert "no longer works" in Client().get(link[0], follow=True).content.decode()


def test_an_unknown_address_gets_the_same_answer_and_no_mail(client: Client) -> None:
    answer = client.post(reverse("password_reset"), {"email": "nobody@caravella.example"})
    assert answer["Location"] == reverse("password_reset_done")
    assert mail.outbox == []


def test_the_account_page_and_changing_the_password(client: Client) -> None:
    alice = UserFactory(full_name="Alice Ferrante")
    client.force_login(alice)
    page = client.get(reverse("account")).content.decode()
    assert "Alice Ferrante" in page and alice.company.name in page
    wrong = {"old_password": "no", "new_password1": "long-enough-9", "new_password2": "other"}
    refused = client.post(reverse("password_change"), wrong).content.decode()
    assert "2 fields below need another look" in refused
    right = {
        "old_password": PASSWORD,
        "new_password1": "long-enough-92",
        "new_password2": "long-enough-92",
    }
    assert client.post(reverse("password_change"), right)["Location"] == reverse("account")
    client.post(reverse("logout"))
    assert client.get(reverse("account")).status_code == 302


def test_people_begin_where_they_work(client: Client) -> None:
    assert client.get("/")["Location"] == reverse("login")
    client.force_login(UserFactory())
    assert client.get("/")["Location"] == reverse("ats:candidates")
    client.force_login(UserFactory(company=None, is_staff=True, is_superuser=True))
    assert client.get("/")["Location"] == reverse("admin:index")
    assert client.get(reverse("ats:candidates")).status_code == 404


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "203.0.113.9", "10.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.7, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (1, "", "10.0.0.1"),
        (2, "203.0.113.9", "10.0.0.1"),
    ],
)
def test_failed_sign_ins_are_counted_for_the_address_our_own_proxy_wrote(
    settings: Any, rf: Any, proxies: int, forwarded: str, expected: str
) -> None:
    settings.PROXY_COUNT = proxies
    request = rf.get("/", REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": forwarded})
    assert client_address(request) == expected
