"""Faults on request: failing, lost, held and slow answers; what the control API refuses."""

import threading
import time

import pytest
import requests

from tests.sandbox.conftest import AMINA, Meta, wait_for, wamid_of


def test_the_next_calls_fail_as_told(meta: Meta) -> None:
    meta.control("fail", count=2, code=131016, match="/messages$", message="Try later")
    assert meta.graph("GET", meta.waba).status_code == 200
    for _ in range(2):
        refused = meta.template()
        assert refused.status_code == 500
        assert refused.json()["error"]["message"] == "(#131016) Try later"
    wamid_of(meta.template())
    meta.control("fail", count=1, code=2, http_status=502)
    assert meta.graph("GET", meta.waba).status_code == 502


def test_an_answer_can_be_lost_after_the_message_was_taken(meta: Meta) -> None:
    meta.control("fail", count=1, code=0, match="/messages$", after_accept=True)
    with pytest.raises(requests.ConnectionError):
        meta.template(biz_opaque_callback_data="row-7")
    assert [m["biz_opaque_callback_data"] for m in meta.on_phone()] == ["row-7"]
    assert wait_for(lambda: len(meta.told("statuses")) == 2)
    wamid_of(meta.template())
    assert len(meta.on_phone()) == 2


def test_an_answer_can_be_held_back(meta: Meta) -> None:
    meta.control("hang", count=1, match="/messages$")
    answers: list[requests.Response] = []
    url, token = f"{meta.base}/v26.0/{meta.number}/messages", meta.token
    template = {"name": "plain", "language": {"code": "en_US"}}
    payload = {"messaging_product": "whatsapp", "to": AMINA, "type": "template"}

    def call() -> None:
        headers = {"Authorization": f"Bearer {token}"}
        given = payload | {"template": template}
        answers.append(requests.post(url, json=given, headers=headers, timeout=10))

    thread = threading.Thread(target=call)
    thread.start()
    assert wait_for(lambda: meta.ask("hang")["held"] == 1)
    assert len(meta.on_phone()) == 1
    assert not answers
    assert meta.control("unhang")["released"] == 1
    thread.join(5)
    wamid_of(answers[0])
    assert meta.ask("hang")["held"] == 0


def test_a_caller_that_dies_is_no_longer_held(meta: Meta) -> None:
    meta.control("hang", count=1, match="/messages$")
    with pytest.raises(requests.ReadTimeout):
        meta.http.post(
            f"{meta.base}/v26.0/{meta.number}/messages",
            json={"messaging_product": "whatsapp", "to": AMINA, "text": {"body": "Hi"}},
            headers={"Authorization": f"Bearer {meta.token}"},
            timeout=0.2,
        )
    assert wait_for(lambda: meta.ask("hang")["held"] == 0)


def test_a_held_answer_can_have_a_limit(meta: Meta) -> None:
    meta.control("hang", count=1, match="/messages$", seconds=0.1)
    wamid_of(meta.template())


def test_answers_can_be_slow(meta: Meta) -> None:
    meta.control("latency", ms=150)
    began = time.monotonic()
    meta.graph("GET", meta.waba)
    assert time.monotonic() - began >= 0.15


def test_the_clock_goes_both_ways(meta: Meta) -> None:
    assert meta.control("clock", set="2027-03-01T10:00:00+00:00")["now"].startswith("2027-03-01")
    wamid = wamid_of(meta.template())
    meta.control("clock", set="2026-03-01T10:00:00+00:00")
    assert wait_for(lambda: meta.statuses(wamid) == ["sent", "delivered"])


def test_the_control_api_says_what_is_wrong(meta: Meta) -> None:
    for path, given in (
        ("businesses", {"numbers": []}),
        ("businesses", {"name": "X", "tier": "HUGE"}),
        ("token", {"waba_id": "1"}),
        ("inbound", {"from": "abc", "to": meta.number}),
        ("inbound", {"from": AMINA, "to": "999"}),
        ("read", {"number": "+254799999999"}),
        ("webhooks", {"statuses": "maybe"}),
        ("clock", {"set": "yesterday"}),
    ):
        answer = requests.post(f"{meta.base}/_control/{path}", json=given, timeout=5)
        assert answer.status_code == 400, path
        assert answer.json()["ok"] is False
        assert answer.json()["error"]
    assert requests.post(f"{meta.base}/_control/nothing", timeout=5).status_code == 404


def test_the_log_shows_calls_without_secrets(meta: Meta) -> None:
    meta.graph("GET", f"{meta.waba}?access_token={meta.token}", token="")
    lines = meta.ask("log?since=0")["lines"]
    assert lines[-1]["what"] == f"GET /v26.0/{meta.waba}"
    assert meta.token not in str(lines)
    assert meta.ask(f"log?since={lines[-1]['seq']}")["lines"] == []
    assert meta.ask("state")["numbers"] == 1
