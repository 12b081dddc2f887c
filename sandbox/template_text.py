"""Templates at send time: which parameters one takes, whether they fit, what the person reads."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.checks import inner, keys, whole, words
from sandbox.errors import GraphError, required
from sandbox.records import Json, Template

PLACE = re.compile(r"\{\{\s*([a-z0-9_]+)\s*\}\}", re.IGNORECASE)
FORBIDDEN = re.compile(r"[\n\r\t]| {5,}")
HEADER_MOST = 60
BODY_MOST = 1024
# What a component and a parameter may have; anything else is misspelt.
COMPONENT = frozenset({"type", "parameters"})
BUTTON = COMPONENT | {"sub_type", "index"}
CODE_MOST = {"COPY_CODE": 20, "OTP": 15}
PAYLOAD_MOST = 512
ACTING = {"FLOW": ("action",), "VOICE_CALL": ("ttl_minutes", "payload")}
MOST_PARAMETERS = {"VOICE_CALL": 2, "PHONE_NUMBER": 0, "CALL_PERMISSION_REQUEST": 0}
FLOW_ACTION = frozenset({"flow_token", "flow_action_data"})
Attached = Callable[[str, Json], Json]  # checks a header's file or place, gives what is kept of it
# Parameters that the person's phone writes in its own language, and what each needs for that.
LOCALIZED = {
    "currency": frozenset({"fallback_value", "code", "amount_1000"}),
    "date_time": frozenset({"fallback_value"}),
}
TEXTUAL = {"text", *LOCALIZED}


@dataclass(slots=True)
class Part:
    """A text with places: literal, name, literal, name, …, literal."""

    pieces: list[str]
    names: list[str]

    @classmethod
    def of(cls, text: str) -> "Part":
        pieces = PLACE.split(text)
        return cls(pieces, list(dict.fromkeys(pieces[1::2])))

    def filled(self, values: dict[str, str]) -> str:
        return "".join(values.get(p, "") if i % 2 else p for i, p in enumerate(self.pieces))


@dataclass(slots=True)
class Shape:
    named: bool
    header_format: str = ""
    header: Part | None = None
    body: Part = field(default_factory=lambda: Part([""], []))
    footer: str = ""
    buttons: list[Json] = field(default_factory=list)


def shape_of(template: Template) -> Shape:
    shape = Shape(named=template.parameter_format.upper() == "NAMED")
    for component in template.components:
        match str(component.get("type", "")).upper():
            case "HEADER":
                shape.header_format = str(component.get("format", "TEXT")).upper()
                shape.header = Part.of(str(component.get("text", "")))
            case "BODY":
                shape.body = Part.of(str(component.get("text", "")))
            case "FOOTER":
                shape.footer = str(component.get("text", ""))
            case "BUTTONS":
                shape.buttons = list(component.get("buttons", []))
    return shape


def fill(shape: Shape, components: Any, attached: Attached) -> Json:
    """The message as the person sees it, or the error Meta would answer with."""
    if components is None:
        components = []
    if not isinstance(components, list):
        raise GraphError(100, message="Param template['components'] must be an array.")
    header: list[Json] | None = None
    body: list[Json] = []
    buttons: dict[int, Json] = {}
    seen_kinds: set[str] = set()
    for component in components:
        if not isinstance(component, dict):
            raise GraphError(100, message="Param template['components'] must hold objects.")
        kind = str(component.get("type", "")).lower()
        if kind in seen_kinds:
            raise GraphError(131009, f"Component {kind} is given more than once")
        match kind:
            case "header":
                header = _parameters(component)
                seen_kinds.add(kind)
            case "body":
                body = _parameters(component)
                seen_kinds.add(kind)
            case "button":
                index = _index(component, shape)
                if index in buttons:
                    raise GraphError(131009, f"buttons: index {index} is given more than once")
                buttons[index] = component
            case other:
                raise GraphError(131009, f"Component type {other or 'missing'} is not valid")
    seen: Json = {}
    _header(shape, header or [], seen, attached)
    values = _values("body", shape.named, shape.body, body)
    text = shape.body.filled(values)
    if len(text) > BODY_MOST:
        raise GraphError(132005, f"body: text of {len(text)} characters is longer than {BODY_MOST}")
    seen["body"] = text
    if shape.footer:
        seen["footer"] = shape.footer
    seen["buttons"] = _buttons(shape, buttons)
    return seen


def _parameters(component: Json, allowed: frozenset[str] = COMPONENT) -> list[Json]:
    keys(component, allowed, "template['components']")
    given = component.get("parameters", [])
    if not isinstance(given, list) or not all(isinstance(p, dict) for p in given):
        raise GraphError(100, message="Param parameters must be an array of objects.")
    return given


def _header(shape: Shape, given: list[Json], seen: Json, attached: Attached) -> None:
    if shape.header_format in ("", "TEXT"):
        part = shape.header or Part([""], [])
        values = _values("header", shape.named, part, given)
        if shape.header is not None:
            seen["header"] = part.filled(values)
            if len(seen["header"]) > HEADER_MOST:
                raise GraphError(132005, f"header: the text is longer than {HEADER_MOST}")
        return
    wanted = shape.header_format.lower()
    got = str(given[0].get("type", "unknown")).lower() if given else "unknown"
    if got != wanted or not isinstance(given[0].get(wanted), dict):
        raise GraphError(
            132012, f"header: Format mismatch, expected {wanted.upper()}, received {got.upper()}"
        )
    if len(given) > 1:
        raise GraphError(132000, f"header: number of params ({len(given)}) does not match 1")
    keys(given[0], frozenset({"type", wanted}), "template['components'] header")
    seen["header_format"] = wanted
    seen["header_file"] = attached(wanted, given[0][wanted])


def _values(where: str, named: bool, part: Part, given: list[Json]) -> dict[str, str]:
    if len(given) != len(part.names):
        raise GraphError(
            132000,
            f"{where}: number of localizable_params ({len(given)}) does not match the expected "
            f"number of params ({len(part.names)})",
        )
    texts = [_text(where, parameter, named) for parameter in given]
    if not named:
        # Positional values belong to {{1}}, {{2}} …, in whatever order the text has them.
        order = sorted(part.names, key=lambda n: (int(n) if n.isdigit() else 0, n))
        return dict(zip(order, texts, strict=True))
    keys = [str(p.get("parameter_name", "")) for p in given]
    if sorted(keys) != sorted(part.names):
        raise GraphError(
            132000,
            f"{where}: parameter names ({', '.join(keys)}) do not match the expected names "
            f"({', '.join(part.names)})",
        )
    return dict(zip(keys, texts, strict=True))


def _text(where: str, parameter: Json, named: bool) -> str:
    kind = str(parameter.get("type", "")).lower()
    if kind in TEXTUAL:
        allowed = {"type", kind, "parameter_name"} if named else {"type", kind}
        keys(parameter, frozenset(allowed), f"{where} parameter")
    if kind not in TEXTUAL:
        raise GraphError(
            132012, f"{where}: Format mismatch, expected TEXT, received {kind.upper() or 'NOTHING'}"
        )
    value = parameter.get("text") if kind == "text" else parameter.get(kind)
    if kind != "text":
        if not isinstance(value, dict) or not value.keys() >= LOCALIZED[kind]:
            needed = ", ".join(sorted(LOCALIZED[kind]))
            raise GraphError(131008, f"Parameter of type {kind} needs {needed}")
        value = value["fallback_value"]
    if not isinstance(value, str) or not value:
        raise GraphError(131008, f"Parameter of type {kind} is missing text value")
    _refuse_layout(value)
    return value


def _refuse_layout(value: str) -> None:
    if FORBIDDEN.search(value):
        raise GraphError(
            132018,
            "Param text cannot have new-line/tab characters or more than 4 consecutive spaces",
        )


def _index(component: Json, shape: Shape) -> int:
    raw = component.get("index")
    if isinstance(raw, bool) or not isinstance(raw, int | str) or not str(raw).isdigit():
        raise required("template['components']['index']")
    index = int(raw)
    if index >= len(shape.buttons):
        raise GraphError(131009, f"buttons: the template has no button at index {index}")
    return index


def _buttons(shape: Shape, given: dict[int, Json]) -> list[Json]:
    return [_button(i, button, given.get(i)) for i, button in enumerate(shape.buttons)]


def _button(index: int, button: Json, component: Json | None) -> Json:
    kind = str(button.get("type", "")).upper()
    seen: Json = {"type": kind, "text": str(button.get("text", ""))}
    if component is not None:
        wanted = str(component.get("sub_type", "")).upper()
        if wanted != kind and not (kind == "OTP" and wanted == "URL"):
            raise GraphError(
                132012, f"buttons: Button at index {index} is of type {kind}, received {wanted}"
            )
    given = _parameters(component, BUTTON) if component else []
    if len(given) > MOST_PARAMETERS.get(kind, 1):
        raise GraphError(132000, f"buttons: Button at index {index} takes at most one parameter")
    parameter = given[0] if given else None
    if kind == "QUICK_REPLY":
        seen["payload"] = _one(parameter, "payload", index, kind) if parameter else seen["text"]
    elif kind == "URL":
        part = Part.of(str(button.get("url", "")))
        if part.names:
            suffix = _one(parameter, "text", index, kind)
            seen["url"] = part.filled({part.names[0]: suffix})
        elif parameter:
            raise GraphError(
                132000, f"buttons: Button at index {index} of type Url takes no parameter"
            )
        else:
            seen["url"] = part.filled({})
    elif kind == "COPY_CODE":
        seen["code"] = _one(parameter, "coupon_code", index, kind)
    elif kind == "OTP":
        seen["code"] = _one(parameter, "text", index, kind)
    elif kind in ("FLOW", "VOICE_CALL"):
        for each in given:
            _acting(kind, each, index)
    elif kind == "PHONE_NUMBER":
        seen["phone_number"] = str(button.get("phone_number", ""))
    return seen


def _acting(kind: str, parameter: Json, index: int) -> None:
    """What a button that opens a form or calls is given at send time."""
    where, name = f"buttons: Button at index {index}", str(parameter.get("type", ""))
    if name not in ACTING[kind]:
        raise GraphError(
            132012, f"{where}: Format mismatch, expected {ACTING[kind]}, received {name}"
        )
    keys(parameter, frozenset({"type", name}), where)
    if name == "action":
        keys(inner(parameter, name, where), FLOW_ACTION, f"{where}['action']")
    elif name == "payload":
        words(parameter, name, where, PAYLOAD_MOST)
    else:
        whole(parameter.get(name), f"{where}['{name}']", 1, 43_200)


def _one(parameter: Json | None, key: str, index: int, kind: str) -> str:
    name = kind.replace("_", " ").title()
    if parameter is None:
        raise GraphError(
            131008, f"buttons: Button at index {index} of type {name} requires a parameter"
        )
    if parameter.get("type") != key:
        raise GraphError(
            132012,
            f"buttons: Format mismatch at index {index}, expected {key}, "
            f"received {parameter.get('type')}",
        )
    value = parameter.get(key)
    if not isinstance(value, str) or not value:
        raise GraphError(131008, f"buttons: Button at index {index}: {key} is missing")
    if kind in CODE_MOST and len(value) > CODE_MOST[kind]:
        raise GraphError(
            131009, f"buttons: Button at index {index}: {key} is longer than {CODE_MOST[kind]}"
        )
    keys(parameter, frozenset({"type", key}), f"buttons: Button at index {index}")
    _refuse_layout(value)
    return value
