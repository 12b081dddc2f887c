"""Each send of a template is held against what was approved, and the phone shows all of it."""

from typing import Any

import pytest
import requests

from tests.sandbox.conftest import AMINA, Meta, wait_for, wamid_of
from tests.sandbox.test_kinds import upload
from tests.sandbox.test_template_rules import (
    CALL,
    CODE,
    CONTACT,
    FLOW,
    VOICE,
    asked,
    auth,
    body,
    buttons,
    link,
    reply,
)

PLACE = {"latitude": "-1.28", "longitude": "36.82", "name": "Caravella Inn", "address": "Moi Ave"}
RICH = asked(
    {"type": "HEADER", "format": "LOCATION"},
    body("Hello {{1}}, your interview is at {{2}}. See you there.", "Ana", "10:00"),
    {"type": "FOOTER", "text": "Reply STOP to opt out"},
    buttons(reply(), link(), CALL, CODE),
    status="APPROVED",
)


def text(value: str) -> dict[str, Any]:
    return {"type": "text", "text": value}


def button(index: int, kind: str, *parameters: dict[str, Any]) -> dict[str, Any]:
    found = {"type": "button", "sub_type": kind, "index": str(index)}
    return found | {"parameters": list(parameters)}


SUFFIX, COUPON = button(1, "url", text("abc")), {"type": "coupon_code", "coupon_code": "25OFF"}


def rich(**change: Any) -> list[dict[str, Any]]:
    parts = {
        "header": {"type": "header", "parameters": [{"type": "location", "location": PLACE}]},
        "body": {"type": "body", "parameters": [text("Amina"), text("14:00")]},
        "link": SUFFIX,
        "code": button(3, "copy_code", COUPON),
    } | change
    return [part for part in parts.values() if part]


def given(meta: Meta, template: dict[str, Any]) -> str:
    """A template that is approved already."""
    made = meta.control("templates", waba_id=meta.waba, **template | {"status": "APPROVED"})
    template_id: str = made["template_ids"][0]
    return template_id


def code_of(answer: requests.Response) -> int:
    return int(answer.json().get("error", {}).get("code", 0))


def page(meta: Meta) -> str:
    return requests.get(f"{meta.base}/phones/{AMINA}", timeout=5).text


def test_every_part_arrives_on_the_phone(meta: Meta) -> None:
    given(meta, RICH)
    wamid = wamid_of(meta.template("interview_reminder", rich()))
    assert wait_for(lambda: meta.status_of(wamid) == "delivered")
    shown = page(meta)
    for part in (
        "Caravella Inn",
        "Hello Amina, your interview is at 14:00. See you there.",
        "Reply STOP to opt out",
        "Confirm",
        "https://caravella.example/i/abc",
        "15550051310",
        "Copy offer code",
        "25OFF",
    ):
        assert part in shown, part


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"header": None}, 132012),
        ({"header": {"type": "header", "parameters": [text("Here")]}}, 132012),
        ({"header": {"type": "header", "parameters": [{"type": "location"}]}}, 132012),
        (
            {"header": {"type": "header", "parameters": [{"type": "location", "location": {}}]}},
            131008,
        ),
        ({"body": None}, 132000),
        ({"body": {"type": "body", "parameters": [text("Amina\nNjoroge"), text("14:00")]}}, 132018),
        ({"link": None}, 131008),
        ({"link": button(1, "quick_reply")}, 132012),
        ({"link": button(1, "url", COUPON)}, 132012),
        ({"link": button(1, "url", text("a" * 2000))}, 132005),
        ({"link": button(1, "url", text("a\tb"))}, 132018),
        ({"code": None}, 131008),
        ({"code": button(3, "copy_code", text("25OFF"))}, 132012),
        ({"code": button(3, "copy_code", COUPON | {"coupon_code": "x" * 21})}, 131009),
        ({"code": button(4, "copy_code", COUPON)}, 131009),
        ({"more": button(0, "quick_reply", {"type": "payload"})}, 131008),
        ({"more": button(0, "quick_reply", text("yes"))}, 132012),
        ({"more": button(2, "phone_number", text("yes"))}, 132000),
    ],
)
def test_what_is_sent_is_what_was_approved(meta: Meta, change: dict[str, Any], code: int) -> None:
    given(meta, RICH)
    answer = meta.template("interview_reminder", rich(**change))
    assert code_of(answer) == code, answer.text
    assert meta.ask("messages")["messages"] == []


def test_the_file_of_a_header_is_of_its_kind_and_number(meta: Meta) -> None:
    photo = {"type": "HEADER", "format": "IMAGE"}
    given(meta, asked(photo, body("Our lobby.")))
    media_id, pdf = upload(meta, "photo.jpg"), upload(meta, "cv.pdf")

    def sent(kind: str, file: Any, **more: Any) -> int:
        header = {"type": "header", "parameters": [{"type": kind, kind: file}]}
        return code_of(meta.template("interview_reminder", [header], **more))

    assert sent("image", {"id": media_id}) == 0
    assert wait_for(lambda: "<img" in page(meta))
    assert sent("image", {"link": "https://caravella.example/lobby.jpg"}) == 0
    assert sent("image", {"id": pdf}) == 131053
    assert sent("document", {"id": pdf}) == 132012
    assert sent("image", {"id": "1"}) == 131009
    numbers = [{"display_phone_number": "+254 700 555 002"}]
    made = meta.control("businesses", name="Caravella Hotels", numbers=numbers)
    meta.number = made["phone_number_ids"][1]
    assert sent("image", {"id": media_id}) == 131009


def test_a_template_that_breaks_a_policy_goes_nowhere(meta: Meta) -> None:
    meta.control("templates/violate", template_id=meta.templates[2])
    assert code_of(meta.template()) == 132007
    meta.control("templates/violate", template_id=meta.templates[2], on=False)
    wamid_of(meta.template())


def test_a_passcode_is_given_twice(meta: Meta) -> None:
    answer = meta.graph("POST", f"{meta.waba}/message_templates", json=asked(name="otp", **auth()))
    template_id = answer.json()["id"]
    assert wait_for(
        lambda: meta.graph("GET", f"{template_id}?fields=status").json()["status"] == "APPROVED"
    )

    def sent(first: str, second: str | None) -> requests.Response:
        parts = [{"type": "body", "parameters": [text(first)]}]
        parts += [button(0, "url", text(second))] if second else []
        return meta.template("otp", parts)

    assert code_of(sent("123456", None)) == 131008
    assert code_of(sent("123456", "654321")) == 131009
    assert code_of(sent("1" * 16, "1" * 16)) == 131009
    wamid = wamid_of(sent("123456", "123456"))
    assert wait_for(lambda: meta.status_of(wamid) == "delivered")
    assert "*123456* is your verification code." in meta.on_phone()[-1]["text"]
    assert "Copy code" in page(meta)


@pytest.mark.parametrize(
    ("components", "parts", "tapped", "kind"),
    [
        ([buttons(FLOW)], [], "Fill form", "interactive"),
        ([buttons(CONTACT)], [], "Share contact info", "contacts"),
        ([{"type": "call_permission_request"}], [], "Allow calls", "interactive"),
    ],
)
def test_what_the_phone_can_answer_to(
    meta: Meta, components: Any, parts: Any, tapped: str, kind: str
) -> None:
    given(meta, asked(body("Please tell us more."), *components))
    wamid = wamid_of(meta.template("interview_reminder", parts))
    assert wait_for(lambda: meta.status_of(wamid) == "delivered")
    assert tapped in page(meta)
    answer = meta.control("tap", number=AMINA, wamid=wamid, text=tapped)["wamid"]
    message = meta.message(answer)
    assert (message["type"], message["context"]["id"]) == (kind, wamid)


def test_a_call_button_takes_minutes_and_a_payload(meta: Meta) -> None:
    given(meta, asked(body("Call us any time."), buttons(VOICE)))
    minutes, payload = {"type": "ttl_minutes", "ttl_minutes": 100}, {"type": "payload"}
    said = button(0, "voice_call", minutes, payload | {"payload": "p" * 512})
    wamid_of(meta.template("interview_reminder", [said]))
    said = button(0, "voice_call", minutes | {"ttl_minutes": 0})
    assert code_of(meta.template("interview_reminder", [said])) == 131009
