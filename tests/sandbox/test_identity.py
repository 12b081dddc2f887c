"""People: usernames, hidden and changed numbers, wishes; calls; voice notes played."""

from typing import Any

from tests.sandbox.conftest import AMINA, LUCA, ROOT, Meta, wait_for, wamid_of

NEW = "+254722555999"


def contact(meta: Meta, wamid: str) -> dict[str, Any]:
    meta.message(wamid)
    values = [v for p in meta.posts() for v in p.values() if "messages" in v]
    value = next(v for v in values if wamid in {m["id"] for m in v["messages"]})
    found: dict[str, Any] = value["contacts"][0]
    return found


def user_id(meta: Meta) -> str:
    wamid = meta.writes()
    found: str = meta.message(wamid)["from_user_id"]
    return found


def test_a_username_stands_in_the_profile(meta: Meta) -> None:
    meta.control("phones", number=AMINA, username="amina.nj")
    shown = contact(meta, meta.writes())
    assert shown["profile"] == {"name": "Amina Njoroge", "username": "@amina.nj"}
    assert "username" in meta.refused("phones", number=AMINA, username="A!").lower()


def test_who_hides_the_number_is_known_by_user_id_only(meta: Meta) -> None:
    meta.control("phones", number=AMINA, hides_number=True, username="amina.nj")
    wamid = meta.writes()
    message = meta.message(wamid)
    assert "from" not in message
    assert "wa_id" not in contact(meta, wamid)
    to = message["from_user_id"]
    payload = {"messaging_product": "whatsapp", "recipient": to, "text": {"body": "Hello"}}
    answer = meta.graph("POST", f"{meta.number}/messages", json=payload)
    assert answer.json()["contacts"] == [{"input": to, "user_id": to}]
    sent = wamid_of(answer)
    assert wait_for(lambda: "delivered" in meta.statuses(sent))
    for status in (s for s in meta.told("statuses") if s["id"] == sent):
        assert "recipient_id" not in status
        assert status["recipient_user_id"] == to
    by_number = wamid_of(meta.text("By number"))
    assert wait_for(lambda: meta.statuses(by_number))
    assert next(s for s in meta.told("statuses") if s["id"] == by_number)["recipient_id"]


def test_a_changed_number_is_told_with_the_changed_user_id(meta: Meta) -> None:
    before = user_id(meta)
    meta.control("change_number", number=AMINA, new_number=NEW)
    assert wait_for(lambda: len(meta.told("messages")) == 3)
    notes = [m for m in meta.told("messages") if m["type"] == "system"]
    number, identity = sorted(notes, key=lambda m: m["system"]["type"])
    for note in notes:
        assert (note["from"], note["from_user_id"]) == (AMINA[1:], before)
    assert number["system"]["type"] == "user_changed_number"
    assert number["system"]["wa_id"] == NEW[1:]
    after = identity["system"]["user_id"]
    assert identity["system"]["previous_user_id"] == before != after
    wamid = meta.control("inbound", **{"from": NEW, "to": meta.number, "text": "Me"})["wamid"]
    assert meta.message(wamid)["from"] == NEW[1:]
    assert meta.message(wamid)["from_user_id"] == after
    assert len(meta.on_phone(NEW)) == 4
    failed = wamid_of(meta.template(to=AMINA))
    assert wait_for(lambda: meta.statuses(failed) == ["failed"])
    sent = wamid_of(meta.text("Hi", to=NEW))
    assert wait_for(lambda: "sent" in meta.statuses(sent))


def test_only_one_of_the_two_notes_may_come(meta: Meta) -> None:
    meta.writes()
    told = meta.control("change_number", number=AMINA, new_number=NEW, only="user_id")["wamids"]
    assert len(told) == 1
    assert meta.message(told[0])["system"]["type"] == "user_changed_user_id"
    meta.control("phones", number=LUCA, name="Luca Bernardi")
    assert "belongs to a phone" in meta.refused("change_number", number=NEW, new_number=LUCA)


def test_who_takes_a_left_number_is_another_user(meta: Meta) -> None:
    amina = user_id(meta)
    meta.control("change_number", number=AMINA, new_number=NEW)
    meta.control("phones", number=AMINA, name="Daniel Kiptoo")
    daniel = user_id(meta)
    assert daniel != amina
    assert daniel.startswith("KE.")
    meta.control("phones", number=AMINA, name="Daniel K.", username="daniel.k")
    assert user_id(meta) == daniel
    to_nobody = {"messaging_product": "whatsapp", "recipient": amina, "text": {"body": "Hello"}}
    answer = meta.graph("POST", f"{meta.number}/messages", json=to_nobody)
    assert answer.json()["error"]["code"] == 131009
    sent = wamid_of(meta.text("Hello", to=AMINA))
    assert wait_for(lambda: meta.statuses(sent))
    status = next(s for s in meta.told("statuses") if s["id"] == sent)
    assert status["recipient_user_id"] == daniel


def test_a_stop_to_marketing_holds_until_resumed(meta: Meta) -> None:
    meta.control("preferences", **{"from": AMINA, "to": meta.number, "value": "stop"})
    told = meta.field("user_preferences")
    assert told["metadata"]["phone_number_id"] == meta.number
    wish = told["user_preferences"][0]
    assert (wish["category"], wish["value"]) == ("marketing_messages", "stop")
    assert isinstance(wish["timestamp"], int)
    assert wish["wa_id"] == AMINA[1:]
    refused = wamid_of(meta.template())
    assert wait_for(lambda: meta.statuses(refused) == ["failed"])
    failed = next(s for s in meta.told("statuses") if s["id"] == refused)
    assert failed["errors"][0]["code"] == 131050
    meta.control("preferences", **{"from": AMINA, "to": meta.number, "value": "resume"})
    taken = wamid_of(meta.template())
    assert wait_for(lambda: "sent" in meta.statuses(taken))


def calls(meta: Meta, name: str = "calls") -> list[dict[str, Any]]:
    return [c for v in meta.fields("calls") for c in v.get(name, [])]


def test_a_missed_call_has_no_duration_and_opens_the_window(meta: Meta) -> None:
    line = {"from": AMINA, "to": meta.number}
    wacid = meta.control("calls", **line, outcome="missed")["call_id"]
    assert wait_for(lambda: len(calls(meta)) == 2)
    connect, terminate = calls(meta)
    assert (connect["id"], connect["event"]) == (wacid, "connect")
    assert connect["direction"] == "USER_INITIATED"
    assert (connect["from"], connect["to"]) == (AMINA[1:], "254700555001")
    assert connect["session"]["sdp_type"] == "offer"
    assert "\r\n" in connect["session"]["sdp"]
    assert (terminate["event"], terminate["status"]) == ("terminate", "COMPLETED")
    assert "start_time" not in terminate
    sent = wamid_of(meta.text("You called?"))
    assert wait_for(lambda: "sent" in meta.statuses(sent))


def test_a_completed_call_has_its_times(meta: Meta) -> None:
    line = {"from": AMINA, "to": meta.number}
    meta.control("calls", **line, outcome="completed", duration=120)
    assert wait_for(lambda: len(calls(meta)) == 2)
    terminate = calls(meta)[1]
    assert terminate["duration"] == 120
    assert int(terminate["end_time"]) - int(terminate["start_time"]) == 120


def test_a_ringing_call_can_end_later(meta: Meta) -> None:
    wacid = meta.control("calls", **{"from": AMINA, "to": meta.number})["call_id"]
    error = {"code": 138021, "message": "No media received"}
    meta.control("calls", call_id=wacid, event="terminate", status="FAILED", errors=[error])
    assert wait_for(lambda: len(calls(meta)) == 2)
    assert calls(meta)[1]["direction"] == "USER_INITIATED"
    assert calls(meta, "errors") == [error]


def test_what_becomes_of_a_call_of_the_company(meta: Meta) -> None:
    line = {"from": AMINA, "to": meta.number, "call_id": "wacid.X", "biz_opaque_callback_data": "7"}
    meta.control("calls", **line, event="connect")
    meta.control("calls", **line, status="RINGING")
    meta.control("calls", **line, status="REJECTED")
    meta.control("calls", **line, event="terminate")
    assert wait_for(lambda: len(calls(meta)) == 2)
    assert wait_for(lambda: [s["status"] for s in calls(meta, "statuses")]) == [
        "RINGING",
        "REJECTED",
    ]
    assert {s["type"] for s in calls(meta, "statuses")} == {"call"}
    assert {c["direction"] for c in calls(meta)} == {"BUSINESS_INITIATED"}
    assert calls(meta)[0]["session"]["sdp_type"] == "answer"
    everything = calls(meta) + calls(meta, "statuses")
    assert {c["biz_opaque_callback_data"] for c in everything} == {"7"}
    assert "status is one of" in meta.refused("calls", **line, status="BUSY")


def upload(meta: Meta, mime_type: str = "audio/ogg") -> Any:
    data = (ROOT / "sandbox" / "samples" / "voice.ogg").read_bytes()
    return meta.graph(
        "POST",
        f"{meta.number}/media",
        data={"messaging_product": "whatsapp", "type": mime_type},
        files={"file": ("note.ogg", data, mime_type)},
    )


def test_a_voice_note_of_ours_is_played_once(meta: Meta) -> None:
    meta.control("phones", number=AMINA, read_receipts=False)
    meta.writes()
    media_id = upload(meta).json()["id"]
    assert meta.graph("GET", media_id).json()["mime_type"] == "audio/ogg"
    wamid = wamid_of(meta.send(type="audio", audio={"id": media_id, "voice": True}))
    assert wait_for(lambda: meta.status_of(wamid) == "delivered")
    meta.control("play", number=AMINA, wamid=wamid)
    assert wait_for(lambda: meta.statuses(wamid) == ["sent", "delivered", "played"])
    assert "once" in meta.refused("play", number=AMINA, wamid=wamid)


def test_uploads_are_checked(meta: Meta) -> None:
    refused = upload(meta, "audio/wav")
    assert refused.status_code == 400
    assert "audio/wav" in refused.json()["error"]["message"]
    unknown = meta.send(type="audio", audio={"id": "1"})
    assert unknown.json()["error"]["code"] == 131009
