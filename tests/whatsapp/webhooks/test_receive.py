"""Meta's POST: verified over the raw bytes, stored once, answered at once."""

from __future__ import annotations

import json

import pytest
from django.conf import settings
from django.test import Client

from tests.whatsapp import payloads
from whatsapp import jobs
from whatsapp.meta.signatures import sign
from whatsapp.models import EventState, WebhookEvent

pytestmark = pytest.mark.django_db
BODY = {"object": "whatsapp_business_account", "entry": []}


def test_a_signed_delivery_is_stored_as_it_came(client: Client) -> None:
    raw = b'{"object": "whatsapp_business_account", "entry": [], "note": "\\u00e9"}'
    assert payloads.post(client, raw).status_code == 200
    event = WebhookEvent.objects.get()
    assert bytes(event.body) == raw
    assert event.state == EventState.NEW


@pytest.mark.parametrize(
    "header",
    [
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        "sha1=" + "0" * 40,
        sign("another-secret", json.dumps(BODY).encode()),
        sign("another-secret", b"another body"),
    ],
    ids=["empty", "no digest", "zeros", "sha1", "another secret", "another body"],
)
def test_a_forged_delivery_is_refused_and_leaves_nothing(client: Client, header: str) -> None:
    answer = payloads.post(client, BODY, **{"X-Hub-Signature-256": header})
    assert answer.status_code == 403
    assert not WebhookEvent.objects.exists()


def test_an_unsigned_delivery_is_refused(client: Client) -> None:
    answer = client.post("/whatsapp/webhook/", b"{}", content_type="application/json")
    assert answer.status_code == 403
    assert not WebhookEvent.objects.exists()


def test_a_body_changed_on_its_way_is_refused(client: Client) -> None:
    raw = json.dumps(BODY).encode()
    header = {"X-Hub-Signature-256": sign(settings.WHATSAPP["APP_SECRET"], raw)}
    assert payloads.post(client, raw + b" ", **header).status_code == 403
    assert not WebhookEvent.objects.exists()


def test_without_a_secret_everything_is_refused(client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    settings.WHATSAPP = {**settings.WHATSAPP, "APP_SECRET": ""}
    header = {"X-Hub-Signature-256": sign("", json.dumps(BODY).encode())}
    assert payloads.post(client, BODY, **header).status_code == 403
    assert not WebhookEvent.objects.exists()


def test_a_body_larger_than_meta_sends_is_refused(client: Client) -> None:
    raw = b'{"object":"' + b"x" * (3 * 1024 * 1024) + b'"}'
    assert payloads.post(client, raw).status_code == 413
    assert not WebhookEvent.objects.exists()


def test_a_lost_broker_loses_no_delivery(
    client: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks
) -> None:  # type: ignore[no-untyped-def]
    closed = jobs._redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=1)
    monkeypatch.setattr(jobs, "_redis", closed)
    with django_capture_on_commit_callbacks(execute=True):
        assert payloads.post(client, BODY).status_code == 200
    assert WebhookEvent.objects.count() == 1


def test_verification_answers_the_challenge_to_our_token_only(client: Client) -> None:
    ask = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
    right = client.get(
        "/whatsapp/webhook/", {**ask, "hub.verify_token": settings.WHATSAPP["VERIFY_TOKEN"]}
    )
    assert (right.status_code, right.content) == (200, b"1158201444")
    assert client.get("/whatsapp/webhook/", {**ask, "hub.verify_token": "x"}).status_code == 403
    assert client.get("/whatsapp/webhook/", ask).status_code == 403


def test_a_body_beyond_everything_is_refused_in_plain_words(client: Client) -> None:
    answer = payloads.post(client, b"x" * (7 * 1024 * 1024))
    assert (answer.status_code, answer.content) == (413, b"The body is too large.")


def test_a_body_without_a_length_is_not_called_a_forgery(client: Client) -> None:
    answer = client.generic("POST", "/whatsapp/webhook/", headers={"Transfer-Encoding": "chunked"})
    assert answer.status_code == 411
