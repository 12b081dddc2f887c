"""Interactive messages: reply buttons, lists, links, and what asks the person for something."""

import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from sandbox.checks import (
    inner,
    invalid,
    keys,
    missing,
    object_of,
    rows,
    web_address,
    whole,
    words,
    words_if_any,
)
from sandbox.content import files
from sandbox.content.asked import Asked, Content
from sandbox.errors import one_of
from sandbox.records import Json

KEYS = frozenset({"type", "header", "body", "footer", "action"})
TEXT = frozenset({"text"})
HEADER_MOST = FOOTER_MOST = 60
MEDIA_HEADERS = frozenset({"text", "image", "video", "document"})
LIST_ROWS = 10


def build(asked: Asked) -> Content:
    given = object_of(asked.payload, "interactive")
    keys(given, KEYS, "interactive")
    kind = given.get("type")
    if kind is None:
        raise missing("interactive['type']")
    shape = SHAPES.get(str(kind))
    if shape is None:
        raise one_of("interactive['type']", ", ".join(SHAPES).upper(), kind)
    content: Json = {"type": kind}
    if "header" in given:
        content["header"] = _header(asked, inner(given, "header", "interactive"), shape)
    if "body" in given or shape.needs_body:
        body = inner(given, "body", "interactive")
        keys(body, TEXT, "interactive['body']")
        content["body"] = {"text": words(body, "text", "interactive['body']", shape.body)}
    if "footer" in given:
        if not shape.footer:
            raise invalid(f"interactive of type {kind} takes no footer")
        footer = inner(given, "footer", "interactive")
        keys(footer, TEXT, "interactive['footer']")
        content["footer"] = {"text": words(footer, "text", "interactive['footer']", FOOTER_MOST)}
    action = inner(given, "action", "interactive")
    shape.action(action)
    content["action"] = action
    return Content(content)


def _header(asked: Asked, given: Json, shape: "Shape") -> Json:
    where = "interactive['header']"
    kind = given.get("type")
    if kind is None:
        raise missing(f"{where}['type']")
    if kind not in shape.headers:
        allowed = ", ".join(sorted(shape.headers)).upper() or "NONE"
        raise invalid(f"{where}['type'] must be one of {{{allowed}}} here, received {kind}")
    keys(given, frozenset({"type", kind}), where)
    if kind == "text":
        return {"type": kind, "text": words(given, "text", where, HEADER_MOST)}
    file = files.header(asked, kind, inner(given, kind, where), f"{where}['{kind}']")
    return {"type": kind, kind: file}


def _unlike(values: list[str], what: str) -> None:
    if len(set(values)) != len(values):
        raise invalid(f"Duplicated {what}: each has to be unique within the message")


def _buttons(action: Json) -> None:
    where = "interactive['action']"
    keys(action, frozenset({"buttons"}), where)
    ids, titles = [], []
    for index, button in enumerate(rows(action, "buttons", where, 3)):
        here = f"{where}['buttons'][{index}]"
        keys(button, frozenset({"type", "reply"}), here)
        if button.get("type") != "reply":
            raise one_of(f"{here}['type']", '"REPLY"', button.get("type"))
        reply = inner(button, "reply", here)
        keys(reply, frozenset({"id", "title"}), f"{here}['reply']")
        ids.append(words(reply, "id", f"{here}['reply']", 256))
        titles.append(words(reply, "title", f"{here}['reply']", 20))
    _unlike(ids, "button id")
    _unlike(titles, "button title")


def _list(action: Json) -> None:
    where = "interactive['action']"
    keys(action, frozenset({"button", "sections"}), where)
    words(action, "button", where, 20)
    sections = rows(action, "sections", where, 10)
    ids = []
    for index, section in enumerate(sections):
        here = f"{where}['sections'][{index}]"
        keys(section, frozenset({"title", "rows"}), here)
        if len(sections) > 1 or "title" in section:
            words(section, "title", here, 24)
        for place, row in enumerate(rows(section, "rows", here, LIST_ROWS)):
            there = f"{here}['rows'][{place}]"
            keys(row, frozenset({"id", "title", "description"}), there)
            ids.append(words(row, "id", there, 200))
            words(row, "title", there, 24)
            words_if_any(row, "description", there, 72)
    if len(ids) > LIST_ROWS:
        raise invalid(f"{where}: total row count exceeds the {LIST_ROWS} that a list may have")
    _unlike(ids, "row id")


def _named(action: Json, name: str, parameters: frozenset[str] = frozenset()) -> Json:
    """An action that only has a name, and perhaps parameters."""
    where = "interactive['action']"
    keys(action, frozenset({"name", "parameters"} if parameters else {"name"}), where)
    if action.get("name") is None:
        raise missing(f"{where}['name']")
    if action["name"] != name:
        raise one_of(f"{where}['name']", f'"{name.upper()}"', action["name"])
    if not parameters or "parameters" not in action:
        return {}
    given = inner(action, "parameters", where)
    keys(given, parameters, f"{where}['parameters']")
    return given


def _link(action: Json) -> None:
    where = "interactive['action']['parameters']"
    _named(action, "cta_url", frozenset({"display_text", "url"}))
    given = inner(action, "parameters", "interactive['action']")
    words(given, "display_text", where, 20)
    web_address(given, "url", where)


FLOW_KEYS = frozenset(
    {"flow_message_version", "flow_id", "flow_name", "flow_cta", "flow_token", "mode"}
) | {"flow_action", "flow_action_payload"}


def _flow(action: Json) -> None:
    where = "interactive['action']['parameters']"
    _named(action, "flow", FLOW_KEYS)
    given = inner(action, "parameters", "interactive['action']")
    if words(given, "flow_message_version", where, 8) != "3":
        raise one_of(f"{where}['flow_message_version']", '"3"', given["flow_message_version"])
    if ("flow_id" in given) == ("flow_name" in given):
        raise invalid(f"{where} must have either flow_id or flow_name")
    words(given, "flow_id" if "flow_id" in given else "flow_name", where, 256)
    if any(unicodedata.category(c) == "So" for c in words(given, "flow_cta", where, 20)):
        raise invalid(f"{where}['flow_cta'] cannot have emoji")
    words_if_any(given, "flow_token", where, 1024)
    for name, allowed in (
        ("mode", ("draft", "published")),
        ("flow_action", ("navigate", "data_exchange")),
    ):
        if name in given and given[name] not in allowed:
            raise one_of(f"{where}['{name}']", ", ".join(allowed).upper(), given[name])
    if "flow_action_payload" in given:
        started = inner(given, "flow_action_payload", where)
        keys(started, frozenset({"screen", "data"}), f"{where}['flow_action_payload']")
        words(started, "screen", f"{where}['flow_action_payload']", 256)
        if "data" in started:
            inner(started, "data", f"{where}['flow_action_payload']")


def _voice_call(action: Json) -> None:
    where = "interactive['action']['parameters']"
    given = _named(action, "voice_call", frozenset({"display_text", "ttl_minutes", "payload"}))
    words_if_any(given, "display_text", where, 20)
    words_if_any(given, "payload", where, 512)
    if "ttl_minutes" in given:
        whole(given["ttl_minutes"], f"{where}['ttl_minutes']", 1, 43_200)


def _asks(name: str) -> Callable[[Json], None]:
    def check(action: Json) -> None:
        _named(action, name)

    return check


class Shape(NamedTuple):
    """What one type of interactive message may have beside its action."""

    action: Callable[[Json], None]
    headers: frozenset[str] = frozenset()
    footer: bool = False
    body: int = 1024
    needs_body: bool = True


SHAPES: dict[str, Shape] = {
    "button": Shape(_buttons, MEDIA_HEADERS, True),
    "list": Shape(_list, TEXT, True, 4096),
    "cta_url": Shape(_link, MEDIA_HEADERS, True),
    "location_request_message": Shape(_asks("send_location")),
    "flow": Shape(_flow, MEDIA_HEADERS, True),
    "call_permission_request": Shape(_asks("call_permission_request"), needs_body=False),
    "voice_call": Shape(_voice_call),
    "request_contact_info": Shape(_asks("request_contact_info")),
}
