"""What a send gives for a template: a component for each part that takes something.

Shapes: Meta, "Sending template messages" and "Authentication templates".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from whatsapp.meta.reading import as_text
from whatsapp.meta.template_text import (
    PAYLOAD,
    PAYLOAD_BUTTONS,
    PLACE,
    Components,
    Values,
    Variable,
    buttons_of,
    code_button,
    header_media,
    missing,
    unsupported,
    value_of,
    variables,
)


class TemplateValuesError(ValueError):
    """The template cannot be sent with these values; the text names the parts."""


@dataclass(frozen=True, slots=True)
class HeaderMedia:
    """Meta's id of the header's file; people see the name of a document."""

    media_id: str
    filename: str = ""


def send_components(
    components: Components,
    parameter_format: str,
    values: Values,
    *,
    media: HeaderMedia | None = None,
) -> list[dict[str, Any]]:
    """The `components` to send: one for each part that takes something, and for no other."""
    cannot = unsupported(components)
    if cannot:
        raise TemplateValuesError(f"this template cannot be sent: {', '.join(cannot)}")
    lacking = [one.key for one in missing(components, values)]
    if header_media(components) and media is None:
        lacking.append("header file")
    if lacking:
        raise TemplateValuesError(f"values are missing: {', '.join(lacking)}")
    found = variables(components, parameter_format)
    named = parameter_format.upper() == "NAMED"
    header = _header(components, found, values, media, named=named)
    body = [_text(one, values, named=named) for one in found if one.component == "body"]
    parts = [
        {"type": part, "parameters": parameters}
        for part, parameters in (("header", header), ("body", body))
        if parameters
    ]
    return [*parts, *_buttons(components, found, values)]


def _header(
    components: Components,
    found: list[Variable],
    values: Values,
    media: HeaderMedia | None,
    *,
    named: bool,
) -> list[dict[str, Any]]:
    kind = header_media(components)
    if kind and media is not None:
        named_file = kind == "document" and media.filename
        file = {"id": media.media_id, **({"filename": media.filename} if named_file else {})}
        return [{"type": kind, kind: file}]
    of_header = [one for one in found if one.component == "header"]
    if any(one.meaning == "place" for one in of_header):
        place = {name: values[f"header.{name}"].strip() for name in PLACE}
        return [{"type": "location", "location": place}]
    return [_text(one, values, named=named) for one in of_header]


def _text(one: Variable, values: Values, *, named: bool) -> dict[str, Any]:
    text = {"type": "text", "text": value_of(one, values)}
    return {**text, "parameter_name": one.name} if named else text


def _buttons(
    components: Components, found: list[Variable], values: Values
) -> Iterator[dict[str, Any]]:
    """By their places. A one-time code is given again for its button."""
    given = {one.index: one for one in found if one.component == "button"}
    code = code_button(components)
    if code is not None:
        given[code] = next(one for one in found if one.meaning == "code")
    for index, button in buttons_of(components):
        one, kind = given.get(index), as_text(button.get("type")).lower()
        payload = values.get(f"button{index}.{PAYLOAD}", "")
        if one is not None:
            value = value_of(one, values)
            parameter: Mapping[str, str] = {"type": "text", "text": value}
            if one.meaning == "coupon":
                parameter = {"type": "coupon_code", "coupon_code": value}
        elif payload and kind.upper() in PAYLOAD_BUTTONS:
            parameter = {"type": "payload", "payload": payload}
        else:
            continue
        yield {
            "type": "button",
            "sub_type": kind,
            "index": str(index),
            "parameters": [dict(parameter)],
        }
