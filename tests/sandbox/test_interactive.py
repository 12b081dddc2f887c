"""Interactive messages: their limits, and what a tap on the phone sends back."""

import copy
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import AMINA, Meta, wait_for, wamid_of

BUTTON = {
    "type": "button",
    "header": {"type": "text", "text": "Interview"},
    "body": {"text": "Does Friday at ten suit you?"},
    "footer": {"text": "Caravella Hotels"},
    "action": {
        "buttons": [
            {"type": "reply", "reply": {"id": "yes", "title": "Yes"}},
            {"type": "reply", "reply": {"id": "no", "title": "Another day"}},
        ]
    },
}
LIST = {
    "type": "list",
    "header": {"type": "text", "text": "Interview"},
    "body": {"text": "When does it suit you?"},
    "footer": {"text": "Rome time"},
    "action": {
        "button": "Choose",
        "sections": [
            {"title": "Friday", "rows": [{"id": "1", "title": "10:00", "description": "Rome"}]},
            {"title": "Monday", "rows": [{"id": "2", "title": "11:00"}]},
        ],
    },
}
LINK = {
    "type": "cta_url",
    "body": {"text": "Your contract."},
    "action": {
        "name": "cta_url",
        "parameters": {"display_text": "Read it", "url": "https://caravella.example/c"},
    },
}
PLACE = {
    "type": "location_request_message",
    "body": {"text": "Where are you?"},
    "action": {"name": "send_location"},
}
FLOW = {
    "type": "flow",
    "body": {"text": "A few questions."},
    "action": {
        "name": "flow",
        "parameters": {
            "flow_message_version": "3",
            "flow_id": "7",
            "flow_cta": "Answer",
            "flow_token": "t-1",
            "flow_action": "navigate",
            "flow_action_payload": {"screen": "FIRST", "data": {}},
        },
    },
}
MAY_CALL = {"type": "call_permission_request", "action": {"name": "call_permission_request"}}
CALL = {
    "type": "voice_call",
    "body": {"text": "Call us."},
    "action": {
        "name": "voice_call",
        "parameters": {"display_text": "Call", "ttl_minutes": 100, "payload": "p"},
    },
}
CARD = {
    "type": "request_contact_info",
    "body": {"text": "Your number, please."},
    "action": {"name": "request_contact_info"},
}


def send(meta: Meta, interactive: Any) -> requests.Response:
    return meta.send(type="interactive", interactive=interactive)


def changed(given: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with one place changed; None removes it."""
    made: Any = copy.deepcopy(given)
    steps = [int(step) if step.isdigit() else step for step in path.split(".")]
    at = made
    for step in steps[:-1]:
        at = at[step]
    if value is None:
        del at[steps[-1]]
    else:
        at[steps[-1]] = value
    return dict(made)


def page(meta: Meta) -> str:
    return requests.get(f"{meta.base}/phones/{AMINA}", timeout=5).text


def rows(count: int, start: int = 0) -> list[dict[str, str]]:
    return [{"id": str(n), "title": str(n)} for n in range(start, start + count)]


REPLY = "action.buttons.0.reply"
WRONG = [
    (BUTTON, "type", None, 131008),
    (BUTTON, "type", "carousel", 100),
    (BUTTON, "body", None, 131008),
    (BUTTON, "body.text", "", 131009),
    (BUTTON, "body.text", "x" * 1025, 131009),
    (BUTTON, "header.text", "x" * 61, 131009),
    (BUTTON, "header.type", "sticker", 131009),
    (BUTTON, "header", {"type": "image"}, 131008),
    (BUTTON, "header", {"type": "image", "image": {"id": "1"}}, 131009),
    (BUTTON, "header", {"type": "image", "image": {"link": "http://x.example/a.png"}}, 131009),
    (BUTTON, "footer.text", "x" * 61, 131009),
    (BUTTON, "footnote", {"text": "x"}, 100),
    (BUTTON, "action", None, 131008),
    (BUTTON, "action.buttons", [], 131008),
    (BUTTON, "action.buttons", [BUTTON["action"]["buttons"][0]] * 4, 131009),  # type: ignore[index]
    (BUTTON, "action.buttons.0.type", "url", 100),
    (BUTTON, f"{REPLY}.id", None, 131008),
    (BUTTON, f"{REPLY}.id", 7, 100),
    (BUTTON, f"{REPLY}.id", "x" * 257, 131009),
    (BUTTON, f"{REPLY}.id", "no", 131009),
    (BUTTON, f"{REPLY}.title", "x" * 21, 131009),
    (BUTTON, f"{REPLY}.title", "Another day", 131009),
    (LIST, "body.text", "x" * 4097, 131009),
    (LIST, "header", {"type": "image", "image": {"id": "1"}}, 131009),
    (LIST, "action.button", None, 131008),
    (LIST, "action.button", "x" * 21, 131009),
    (LIST, "action.sections", [], 131008),
    (LIST, "action.sections.0.rows", [], 131008),
    (LIST, "action.sections.0.title", None, 131008),
    (LIST, "action.sections.0.title", "x" * 25, 131009),
    (LIST, "action.sections.0.rows", rows(11), 131009),
    (LIST, "action.sections.0.rows", rows(10, 5), 131009),
    (LIST, "action.sections", [{"title": "x", "rows": rows(1, n)} for n in range(11)], 131009),
    (LIST, "action.sections.0.rows.0.id", "2", 131009),
    (LIST, "action.sections.0.rows.0.id", "x" * 201, 131009),
    (LIST, "action.sections.0.rows.0.title", "x" * 25, 131009),
    (LIST, "action.sections.0.rows.0.description", "x" * 73, 131009),
    (LINK, "action.name", None, 131008),
    (LINK, "action.parameters.display_text", "x" * 21, 131009),
    (LINK, "action.parameters.url", "caravella.example", 131009),
    (LINK, "action.parameters", None, 131008),
    (PLACE, "action.name", "where", 100),
    (PLACE, "footer", {"text": "x"}, 131009),
    (PLACE, "header", {"type": "text", "text": "x"}, 131009),
    (PLACE, "body.text", "x" * 1025, 131009),
    (FLOW, "action.parameters.flow_message_version", "2", 100),
    (FLOW, "action.parameters.flow_id", None, 131009),
    (FLOW, "action.parameters.flow_name", "both", 131009),
    (FLOW, "action.parameters.flow_cta", "x" * 21, 131009),
    (FLOW, "action.parameters.flow_cta", "Go 🚀", 131009),
    (FLOW, "action.parameters.mode", "test", 100),
    (FLOW, "action.parameters.flow_action_payload.screen", None, 131008),
    (MAY_CALL, "action.name", "call", 100),
    (CALL, "action.parameters.ttl_minutes", 43_201, 131009),
    (CALL, "action.parameters.ttl_minutes", "60", 100),
    (CALL, "action.parameters.payload", "x" * 513, 131009),
    (CARD, "action.name", "contact_request", 100),
]


@pytest.mark.parametrize("given", WRONG, ids=lambda row: f"{row[0]['type']}-{row[1]}-{row[3]}")
def test_what_breaks_a_limit_is_refused(
    meta: Meta, given: tuple[dict[str, Any], str, Any, int]
) -> None:
    meta.writes()
    shape, path, value, code = given
    error = send(meta, changed(shape, path, value)).json()["error"]
    assert error["code"] == code, error


def test_what_is_just_allowed_is_accepted(meta: Meta) -> None:
    meta.writes()
    for given, path, value in (
        (BUTTON, "body.text", "x" * 1024),
        (BUTTON, f"{REPLY}.id", "x" * 256),
        (BUTTON, f"{REPLY}.title", "x" * 20),
        (LIST, "body.text", "x" * 4096),
        (LIST, "action.sections.0.rows", rows(9, 5)),
        (LIST, "action.sections", [{"rows": rows(10)}]),
        (LINK, "action.parameters.display_text", "x" * 20),
        (CALL, "action.parameters.ttl_minutes", 43_200),
        (CALL, "action.parameters", None),
    ):
        wamid_of(send(meta, changed(given, path, value)))


def test_it_needs_an_open_window(meta: Meta) -> None:
    wamid = wamid_of(send(meta, BUTTON))
    assert wait_for(lambda: meta.statuses(wamid)) == ["failed"]
    assert meta.told("statuses")[0]["errors"][0]["code"] == 131047


def arrived(meta: Meta, interactive: Any) -> str:
    wamid = wamid_of(send(meta, interactive))
    assert wait_for(lambda: meta.status_of(wamid) == "delivered")
    return wamid


def test_a_reply_button_is_tapped_on_the_page(meta: Meta) -> None:
    meta.writes()
    wamid = arrived(meta, BUTTON)
    shown = page(meta)
    for part in ("Interview", "Does Friday at ten suit you?", "Caravella Hotels", "Another day"):
        assert part in shown
    form = {"sender": meta.number, "wamid": wamid, "index": "1"}
    tapped = requests.post(
        f"{meta.base}/phones/{AMINA}/tap",
        form,
        headers={"accept": "application/json"},
        timeout=5,
    )
    assert tapped.json() == {"ok": True}
    told = wait_for(lambda: [m for m in meta.told("messages") if m["type"] == "interactive"])[0]
    assert told["interactive"] == {
        "type": "button_reply",
        "button_reply": {"id": "no", "title": "Another day"},
    }
    assert told["context"]["id"] == wamid
    assert f'value="{wamid}"><input type="hidden" name="index"' not in page(meta)


def test_each_kind_is_answered_with_its_own_reply(meta: Meta) -> None:
    meta.writes()

    def tapped(interactive: Any, text: str) -> dict[str, Any]:
        wamid = arrived(meta, interactive)
        return meta.message(meta.control("tap", number=AMINA, wamid=wamid, text=text)["wamid"])

    chosen = tapped(LIST, "10:00")["interactive"]
    assert chosen["list_reply"] == {"id": "1", "title": "10:00", "description": "Rome"}
    assert tapped(PLACE, "Send location")["location"]["name"] == "Westlands"
    card = tapped(CARD, "Share contact info")
    assert (card["origin"], card["contacts"][0]["phones"][0]["wa_id"]) == (
        "contact_request",
        AMINA[1:],
    )
    answer = tapped(MAY_CALL, "Not now")["interactive"]["call_permission_reply"]
    assert answer["response"] == "reject"
    form = tapped(FLOW, "Answer")["interactive"]["nfm_reply"]
    assert '"flow_token": "t-1"' in form["response_json"]
    shown = page(meta)
    for part in ("When does it suit you?", "Allow calls", "Share contact info"):
        assert part in shown


def test_a_list_opens_and_a_link_leads_away(meta: Meta) -> None:
    meta.writes()
    arrived(meta, LIST)
    wamid = arrived(meta, LINK)
    shown = page(meta)
    assert "<summary>" in shown
    assert 'href="https://caravella.example/c"' in shown
    assert "cannot be tapped" in meta.refused("tap", number=AMINA, wamid=wamid, index=0)
