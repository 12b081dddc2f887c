"""Webhooks: their bytes, their batches, and that none is ever lost."""

import hashlib
import hmac
import time

from tests.sandbox.conftest import AMINA, APP_SECRET, Meta, Post, wait_for, wamid_of


def test_the_signature_is_over_the_raw_bytes(meta: Meta) -> None:
    meta.writes("Grüße aus Zürich ☕")
    post = wait_for(meta.posts)[0]
    assert b"\\u00fc" in post.raw
    assert "☕" not in post.raw.decode("ascii")
    expected = hmac.new(APP_SECRET.encode(), post.raw, hashlib.sha256).hexdigest()
    assert post.headers["x-hub-signature-256"] == f"sha256={expected}"
    assert post.headers["content-type"] == "application/json"
    assert meta.told("messages")[0]["text"]["body"] == "Grüße aus Zürich ☕"


def test_an_inbound_message_has_the_envelope_of_meta(meta: Meta) -> None:
    wamid = meta.writes("Good morning", profile_name="Amina N.")
    post = wait_for(meta.posts)[0]
    assert post.json["object"] == "whatsapp_business_account"
    entry = post.json["entry"][0]
    assert entry["id"] == meta.waba
    change = entry["changes"][0]
    assert change["field"] == "messages"
    value = change["value"]
    assert value["metadata"] == {
        "display_phone_number": "254700555001",
        "phone_number_id": meta.number,
    }
    contact = value["contacts"][0]
    assert contact["profile"] == {"name": "Amina N."}
    message = value["messages"][0]
    assert message["timestamp"].isdigit()
    assert message == {
        "from": AMINA[1:],
        "from_user_id": contact["user_id"],
        "id": wamid,
        "timestamp": message["timestamp"],
        "type": "text",
        "text": {"body": "Good morning"},
    }


def test_statuses_come_in_order_with_price_and_callback_data(meta: Meta) -> None:
    wamid = wamid_of(meta.template(biz_opaque_callback_data="row-5"))
    wait_for(lambda: "delivered" in meta.statuses(wamid))
    meta.control("read", number=AMINA, wamid=wamid)
    wait_for(lambda: "read" in meta.statuses(wamid))
    assert meta.statuses(wamid) == ["sent", "delivered", "read"]
    sent, delivered, read = meta.told("statuses")
    for status in (sent, delivered, read):
        assert status["biz_opaque_callback_data"] == "row-5"
        assert status["recipient_id"] == AMINA[1:]
        assert status["recipient_user_id"].startswith("KE.")
        assert status["timestamp"].isdigit()
    for status in (sent, delivered):
        assert status["pricing"] == {
            "billable": True,
            "pricing_model": "PMP",
            "type": "regular",
            "category": "marketing",
        }
        assert status["conversation"]["origin"] == {"type": "marketing"}
    assert "pricing" not in read
    assert "contacts" in meta.posts()[0].values()[0]


def test_free_and_charged_follow_the_date(meta: Meta) -> None:
    for day, kind in (("2026-09-30T12:00:00", "free_customer_service"), ("2026-10-02", "regular")):
        meta.control("clock", set=day)
        meta.writes()
        wamid = wamid_of(meta.text())
        wait_for(lambda w=wamid: "sent" in meta.statuses(w))
        status = next(s for s in meta.told("statuses") if s["id"] == wamid)
        assert status["pricing"]["type"] == kind


def test_what_is_due_together_goes_in_one_post(meta: Meta) -> None:
    meta.control("webhooks", hold=True)
    wamids = [meta.writes(str(n)) for n in range(30)]
    assert meta.ask("webhooks")["pending"] == 30
    assert meta.posts() == []
    meta.control("webhooks/release")
    assert wait_for(lambda: len(meta.told("messages")) == 30)
    assert len(meta.posts()) == 1
    assert [m["id"] for m in meta.told("messages")] == wamids
    assert meta.ask("webhooks")["pending"] == 0


def test_a_post_stays_within_three_megabytes(meta: Meta) -> None:
    meta.control("webhooks", hold=True)
    for _ in range(4):
        meta.writes("x" * 1_000_000)
    meta.control("webhooks/release")
    assert wait_for(lambda: len(meta.told("messages")) == 4)
    assert max(len(p.raw) for p in meta.posts()) <= 3_000_000


def test_anything_but_200_is_tried_again_with_back_off(meta: Meta) -> None:
    meta.control("webhooks", retry_base_ms=50)
    meta.receiver.answers.extend([503, 500, 301, 204])
    wamid = meta.writes()
    assert wait_for(lambda: len(meta.posts()) == 5)
    assert wait_for(lambda: meta.ask("webhooks")["pending"] == 0)
    assert {m["id"] for m in meta.told("messages")} == {wamid}
    assert len({p.raw for p in meta.posts()}) == 1
    waits = [b.at - a.at for a, b in zip(meta.posts(), meta.posts()[1:], strict=False)]
    for wait, least in zip(waits, (0.05, 0.1, 0.2, 0.4), strict=True):
        assert wait >= least * 0.9
    assert meta.ask("webhooks")["failed_attempts"] == 4


def test_a_receiver_that_is_away_gets_it_when_back(meta: Meta) -> None:
    meta.control("webhooks", url="http://127.0.0.1:9/", retry_base_ms=60_000)
    meta.writes()
    assert wait_for(lambda: meta.ask("webhooks")["failed_attempts"] == 1)
    meta.control("webhooks", url=meta.receiver.url + meta.hook)
    meta.control("clock", advance=61)
    assert wait_for(lambda: meta.told("messages"))


def test_after_seven_days_it_is_given_up(meta: Meta) -> None:
    meta.control("webhooks", url="http://127.0.0.1:9/", retry_base_ms=60_000)
    meta.writes()
    assert wait_for(lambda: meta.ask("webhooks")["failed_attempts"] == 1)
    meta.control("clock", advance=7 * 24 * 3600 + 1)
    assert wait_for(lambda: meta.ask("webhooks")["pending"] == 0)


def test_events_can_be_sent_twice(meta: Meta) -> None:
    meta.control("webhooks", duplicate=3)
    meta.writes()
    assert wait_for(lambda: len(meta.posts()) == 3)
    assert len({p.raw for p in meta.posts()}) == 1


def test_the_order_can_be_mixed_up(meta: Meta) -> None:
    meta.control("webhooks", shuffle=True, hold=True)
    wamids = [meta.writes(str(n)) for n in range(40)]
    meta.control("webhooks/release")
    assert wait_for(lambda: len(meta.told("messages")) == 40)
    told = [m["id"] for m in meta.told("messages")]
    assert sorted(told) == sorted(wamids)
    assert told != wamids
    assert len(meta.posts()) > 1


def test_nothing_is_told_without_a_subscription(meta: Meta) -> None:
    meta.graph("DELETE", f"{meta.waba}/subscribed_apps")
    wamid = wamid_of(meta.template())
    assert wait_for(lambda: meta.status_of(wamid) == "delivered")
    assert meta.ask("webhooks")["pending"] == 0
    assert meta.posts() == []


def test_statuses_can_be_switched_off(meta: Meta) -> None:
    meta.control("webhooks", statuses="off")
    wamid = wamid_of(meta.template())
    assert wait_for(lambda: meta.status_of(wamid) == "delivered")
    assert meta.posts() == []


def test_an_envelope_of_ones_own_is_signed_and_delivered(meta: Meta) -> None:
    payload = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": []}]}
    meta.control("webhook", payload=payload)
    post = wait_for(meta.posts)[0]
    assert post.json == payload
    expected = hmac.new(APP_SECRET.encode(), post.raw, hashlib.sha256).hexdigest()
    assert post.headers["x-hub-signature-256"].endswith(expected)


def test_a_body_can_be_anything_and_unsigned(meta: Meta) -> None:
    meta.receiver.answers.extend([400, 400])
    meta.control("webhook", body="{not json", once=True)
    meta.control("webhook", body=["a list"], sign=False, once=True)
    assert wait_for(lambda: len(meta.posts()) == 2)
    text, listed = sorted(meta.posts(), key=lambda p: p.raw, reverse=True)
    assert (text.raw, listed.json) == (b"{not json", ["a list"])
    assert "x-hub-signature-256" in text.headers
    assert "x-hub-signature-256" not in listed.headers
    assert wait_for(lambda: meta.ask("webhooks")["pending"] == 0)


def test_a_post_holds_as_many_updates_as_asked(meta: Meta) -> None:
    meta.control("webhooks", hold=True, batch_max=7)
    wamids = [meta.writes(str(n)) for n in range(20)]
    meta.control("webhooks/release")
    assert wait_for(lambda: len(meta.told("messages")) == 20)
    assert sorted(m["id"] for m in meta.told("messages")) == sorted(wamids)
    assert sorted(len(p.values()[0]["messages"]) for p in meta.posts()) == [6, 7, 7]
    assert meta.control("webhooks", batch_max=5000)["batch_max"] == 1000


def test_nothing_is_lost_or_told_thrice_through_a_long_outage(meta: Meta) -> None:
    meta.control("webhooks", batch_max=3, duplicate=2, shuffle=True, retry_base_ms=10)
    meta.receiver.answers.extend([503] * 60)
    wamids = [meta.writes(str(n)) for n in range(20)]
    sent = wamid_of(meta.text("We are here"))
    assert wait_for(lambda: meta.ask("webhooks")["failed_attempts"] == 60, 20)
    assert wait_for(lambda: meta.ask("webhooks")["pending"] == 0, 20)

    def told() -> list[str]:
        taken = [Post(0, raw, {}) for raw in list(meta.receiver.taken[meta.hook])]
        return sorted(m["id"] for p in taken for v in p.values() for m in v.get("messages", []))

    assert wait_for(lambda: told() == sorted(wamids * 2))
    assert set(meta.statuses(sent)) == {"sent", "delivered"}


def test_the_verification_get_checks_the_challenge(meta: Meta) -> None:
    assert meta.control("verify-webhook")["verified"] is True
    wrong = meta.control("verify-webhook", verify_token="wrong")
    assert (wrong["verified"], wrong["status"]) == (False, 403)


def test_delivery_follows_within_moments(meta: Meta) -> None:
    began = time.monotonic()
    wamid = wamid_of(meta.template())
    assert wait_for(lambda: len(meta.statuses(wamid)) == 2)
    assert time.monotonic() - began < 1.5
