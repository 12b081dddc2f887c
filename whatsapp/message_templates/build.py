"""A template as it is written, and the JSON in which Meta takes and lists it.

Shapes: Meta, "Template components" and "Authentication templates".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from whatsapp.meta.reading import as_mapping, as_mappings, as_text, as_texts
from whatsapp.policy.written import (
    MEDIA,
    SLOT,
    Button,
    CodeText,
    Header,
    Part,
    Written,
    is_positional,
    slot_key,
    slots,
)

Components = Sequence[Mapping[str, Any]]
CALL_PERMISSION = "CALL_PERMISSION_REQUEST"


def creation(written: Written, *, header_handle: str = "") -> dict[str, Any]:
    """The body that creates it; `header_handle` is of an upload of the header's sample."""
    return {
        "name": written.name,
        "language": written.language,
        "category": written.category,
        "parameter_format": parameter_format(written).lower(),
        "components": components(written, header_handle=header_handle),
    }


def parameter_format(written: Written) -> str:
    return "POSITIONAL" if is_positional(written) else "NAMED"


def components(written: Written, *, header_handle: str = "") -> list[dict[str, Any]]:
    """A full replacement of whatever Meta has."""
    if written.category == "AUTHENTICATION":
        return list(_code_components(written.code))
    return list(_components(written, header_handle))


def _components(written: Written, header_handle: str) -> Iterator[dict[str, Any]]:
    header, named = written.header, not is_positional(written)
    if header.format == "TEXT":
        yield {
            "type": "HEADER",
            "format": "TEXT",
            "text": header.text,
            **_example("header", header.text, written, named=named),
        }
    elif header.format in MEDIA:
        example = {"header_handle": [header_handle]}
        yield {"type": "HEADER", "format": header.format, "example": example}
    elif header.format != "NONE":
        yield {"type": "HEADER", "format": header.format}
    body = written.body.strip()
    yield {"type": "BODY", "text": body, **_example("body", body, written, named=named)}
    if written.footer.strip():
        yield {"type": "FOOTER", "text": written.footer.strip()}
    if written.buttons:
        yield {"type": "BUTTONS", "buttons": [_button(one) for one in written.buttons]}
    if written.asks_to_call:
        yield {"type": "call_permission_request"}


def _example(part: Part, text: str, written: Written, *, named: bool) -> dict[str, Any]:
    names = slots(text)
    if not names:
        return {}
    if named:
        rows = [
            {"param_name": name, "example": written.samples.get(slot_key(part, name), "")}
            for name in names
        ]
        return {"example": {f"{part}_text_named_params": rows}}
    samples = [written.samples.get(slot_key(part, name), "") for name in sorted(names, key=int)]
    # Of the body Meta takes a list of lists.
    return {"example": {f"{part}_text": [samples] if part == "body" else samples}}


def _button(one: Button) -> dict[str, Any]:
    text = {"type": one.type, "text": one.text.strip()}
    if one.type == "URL":
        url = one.url.strip()
        if not SLOT.search(url):
            return {**text, "url": url}
        return {**text, "url": url, "example": [SLOT.sub(lambda _: one.example.strip(), url)]}
    if one.type == "PHONE_NUMBER":
        return {**text, "phone_number": "+" + re.sub(r"\D", "", one.phone)}
    if one.type == "COPY_CODE":
        return {"type": one.type, "example": one.example.strip()}
    return text


def _code_components(code: CodeText) -> Iterator[dict[str, Any]]:
    yield {"type": "BODY", "add_security_recommendation": code.warns}
    if code.minutes is not None:
        yield {"type": "FOOTER", "code_expiration_minutes": code.minutes}
    button = {"type": "OTP", "otp_type": "COPY_CODE"}
    if code.button.strip():
        button["text"] = code.button.strip()
    yield {"type": "BUTTONS", "buttons": [button]}


def written_of(
    components: Components,
    *,
    name: str,
    language: str,
    category: str,
    parameter_format: str = "POSITIONAL",
) -> Written:
    """What Meta lists, back as it would be written. A header's sample file is not in it."""
    by_kind = {as_text(one.get("type")).upper(): one for one in reversed(components)}
    header, body = by_kind.get("HEADER", {}), by_kind.get("BODY", {})
    header_format = as_text(header.get("format")).upper() or ("TEXT" if header else "NONE")
    named = parameter_format.upper() == "NAMED"
    buttons = as_mappings(by_kind.get("BUTTONS", {}).get("buttons"))
    footer = by_kind.get("FOOTER", {})
    return Written(
        name=name,
        language=language,
        category=category,
        header=Header(format=header_format, text=as_text(header.get("text"))),
        body=as_text(body.get("text")),
        footer=as_text(footer.get("text")),
        buttons=() if category == "AUTHENTICATION" else tuple(map(_button_of, buttons)),
        samples={**_samples(header, "header", named=named), **_samples(body, "body", named=named)},
        asks_to_call=CALL_PERMISSION in by_kind,
        code=_code_of(body, footer, buttons) if category == "AUTHENTICATION" else CodeText(),
    )


def _samples(component: Mapping[str, Any], part: Part, *, named: bool) -> dict[str, str]:
    example = as_mapping(component.get("example"))
    if named:
        rows = as_mappings(example.get(f"{part}_text_named_params"))
        return {
            slot_key(part, as_text(row.get("param_name"))): as_text(row.get("example"))
            for row in rows
        }
    given = example.get(f"{part}_text")
    if isinstance(given, list) and given and isinstance(given[0], list):
        given = given[0]
    return {
        slot_key(part, str(number)): text for number, text in enumerate(as_texts(given), start=1)
    }


def _button_of(row: Mapping[str, Any]) -> Button:
    kind, url = as_text(row.get("type")).upper(), as_text(row.get("url"))
    given = row.get("example")
    example = as_text(given) or next(iter(as_texts(given)), "")
    if kind == "URL":
        # Meta's example is the whole address; ours is what takes the variable's place.
        example = example.removeprefix(SLOT.split(url)[0]) if SLOT.search(url) else ""
    return Button(
        type=kind,
        text="" if kind == "COPY_CODE" else as_text(row.get("text")),
        url=url,
        phone=as_text(row.get("phone_number")),
        example=example,
    )


def _code_of(
    body: Mapping[str, Any], footer: Mapping[str, Any], buttons: Sequence[Mapping[str, Any]]
) -> CodeText:
    minutes = footer.get("code_expiration_minutes")
    warns = body.get("add_security_recommendation")
    return CodeText(
        warns=warns is not False,
        minutes=minutes if isinstance(minutes, int) else None,
        button=as_text(buttons[0].get("text")) if buttons else "",
    )
