"""What can be tapped below a message on a phone, and what the tap sends to the company."""

import json
from typing import TYPE_CHECKING

from sandbox import inbound, phones
from sandbox.phones import Refused
from sandbox.records import Json, Message, Phone

if TYPE_CHECKING:
    from sandbox.core import Sandbox

PLACE = {
    "latitude": -1.2699,
    "longitude": 36.8078,
    "name": "Westlands",
    "address": "Waiyaki Way, Nairobi",
}


def choices(message: Message) -> list[Json]:
    """In order: `text`, `more` (a second line), and `sends` (a message) or `url` if it does."""
    if not message.outbound:
        return []
    found: list[Json] = []
    if message.type == "template":
        found = [c for button in message.content.get("buttons", []) for c in _of_template(button)]
    elif message.type == "interactive":
        found = _of_interactive(message.content)
    return [{"more": ""} | choice for choice in found]


def _of_template(button: Json) -> list[Json]:
    kind = button["type"]
    if kind == "CALL_PERMISSION_REQUEST":
        return MAY_CALL
    choice: Json = {"text": button["text"]}
    if kind == "QUICK_REPLY":
        given = {"type": "button", "payload": button["payload"], "text": button["text"]}
        choice["sends"] = given
    elif kind == "REQUEST_CONTACT_INFO":
        choice["sends"] = {"type": "contacts", "origin": "contact_request"}
    elif kind == "FLOW":
        answer = json.dumps({"flow_token": button.get("flow_token", "unused")})
        return [_answer("nfm_reply", button["text"], {"response_json": answer})]
    elif "url" in button:
        choice["url"] = button["url"]
    else:
        choice["more"] = button.get("phone_number") or button.get("code") or ""
    return [choice]


def _of_interactive(content: Json) -> list[Json]:
    action, kind = content["action"], content["type"]
    given: Json = action.get("parameters", {})
    match kind:
        case "button":
            return [_reply("button_reply", button["reply"]) for button in action["buttons"]]
        case "list":
            rows = [row for section in action["sections"] for row in section["rows"]]
            return [_reply("list_reply", row) for row in rows]
        case "cta_url":
            return [{"text": given["display_text"], "url": given["url"]}]
        case "location_request_message":
            return [{"text": "Send location", "sends": {"type": "location", "location": PLACE}}]
        case "request_contact_info":
            sends: Json = {"type": "contacts", "origin": "contact_request"}
            return [{"text": "Share contact info", "sends": sends}]
        case "flow":
            answer = json.dumps({"flow_token": given.get("flow_token", "unused")})
            return [_answer("nfm_reply", given["flow_cta"], {"response_json": answer})]
        case "call_permission_request":
            return MAY_CALL
    return [{"text": given.get("display_text", "Call")}]


def _answer(kind: str, text: str, chosen: Json) -> Json:
    sends = {"type": "interactive", "interactive": {"type": kind, kind: chosen}}
    return {"text": text, "sends": sends}


def _reply(kind: str, row: Json) -> Json:
    chosen: Json = {k: v for k, v in row.items() if k in ("id", "title", "description")}
    return _answer(kind, row["title"], chosen) | {"more": row.get("description", "")}


MAY_CALL = [
    _answer("call_permission_reply", "Allow calls", {"response": "accept"}),
    _answer("call_permission_reply", "Not now", {"response": "reject"}),
]


def tap(sb: "Sandbox", phone: Phone, wamid: str, index: int) -> Message:
    phones.able(phone)
    asked = sb.world.messages.get(wamid)
    if asked is None or asked.number != phone.number or not phones.on_phone(asked):
        raise Refused("This message is not on the phone. Reload the page.")
    found = choices(asked)
    if not 0 <= index < len(found) or "sends" not in found[index]:
        raise Refused("This cannot be tapped: it is no reply button and no row of a list.")
    business, number = sb.world.numbers[asked.phone_id]
    asked.chosen = found[index]["text"]
    sb.world.save_message(asked)
    return inbound.send(sb, phone, business, number, found[index]["sends"] | {"context": wamid})
