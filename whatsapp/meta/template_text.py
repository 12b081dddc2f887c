"""Template components and values: what is to be filled in, and how it will read."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from whatsapp import figures
from whatsapp.figures.loader import ContentFigures
from whatsapp.meta.reading import as_mapping, as_mappings, as_text, as_texts

Components = Sequence[Mapping[str, Any]]
Values = Mapping[str, str]
Part = Literal["header", "body", "button"]
# What a value is beside a text: a fact of a place, a one-time code, a code to copy.
Meaning = Literal["text", "place", "code", "coupon"]

PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
# A header that is a file: Meta reviews it with a sample, and each message brings one.
MEDIA_HEADERS = ("IMAGE", "VIDEO", "DOCUMENT")
# What Meta stores for a button that copies a one-time code ("Authentication templates").
CODE_ADDRESS = "https://www.whatsapp.com/otp/code/"
# What Meta wants of the place in a header, and for people.
PLACE = {
    "latitude": "latitude of the place",
    "longitude": "longitude of the place",
    "name": "name of the place",
    "address": "address of the place",
}
# Degrees north or south of the equator, and east or west of Greenwich.
DEGREES = {"latitude": 90, "longitude": 180}
DECIMAL = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,20})?")
# Characters of a one-time code ("Authentication templates").
CODE_MOST = 15
# May be given for an answer: what a program is told when it is tapped, instead of its words.
PAYLOAD = "payload"
PAYLOAD_BUTTONS = ("QUICK_REPLY", "VOICE_CALL")
# Characters (Meta, "Messages").
PAYLOAD_MOST = 512
OWN_LABELS = {"COPY_CODE": "Copy offer code", "REQUEST_CONTACT_INFO": "Share contact info"}
FILLABLE = ("HEADER", "BODY", "FOOTER", "BUTTONS", "CALL_PERMISSION_REQUEST")
FILLABLE_BUTTONS = (
    "QUICK_REPLY",
    "URL",
    "PHONE_NUMBER",
    "COPY_CODE",
    "VOICE_CALL",
    "REQUEST_CONTACT_INFO",
)


@dataclass(frozen=True)
class Variable:
    """One thing to fill in.

    `key` is unique in the template ("body.1", "header.day", "button2.1") and is what values are
    given by; a value given by the bare name of a named variable counts as well.
    """

    key: str
    component: Part
    index: int  # of the button among all buttons, else the place within the component
    name: str  # as in the braces
    example: str
    meaning: Meaning = "text"

    @property
    def label(self) -> str:
        """For people: the name, or where a numbered one stands."""
        if self.meaning == "place":
            return PLACE[self.name]
        if self.meaning == "code":
            return "code"
        if not self.name.isdigit():
            return self.name.replace("_", " ")
        if self.component == "button":
            return f"button {self.index + 1}"
        return f"{self.component} {self.name}"


@dataclass(frozen=True)
class RenderedButton:
    """A button as the person sees it; `target` is an address or a number."""

    type: str
    text: str
    target: str | None = None

    @property
    def label(self) -> str:
        """WhatsApp's own words where the template has none."""
        return self.text or OWN_LABELS.get(self.type, "")


@dataclass(frozen=True)
class RenderedTemplate:
    """The approved text with its values; a placeholder without a value stays as it is."""

    header: str | None
    header_format: str | None
    body: str
    footer: str | None
    buttons: tuple[RenderedButton, ...]
    asks_to_call: bool = False


@dataclass(frozen=True)
class ValueProblem:
    """Why Meta would refuse a value; `key` is None for the text as a whole."""

    key: str | None
    code: str
    sentence: str


class Kept(list[Mapping[str, Any]]):
    """Components that many messages are made of: their variables are read once. Not to be
    changed."""

    def __init__(self, components: Components) -> None:
        super().__init__(components)
        self.variables: dict[str, list[Variable]] = {}


def variables(components: Components, parameter_format: str = "POSITIONAL") -> list[Variable]:
    """Everything to fill in, in the order in which a reader meets it."""
    if not isinstance(components, Kept):
        return _variables(components, parameter_format)
    if parameter_format not in components.variables:
        components.variables[parameter_format] = _variables(components, parameter_format)
    return components.variables[parameter_format]


def _variables(components: Components, parameter_format: str) -> list[Variable]:
    named = parameter_format.upper() == "NAMED"
    code = code_button(components)
    found: list[Variable] = []
    if header_format(components) == "LOCATION":
        found = [
            Variable(f"header.{name}", "header", index, name, "", "place")
            for index, name in enumerate(PLACE)
        ]
    for kind in ("HEADER", "BODY"):
        component = component_of(components, kind)
        part: Part = "header" if kind == "HEADER" else "body"
        examples = _examples(component, part, named)
        for index, name in enumerate(_names(as_text(component.get("text")))):
            example = examples.get(name, "")
            meaning: Meaning = "code" if code is not None and part == "body" else "text"
            found.append(Variable(f"{part}.{name}", part, index, name, example, meaning))
    for index, button in buttons_of(components):
        # A one-time code is typed once, for the text.
        if index != code:
            found.extend(_button_variables(index, button))
    return found


def payload_keys(components: Components) -> tuple[str, ...]:
    """What may be given beside the variables: what a tap on an answer tells a program."""
    return tuple(
        f"button{index}.{PAYLOAD}"
        for index, button in buttons_of(components)
        if as_text(button.get("type")).upper() in PAYLOAD_BUTTONS
    )


def header_format(components: Components) -> str:
    """TEXT, IMAGE, VIDEO, DOCUMENT, LOCATION; empty where there is no header."""
    header = component_of(components, "HEADER")
    return as_text(header.get("format")).upper() or ("TEXT" if header else "")


def header_media(components: Components) -> str:
    """The kind of file that every message has to bring: image, video, document, or none."""
    found = header_format(components)
    return found.lower() if found in MEDIA_HEADERS else ""


def code_button(components: Components) -> int | None:
    """The index of the button that copies the one-time code of an authentication template."""
    if not PLACEHOLDER.search(as_text(component_of(components, "BODY").get("text"))):
        return None
    for index, button in buttons_of(components):
        if as_text(button.get("url")).startswith(CODE_ADDRESS):
            return index
    return None


def missing(components: Components, values: Values) -> tuple[Variable, ...]:
    """The variables that have no value yet, or only blanks."""
    return tuple(one for one in variables(components) if not value_of(one, values).strip())


def unsupported(components: Components) -> tuple[str, ...]:
    """The parts that cannot be sent from here, in words: flows, catalogues, carousels and such."""
    found = []
    header = header_format(components)
    if header not in ("", "TEXT", "LOCATION", *MEDIA_HEADERS):
        found.append(f"a header with {header.lower()}")
    for component in components:
        kind = as_text(component.get("type")).upper()
        if kind not in FILLABLE:
            found.append(f"the part {kind.lower() or 'without a type'}")
    for _, button in buttons_of(components):
        kind = as_text(button.get("type")).upper()
        if kind not in FILLABLE_BUTTONS:
            found.append(f"a button of the type {kind.lower() or 'unknown'}")
    return tuple(found)


def problems(
    components: Components,
    values: Values,
    *,
    now: datetime,
    rendered: RenderedTemplate | None = None,
) -> tuple[ValueProblem, ...]:
    """What Meta would refuse in the values given (132018, 132005); missing ones are missing()."""
    most = figures.at(now).content
    found: list[ValueProblem] = []
    for one in variables(components):
        value = value_of(one, values)
        for code, words in _faults(one, value, most):
            found.append(ValueProblem(one.key, code, f"The value of “{one.label}” {words}."))
    for key in payload_keys(components):
        if len(values.get(key, "")) > PAYLOAD_MOST:
            words = f"What “{key}” tells a program is longer than {PAYLOAD_MOST} characters."
            found.append(ValueProblem(key, "payload_too_long", words))
    rendered = rendered or render(components, values)
    for what, text, cap in (
        ("header", rendered.header or "", most.template_header),
        ("text", rendered.body, most.template_body),
    ):
        if len(text) > cap and PLACEHOLDER.search(_source_of(components, what)):
            words = f"With its values the {what} has {len(text)} characters; WhatsApp takes {cap}."
            found.append(ValueProblem(None, f"{what}_too_long", words))
    for index, button in enumerate(rendered.buttons):
        if button.type == "URL" and len(button.target or "") > most.template_url:
            words = f"With its value the address of button {index + 1} is too long for WhatsApp."
            found.append(ValueProblem(None, "url_too_long", words))
    return tuple(found)


def render(components: Components, values: Values) -> RenderedTemplate:
    """How the message will read."""
    header, shape = component_of(components, "HEADER"), header_format(components)
    place = [values.get(f"header.{name}", "") for name in ("name", "address")]
    text = _filled(header, "header", values) if shape == "TEXT" else None
    if shape == "LOCATION":
        text = ", ".join(filter(None, place)) or None
    return RenderedTemplate(
        header=text,
        header_format=shape or None,
        body=_filled(component_of(components, "BODY"), "body", values),
        footer=as_text(component_of(components, "FOOTER").get("text")) or None,
        buttons=tuple(_rendered_button(i, button, values) for i, button in buttons_of(components)),
        asks_to_call=bool(component_of(components, "CALL_PERMISSION_REQUEST")),
    )


def text_digest(components: Components) -> str:
    """Names how a template reads, whatever Meta's listing adds to it. Hexadecimal."""
    text = json.dumps(as_kept(render(components, {})), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def as_kept(rendered: RenderedTemplate) -> dict[str, Any]:
    """As it comes back from JSON."""
    found = asdict(rendered)
    return found | {"buttons": list(found["buttons"])}


def component_of(components: Components, kind: str) -> Mapping[str, Any]:
    return next((c for c in components if as_text(c.get("type")).upper() == kind), {})


def _source_of(components: Components, what: str) -> str:
    return as_text(component_of(components, "BODY" if what == "text" else "HEADER").get("text"))


def buttons_of(components: Components) -> Iterator[tuple[int, Mapping[str, Any]]]:
    return enumerate(as_mappings(component_of(components, "BUTTONS").get("buttons")))


def _names(text: str) -> list[str]:
    """The placeholders, each once: numbers in their order, names as they come."""
    names = list(dict.fromkeys(PLACEHOLDER.findall(text)))
    return sorted(names, key=int) if names and all(n.isdigit() for n in names) else names


def _examples(component: Mapping[str, Any], part: str, named: bool) -> dict[str, str]:
    example = as_mapping(component.get("example"))
    if named:
        rows = as_mappings(example.get(f"{part}_text_named_params"))
        return {as_text(row.get("param_name")): as_text(row.get("example")) for row in rows}
    given = example.get(f"{part}_text")
    if isinstance(given, list) and given and isinstance(given[0], list):
        given = given[0]
    return {str(number): text for number, text in enumerate(as_texts(given), start=1)}


def _button_variables(index: int, button: Mapping[str, Any]) -> Iterator[Variable]:
    kind = as_text(button.get("type")).upper()
    given = button.get("example")
    example = as_text(given) or next(iter(as_texts(given)), "")
    if kind == "COPY_CODE":
        yield Variable(f"button{index}.code", "button", index, "code", example, "coupon")
    if kind == "URL":
        url = as_text(button.get("url"))
        for name in _names(url):
            # Meta's example is the whole address; ours is what takes the placeholder's place.
            shown = example.removeprefix(PLACEHOLDER.split(url)[0])
            yield Variable(f"button{index}.{name}", "button", index, name, shown)


def _rendered_button(index: int, button: Mapping[str, Any], values: Values) -> RenderedButton:
    kind = as_text(button.get("type")).upper()
    text = as_text(button.get("text"))
    if kind == "URL" and as_text(button.get("url")).startswith(CODE_ADDRESS):
        return RenderedButton("OTP", text)
    if kind == "URL":
        target = _replaced(as_text(button.get("url")), f"button{index}", values, named=False)
        return RenderedButton(kind, text, target)
    if kind == "PHONE_NUMBER":
        return RenderedButton(kind, text, as_text(button.get("phone_number")) or None)
    if kind == "COPY_CODE":
        return RenderedButton(kind, text, values.get(f"button{index}.code") or None)
    return RenderedButton(kind, text)


def _filled(component: Mapping[str, Any], part: str, values: Values) -> str:
    return _replaced(as_text(component.get("text")), part, values, named=True)


def _replaced(text: str, part: str, values: Values, *, named: bool) -> str:
    # One pass: a value that itself looks like a placeholder stays as it was typed.
    return PLACEHOLDER.sub(
        lambda match: _given(f"{part}.{match[1]}", match[1], values, named) or match[0], text
    )


def value_of(one: Variable, values: Values) -> str:
    """As given, by the key or by the bare name of a named variable; empty where it is not."""
    by_name = one.component != "button" and one.meaning != "place"
    return _given(one.key, one.name, values, named=by_name)


def _given(key: str, name: str, values: Values, named: bool) -> str:
    bare = values.get(name, "") if named and not name.isdigit() else ""
    return values.get(key) or bare


def _faults(one: Variable, value: str, most: ContentFigures) -> Iterator[tuple[str, str]]:
    if "\n" in value or "\r" in value:
        yield "newline", "has a line break; WhatsApp allows none in a value"
    if "\t" in value:
        yield "tab", "has a tab; WhatsApp allows none in a value"
    if " " * (most.template_parameter_spaces + 1) in value:
        spaces = most.template_parameter_spaces
        yield "spaces", f"has more than {spaces} spaces in a row"
    longest = {"code": CODE_MOST, "coupon": most.template_copy_code}.get(one.meaning)
    if longest is not None and len(value) > longest:
        yield "code_too_long", f"has {len(value)} characters; WhatsApp takes {longest}"
    if one.meaning == "place" and one.name in DEGREES and value.strip():
        end = DEGREES[one.name]
        if not _is_within(value, end):
            yield "no_degrees", f"is no number of degrees from −{end} to {end}, like 41.9028"


def _is_within(value: str, end: int) -> bool:
    return bool(DECIMAL.fullmatch(value.strip())) and abs(float(value)) <= end
