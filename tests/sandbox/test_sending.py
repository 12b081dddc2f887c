"""POST messages: what Meta answers at once, and what it tells later."""

from typing import Any

import pytest

from tests.sandbox.conftest import AMINA, LUCA, Meta, wait_for, wamid_of


def words(*texts: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": text} for text in texts]


def interview(body: Any = None, header: Any = None, link: Any = "abc") -> list[dict[str, Any]]:
    components: list[dict[str, Any]] = [
        {"type": "header", "parameters": words("Friday") if header is None else header},
        {"type": "body", "parameters": words("Amina", "14:00") if body is None else body},
    ]
    if link:
        button = {"type": "button", "sub_type": "url", "index": "1", "parameters": words(link)}
        components.append(button)
    return components


def test_a_template_is_accepted_and_rendered(meta: Meta) -> None:
    answer = meta.template("interview", interview(), biz_opaque_callback_data="row-1")
    body = answer.json()
    assert body["messaging_product"] == "whatsapp"
    contact = body["contacts"][0]
    assert (contact["input"], contact["wa_id"]) == (AMINA, AMINA[1:])
    assert contact["user_id"].startswith("KE.")
    assert body["messages"][0]["message_status"] == "accepted"
    assert body["messages"][0]["id"].startswith("wamid.")
    shown = meta.on_phone()[0]
    assert shown["text"] == "Hello Amina, your interview is at 14:00. See you there."
    assert shown["rendered"]["header"] == "Interview on Friday"
    assert shown["rendered"]["buttons"][1]["url"] == "https://caravella.example/i/abc"
    assert shown["biz_opaque_callback_data"] == "row-1"


def test_named_parameters_are_filled_by_name(meta: Meta) -> None:
    parameters = [
        {"type": "text", "parameter_name": "time", "text": "14:00"},
        {"type": "text", "parameter_name": "name", "text": "Amina"},
    ]
    wamid_of(meta.template("reminder", [{"type": "body", "parameters": parameters}]))
    assert meta.on_phone()[0]["text"] == "Hello Amina, see you at 14:00 tomorrow."
    parameters[0]["parameter_name"] = "hour"
    wrong = meta.template("reminder", [{"type": "body", "parameters": parameters}])
    assert wrong.json()["error"]["code"] == 132012
    del parameters[0]["parameter_name"]
    nameless = meta.template("reminder", [{"type": "body", "parameters": parameters}])
    assert nameless.json()["error"]["code"] == 100


def test_the_number_may_come_without_plus_and_with_spaces(meta: Meta) -> None:
    meta.writes()
    for to in (AMINA[1:], "+254 722 555-014"):
        assert meta.text(to=to).json()["contacts"][0] == {
            "input": to,
            "wa_id": AMINA[1:],
            "user_id": meta.text().json()["contacts"][0]["user_id"],
        }


def test_whatsapp_may_know_the_number_by_another_id(meta: Meta) -> None:
    meta.control("phones", number="+5511955550121", name="Maria", wa_id="551155550121")
    contact = meta.template(to="+5511955550121").json()["contacts"][0]
    assert contact["input"] == "+5511955550121"
    assert contact["wa_id"] == "551155550121"


def test_a_user_id_reaches_the_same_person(meta: Meta) -> None:
    user_id = meta.template().json()["contacts"][0]["user_id"]
    answer = meta.graph(
        "POST",
        f"{meta.number}/messages",
        json={
            "messaging_product": "whatsapp",
            "recipient": user_id,
            "type": "template",
            "template": {"name": "plain", "language": {"code": "en_US"}},
        },
    )
    assert answer.json()["contacts"] == [{"input": user_id, "user_id": user_id}]
    assert len(meta.on_phone()) == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"messaging_product": None}, 100),
        ({"messaging_product": "sms"}, 100),
        ({"recipient_type": "everybody"}, 100),
        ({"to": None}, 100),
        ({"to": "abc"}, 131009),
        ({"to": "12"}, 131009),
        ({"to": "+254700555001"}, 131021),
        ({"type": "telegram"}, 100),
        ({"type": None, "template": {"name": "plain"}}, 100),
        ({"type": "image"}, 100),
        ({"type": ["text"]}, 100),
        ({"biz_opaque_callback": "row-1"}, 100),
        ({"biz_opaque_callback_data": 7}, 100),
        ({"messaging_account_id": "1"}, 131009),
        ({"text": {"body": "Hello", "preview": True}}, 100),
        ({"text": {"body": "Hello", "preview_url": "true"}}, 100),
        ({"text": None}, 100),
        ({"text": "Hello"}, 100),
        ({"text": {"body": ""}}, 100),
        ({"text": {"body": "x" * 4097}}, 100),
        ({"text": {"body": 7}}, 100),
        ({"biz_opaque_callback_data": "x" * 513}, 100),
        ({"context": {}}, 100),
        ({"context": {"message_id": "7"}}, 131009),
        ({"context": {"message_id": "wamid.7", "quoted": True}}, 100),
    ],
)
def test_a_wrong_text_is_refused_at_once(meta: Meta, change: dict[str, Any], code: int) -> None:
    payload = {
        "messaging_product": "whatsapp",
        "to": AMINA,
        "type": "text",
        "text": {"body": "Hello"},
    } | change
    payload = {k: v for k, v in payload.items() if v is not None}
    answer = meta.graph("POST", f"{meta.number}/messages", json=payload)
    assert answer.json()["error"]["code"] == code
    assert meta.ask("messages")["messages"] == []


def test_the_longest_text_is_accepted(meta: Meta) -> None:
    meta.writes()
    wamid_of(meta.text("x" * 4096, biz_opaque_callback_data="y" * 512))


@pytest.mark.parametrize(
    ("components", "code"),
    [
        (None, 132000),
        (interview(body=words("Amina")), 132000),
        (interview(body=words("Amina", "14:00", "x")), 132000),
        (interview(header=[]), 132000),
        (interview(body=words("Amina", "14:00\nRome")), 132018),
        (interview(body=words("Amina\t", "14:00")), 132018),
        (interview(body=words("Amina", "14     00")), 132018),
        (interview(body=words("Amina", "x" * 1000)), 132005),
        (interview(body=[{"type": "image"}, *words("14:00")]), 132012),
        (interview(body=words("", "14:00")), 131008),
        (interview(link=None), 131008),
        (
            [
                *interview(link=None),
                {"type": "button", "sub_type": "quick_reply", "index": 1, "parameters": []},
            ],
            132012,
        ),
        ([*interview(), {"type": "button", "sub_type": "url", "index": 9}], 131009),
        ([{"type": "sidebar"}], 131009),
        ([*interview(), {"type": "body", "parameters": words("Amina", "14:00")}], 131009),
        ([*interview(), interview()[2]], 131009),
        (interview(header=words("x" * 60)), 132005),
        (interview(link="x", body=[{"type": "text", "txt": "Amina"}, *words("14:00")]), 100),
        (interview(body=[{"type": "text", "text": "A", "parameter_name": "n"}, *words("1")]), 100),
        (interview(body=[{"type": "currency", "currency": {"code": "EUR"}}, *words("1")]), 131008),
        ([{"type": "body", "params": words("Amina", "14:00")}], 100),
        ("interview", 100),
    ],
)
def test_a_wrong_template_is_refused_at_once(meta: Meta, components: Any, code: int) -> None:
    answer = meta.template("interview", components)
    error = answer.json()["error"]
    assert error["code"] == code, error
    assert error["message"].startswith(f"(#{code})")
    assert meta.ask("messages")["messages"] == []


def test_only_an_approved_template_in_that_language_is_sent(meta: Meta) -> None:
    unknown = meta.template("welcome")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, 132001)
    italian = {"name": "plain", "language": {"code": "it"}}
    answer = meta.send(type="template", template=italian).json()["error"]
    assert answer["code"] == 132001
    assert answer["error_data"]["details"] == "template name (plain) does not exist in it"
    for status, code in (("PENDING", 132001), ("PAUSED", 132015), ("DISABLED", 132016)):
        meta.control("templates/status", template_id=meta.templates[2], status=status)
        assert meta.template("plain").json()["error"]["code"] == code
    meta.control("templates/status", template_id=meta.templates[2], status="APPROVED")
    wamid_of(meta.template("plain"))


def test_a_closed_window_is_told_by_webhook(meta: Meta) -> None:
    wamid = wamid_of(meta.text(biz_opaque_callback_data="row-9"))
    assert wait_for(lambda: meta.statuses(wamid)) == ["failed"]
    status = meta.told("statuses")[0]
    error = status["errors"][0]
    assert (error["code"], error["title"]) == (131047, "Re-engagement message")
    assert "24 hours" in error["error_data"]["details"]
    assert status["biz_opaque_callback_data"] == "row-9"
    assert "contacts" not in meta.posts()[0].values()[0]
    assert meta.on_phone() == []


def test_the_window_closes_after_24_hours(meta: Meta) -> None:
    meta.writes()
    meta.control("clock", advance=24 * 3600 - 60)
    inside = wamid_of(meta.text())
    assert wait_for(lambda: meta.status_of(inside) == "delivered")
    meta.control("clock", advance=61)
    outside = wamid_of(meta.text())
    assert wait_for(lambda: meta.statuses(outside)) == ["failed"]
    meta.writes("I am back")
    again = wamid_of(meta.text())
    assert wait_for(lambda: meta.status_of(again) == "delivered")


def test_a_number_without_whatsapp_is_told_by_webhook(meta: Meta) -> None:
    answer = meta.template(to=LUCA)
    assert "user_id" not in answer.json()["contacts"][0]
    wamid = wamid_of(answer)
    assert wait_for(lambda: meta.statuses(wamid)) == ["failed"]
    status = meta.told("statuses")[0]
    assert status["errors"][0]["code"] == 131026
    assert status["recipient_id"] == LUCA[1:]


def test_late_errors_can_be_made_to_come_at_once(meta: Meta) -> None:
    meta.control("limits", sync_errors=True)
    assert meta.text().json()["error"]["code"] == 131047
    assert meta.template(to=LUCA).json()["error"]["code"] == 131026
    assert meta.ask("messages")["messages"] == []


def test_marking_read_takes_the_earlier_ones_along(meta: Meta) -> None:
    first, second, third = meta.writes("1"), meta.writes("2"), meta.writes("3")
    mark = {"messaging_product": "whatsapp", "status": "read", "message_id": second}
    typing = mark | {"typing_indicator": {"type": "text"}}
    path = f"{meta.number}/messages"
    assert meta.graph("POST", path, json=typing).json() == {"success": True}
    read = {m["wamid"] for m in meta.on_phone() if m["status"] == "read"}
    assert read == {first, second}
    assert third not in read
    wrong = meta.graph("POST", path, json=mark | {"message_id": "wamid.unknown"})
    assert wrong.json()["error"]["code"] == 131009
