"""Phones: on, off, blocked, reading, tapping; and the pages that show them."""

from typing import Any

import requests

from tests.sandbox.conftest import AMINA, Meta, wait_for, wamid_of


def page(meta: Meta, path: str) -> requests.Response:
    return requests.get(meta.base + path, timeout=5)


def act(meta: Meta, action: str, **form: Any) -> requests.Response:
    url = f"{meta.base}/phones/{AMINA}/{action}"
    form = {"sender": meta.number} | form
    return requests.post(url, form, headers={"accept": "application/json"}, timeout=5)


def test_a_phone_that_is_off_gets_its_messages_when_on(meta: Meta) -> None:
    meta.control("phones", number=AMINA, on=False)
    wamid = wamid_of(meta.template())
    assert wait_for(lambda: meta.statuses(wamid)) == ["sent"]
    meta.control("clock", advance=3600)
    assert meta.status_of(wamid) == "sent"
    meta.control("phones", number=AMINA, on=True)
    assert wait_for(lambda: meta.statuses(wamid) == ["sent", "delivered"])


def test_a_phone_that_blocked_the_company_keeps_it_at_sent(meta: Meta) -> None:
    meta.control("phones", number=AMINA, blocked=True)
    wamid = wamid_of(meta.template())
    assert wait_for(lambda: meta.statuses(wamid)) == ["sent"]
    meta.control("phones", number=AMINA, blocked=False)
    later = wamid_of(meta.template())
    assert wait_for(lambda: "delivered" in meta.statuses(later))
    assert meta.statuses(wamid) == ["sent"]


def test_without_read_receipts_reading_stays_private(meta: Meta) -> None:
    meta.control("phones", number=AMINA, read_receipts=False)
    wamid = wamid_of(meta.template())
    assert wait_for(lambda: meta.status_of(wamid) == "delivered")
    assert "1 new" in page(meta, f"/phones/{AMINA}").text.replace('<span class="u-sr"> new', " new")
    assert meta.control("read", number=AMINA)["read"] == 1
    assert 'class="count"' not in page(meta, f"/phones/{AMINA}").text
    assert wait_for(lambda: meta.ask("webhooks")["pending"] == 0)
    assert meta.statuses(wamid) == ["sent", "delivered"]


def test_opening_the_chat_marks_it_read(meta: Meta) -> None:
    wamid = wamid_of(meta.template())
    assert wait_for(lambda: meta.status_of(wamid) == "delivered")
    assert act(meta, "open").json() == {"ok": True}
    assert wait_for(lambda: meta.statuses(wamid)[-1] == "read")


def test_a_person_can_write_first(meta: Meta) -> None:
    assert act(meta, "write", text="Is the job still open?").json() == {"ok": True}
    message = wait_for(lambda: meta.told("messages"))[0]
    assert message["text"]["body"] == "Is the job still open?"
    wamid_of(meta.text("It is."))
    shown = page(meta, f"/phones/{AMINA}")
    assert "Is the job still open?" in shown.text
    assert "unsafe-inline" not in shown.headers["content-security-policy"]


def test_their_ticks_follow_the_product(meta: Meta) -> None:
    meta.control("webhooks", hold=True)
    wamid = meta.writes()
    assert meta.status_of(wamid) == "sent"
    meta.control("webhooks/release")
    assert wait_for(lambda: meta.status_of(wamid) == "delivered")
    mark = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
    meta.graph("POST", f"{meta.number}/messages", json=mark)
    assert meta.status_of(wamid) == "read"


def test_tapping_a_quick_reply_answers_with_its_payload(meta: Meta) -> None:
    words = [{"type": "text", "text": "Friday"}]
    button = {
        "type": "button",
        "sub_type": "quick_reply",
        "index": "0",
        "parameters": [{"type": "payload", "payload": "confirm:42"}],
    }
    link = {"type": "button", "sub_type": "url", "index": "1", "parameters": words}
    header = {"type": "header", "parameters": words}
    body = {"type": "body", "parameters": words * 2}
    wamid = wamid_of(meta.template("interview", [header, body, button, link]))
    assert wait_for(lambda: meta.status_of(wamid) == "delivered")
    assert act(meta, "tap", wamid=wamid, index=1).status_code == 400
    assert act(meta, "tap", wamid=wamid, index=0).json() == {"ok": True}
    message = wait_for(lambda: meta.told("messages"))[0]
    assert message["type"] == "button"
    assert message["button"] == {"payload": "confirm:42", "text": "Confirm"}
    assert message["context"] == {"from": "254700555001", "id": wamid}


def test_what_cannot_be_written_is_explained(meta: Meta) -> None:
    assert "nothing to send" in act(meta, "write", text=" ").json()["error"]
    meta.control("phones", number=AMINA, on=False)
    refused = act(meta, "write", text="Hello")
    assert refused.status_code == 400
    assert "switched off" in refused.json()["error"]
    assert "switched off" in page(meta, f"/phones/{AMINA}").text


def test_words_of_people_are_never_markup(meta: Meta) -> None:
    meta.writes("<script>alert(1)</script>")
    assert "<script>alert" not in page(meta, f"/phones/{AMINA}").text


def test_another_phone_can_be_added(meta: Meta) -> None:
    url = f"{meta.base}/phones"
    accept = {"accept": "application/json"}
    wrong = requests.post(url, {"number": "12", "name": "Luca"}, headers=accept, timeout=5)
    assert "country code" in wrong.json()["error"]
    right = {"number": "+39 320 555 0142", "name": "Luca Bernardi"}
    made = requests.post(url, right, headers=accept, timeout=5).json()
    assert made["go"] == "/phones/+393205550142"
    assert "Luca Bernardi" in page(meta, made["go"]).text


def test_another_phone_never_takes_a_number_in_use(meta: Meta) -> None:
    form = {"number": "+254 722 555 014", "name": "Luca Bernardi"}
    accept = {"accept": "application/json"}
    refused = requests.post(f"{meta.base}/phones", form, headers=accept, timeout=5)
    assert refused.status_code == 400
    assert "belongs to a phone here already, Amina Njoroge’s" in refused.json()["error"]
    assert [p["name"] for p in meta.ask("phones")["phones"]] == ["Amina Njoroge"]


def test_every_page_opens(meta: Meta) -> None:
    meta.writes()
    for path in ("/", "/faults", "/log", "/assets/css/tokens.css", "/sandbox/phone.js"):
        assert page(meta, path).status_code == 200, path
    assert page(meta, "/phones/+254799999999").status_code == 404
    meta.control("reset")
    assert "No phone yet" in page(meta, "/").text


def test_open_pages_hear_of_changes(meta: Meta) -> None:
    with requests.get(f"{meta.base}/live", stream=True, timeout=5) as stream:
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith(b"event")) == b"event: changed"
        meta.writes()
        assert next(line for line in lines if line.startswith(b"event")) == b"event: changed"
