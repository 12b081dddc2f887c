"""Template components and values: what is to be filled in, how it will read, what to send."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from whatsapp import figures
from whatsapp.meta.reading import as_mapping, as_mappings, as_text, as_texts

Components = Sequence[Mapping[str, Any]]
Values = Mapping[str, str]
Part = Literal["header", "body", "button"]

PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
# Filled with something other than text when sent; a text value cannot do it.
MEDIA_HEADERS = ("IMAGE", "VIDEO", "DOCUMENT", "GIF", "LOCATION")
FILLABLE = ("HEADER", "BODY", "FOOTER", "BUTTONS", "CALL_PERMISSION_REQUEST")
FILLABLE_BUTTONS = (
    "QUICK_REPLY",
    "URL",
    "PHONE_NUMBER",
    "COPY_CODE",
    "VOICE_CALL",
    "REQUEST_CONTACT_INFO",
)


class TemplateValuesError(ValueError):
    """The template cannot be sent with these values; the text names the parts."""


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

    @property
    def label(self) -> str:
        """For people: the name, or where a numbered one stands."""
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


@dataclass(frozen=True)
class RenderedTemplate:
    """The approved text with its values; a placeholder without a value stays as it is."""

    header: str | None
    header_format: str | None
    body: str
    footer: str | None
    buttons: tuple[RenderedButton, ...]


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
    found: list[Variable] = []
    for kind in ("HEADER", "BODY"):
        component = _component(components, kind)
        part: Part = "header" if kind == "HEADER" else "body"
        examples = _examples(component, part, named)
        for index, name in enumerate(_names(as_text(component.get("text")))):
            example = examples.get(name, "")
            found.append(Variable(f"{part}.{name}", part, index, name, example))
    for index, button in _buttons(components):
        found.extend(_button_variables(index, button))
    return found


def missing(components: Components, values: Values) -> tuple[Variable, ...]:
    """The variables that have no value yet, or only blanks."""
    return tuple(one for one in variables(components) if not _value(one, values).strip())


def unsupported(components: Components) -> tuple[str, ...]:
    """The parts that text values cannot fill, in words; such a template is not for this sender."""
    found = []
    header = as_text(_component(components, "HEADER").get("format")).upper()
    if header in MEDIA_HEADERS:
        found.append(f"a header with {header.lower()}")
    for component in components:
        kind = as_text(component.get("type")).upper()
        if kind not in FILLABLE:
            found.append(f"the part {kind.lower() or 'without a type'}")
    for _, button in _buttons(components):
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
        value = _value(one, values)
        for code, words in _faults(value, most.template_parameter_spaces):
            found.append(ValueProblem(one.key, code, f"The value of “{one.label}” {words}."))
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
    header = _component(components, "HEADER")
    header_format = as_text(header.get("format")).upper() or ("TEXT" if header else "")
    return RenderedTemplate(
        header=_filled(header, "header", values) if header_format == "TEXT" else None,
        header_format=header_format or None,
        body=_filled(_component(components, "BODY"), "body", values),
        footer=as_text(_component(components, "FOOTER").get("text")) or None,
        buttons=tuple(_rendered_button(i, button, values) for i, button in _buttons(components)),
    )


def send_components(
    components: Components, parameter_format: str, values: Values
) -> list[dict[str, Any]]:
    """The `components` to send: one for each part that has variables, and for no other."""
    cannot = unsupported(components)
    if cannot:
        raise TemplateValuesError(f"this template cannot be sent as text: {', '.join(cannot)}")
    lacking = missing(components, values)
    if lacking:
        raise TemplateValuesError(f"values are missing: {', '.join(v.key for v in lacking)}")
    named = parameter_format.upper() == "NAMED"
    to_send: list[dict[str, Any]] = []
    found = variables(components, parameter_format)
    for part in ("header", "body"):
        parameters = [_parameter(v, values, named) for v in found if v.component == part]
        if parameters:
            to_send.append({"type": part, "parameters": parameters})
    for one in found:
        if one.component == "button":
            to_send.append(_button_component(one, values))
    return to_send


def _parameter(one: Variable, values: Values, named: bool) -> dict[str, str]:
    text = {"type": "text", "text": _value(one, values)}
    return {**text, "parameter_name": one.name} if named else text


def _button_component(one: Variable, values: Values) -> dict[str, Any]:
    value = _value(one, values)
    head = {"type": "button", "index": str(one.index)}
    if one.name == "code":
        coupon = {"type": "coupon_code", "coupon_code": value}
        return {**head, "sub_type": "copy_code", "parameters": [coupon]}
    return {**head, "sub_type": "url", "parameters": [{"type": "text", "text": value}]}


def _component(components: Components, kind: str) -> Mapping[str, Any]:
    return next((c for c in components if as_text(c.get("type")).upper() == kind), {})


def _source_of(components: Components, what: str) -> str:
    return as_text(_component(components, "BODY" if what == "text" else "HEADER").get("text"))


def _buttons(components: Components) -> Iterator[tuple[int, Mapping[str, Any]]]:
    return enumerate(as_mappings(_component(components, "BUTTONS").get("buttons")))


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
        yield Variable(f"button{index}.code", "button", index, "code", example)
    if kind == "URL":
        url = as_text(button.get("url"))
        for name in _names(url):
            # Meta's example is the whole address; ours is what takes the placeholder's place.
            shown = example.removeprefix(PLACEHOLDER.split(url)[0])
            yield Variable(f"button{index}.{name}", "button", index, name, shown)


def _rendered_button(index: int, button: Mapping[str, Any], values: Values) -> RenderedButton:
    kind = as_text(button.get("type")).upper()
    text = as_text(button.get("text"))
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


def _value(one: Variable, values: Values) -> str:
    return _given(one.key, one.name, values, named=one.component != "button")


def _given(key: str, name: str, values: Values, named: bool) -> str:
    bare = values.get(name, "") if named and not name.isdigit() else ""
    return values.get(key) or bare


def _faults(value: str, most_spaces: int) -> Iterator[tuple[str, str]]:
    if "\n" in value or "\r" in value:
        yield "newline", "has a line break; WhatsApp allows none in a value"
    if "\t" in value:
        yield "tab", "has a tab; WhatsApp allows none in a value"
    if " " * (most_spaces + 1) in value:
        yield "spaces", f"has more than {most_spaces} spaces in a row"
