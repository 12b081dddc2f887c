"""Templates at send time: which parameters one takes, whether they fit, what the person reads."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.checks import keys
from sandbox.errors import GraphError, required
from sandbox.records import Json, Template
from sandbox.template_parameters import Part, parameters, refuse_layout
from sandbox.template_taps import CODE_MOST, shown

HEADER_MOST = 60
BODY_MOST = 1024
Attached = Callable[[str, Json], Json]  # checks a header's file or place, gives what is kept of it
# Parameters that the person's phone writes in its own language, and what each needs for that.
LOCALIZED = {
    "currency": frozenset({"fallback_value", "code", "amount_1000"}),
    "date_time": frozenset({"fallback_value"}),
}
TEXTUAL = {"text", *LOCALIZED}


@dataclass(slots=True)
class Shape:
    named: bool
    passcode: bool = False  # an authentication template
    asks_to_call: bool = False
    header_format: str = ""
    header: Part | None = None
    body: Part = field(default_factory=lambda: Part([""], []))
    footer: str = ""
    buttons: list[Json] = field(default_factory=list)


def shape_of(template: Template) -> Shape:
    shape = Shape(
        named=template.parameter_format.upper() == "NAMED",
        passcode=template.category == "AUTHENTICATION",
    )
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
            case "CALL_PERMISSION_REQUEST":
                shape.asks_to_call = True
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
                header = parameters(component)
                seen_kinds.add(kind)
            case "body":
                body = parameters(component)
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
    given = [buttons.get(i) for i in range(len(shape.buttons))]
    seen["buttons"] = [
        shown(i, button, given[i], passcode=shape.passcode)
        for i, button in enumerate(shape.buttons)
    ]
    if shape.passcode:
        _same_code(values, seen["buttons"])
    if shape.asks_to_call:
        seen["buttons"] = [{"type": "CALL_PERMISSION_REQUEST", "text": "Allow calls"}]
    return seen


def _same_code(values: dict[str, str], buttons: list[Json]) -> None:
    """A code is given twice: for the text and for the button ("Authentication templates")."""
    codes = [*values.values(), *(b["code"] for b in buttons if "code" in b)]
    if any(len(code) > CODE_MOST["OTP"] for code in codes):
        raise GraphError(131009, f"The code is longer than {CODE_MOST['OTP']} characters")
    if len(set(codes)) > 1:
        raise GraphError(131009, "The code of the button is not the code of the body")


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
    names = [p.get("parameter_name") for p in given]
    if not all(isinstance(name, str) and name for name in names):
        # As public integrations quote it; "Error codes" does not have it.
        raise GraphError(100, "Parameter name is missing or empty")
    found = [str(name) for name in names]
    if sorted(found) != sorted(part.names):
        raise GraphError(
            132012,
            f"{where}: parameter names ({', '.join(found)}) do not match the expected names "
            f"({', '.join(part.names)})",
        )
    return dict(zip(found, texts, strict=True))


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
    refuse_layout(value)
    return value


def _index(component: Json, shape: Shape) -> int:
    raw = component.get("index")
    if isinstance(raw, bool) or not isinstance(raw, int | str) or not str(raw).isdigit():
        raise required("template['components']['index']")
    index = int(raw)
    if index >= len(shape.buttons):
        raise GraphError(131009, f"buttons: the template has no button at index {index}")
    return index
