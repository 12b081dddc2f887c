"""A template as it is typed in the editor. Nothing is refused here: the rules say what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from whatsapp.ids import whole_number
from whatsapp.message_templates.drafts import Saving
from whatsapp.policy.written import (
    BUTTONS,
    CATEGORIES,
    HEADERS,
    SLOT,
    Button,
    CodeText,
    Header,
    Written,
    slot_keys,
)

# What is kept of a text, however long: far above what Meta takes.
LONGEST = 20_000
MOST_BUTTONS = 30
# As large as a column takes.
MOST_TURNS = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Typed:
    """`sources` are those that the form shows; an empty one is typed with each send."""

    written: Written
    sources: dict[str, dict[str, str]]
    saving: Saving


@dataclass(frozen=True, slots=True)
class _Row:
    """A button with where the end of its address comes from."""

    button: Button
    source: dict[str, str]


def read(
    data: Mapping[str, Any], *, name: str, language: str, kept: Written | None = None
) -> Typed:
    """`name` stands where the form has none, because Meta has fixed it, and `kept` for what is not
    drawn: the text beside a one-time code's, and the other way round. `act` is what was pressed:
    "add:<kind>", "remove:<n>", "up:<n>", "down:<n>" of a button, "plain-footer"."""
    kept = kept or Written()
    written = replace(
        kept,
        name=_text(data, "name", name),
        language=language,
        category=_one_of(data, "category", CATEGORIES),
    )
    sources: dict[str, dict[str, str]] = {}
    if "body" in data:
        written, sources = _text_of(data, written)
    if "code_button" in data:
        code = CodeText(
            warns="code_warns" in data,
            minutes=whole_number(_text(data, "code_minutes").strip() or "-"),
            button=_text(data, "code_button"),
        )
        written = replace(written, code=code)
    return Typed(
        written=written,
        sources=sources,
        saving=Saving(
            page=_text(data, "page")[:36],
            turn=min(whole_number(_text(data, "turn")) or 0, MOST_TURNS),
            version=whole_number(_text(data, "version")) or 0,
            name=_text(data, "name_was", name),
            category=_text(data, "category_was", kept.category),
        ),
    )


def _text_of(data: Mapping[str, Any], kept: Written) -> tuple[Written, dict[str, dict[str, str]]]:
    """Samples of fields that are not in the text any more stay: what was cut may come back."""
    act, _, about = _text(data, "act").partition(":")
    rows = _acted(_rows(data), act, about)
    footer = _text(data, "footer")
    plain = replace(
        kept,
        header=Header(_one_of(data, "header_format", HEADERS), _text(data, "header_text")),
        body=_text(data, "body").replace("\r\n", "\n"),
        footer=SLOT.sub("", footer).strip() if act == "plain-footer" else footer,
        buttons=tuple(row.button for row in rows),
        asks_to_call="asks_to_call" in data,
    )
    keys = slot_keys(plain)
    samples = {key: _text(data, f"sample-{key}") for key in keys if f"sample-{key}" in data}
    sources = {key: _source(data, key) for key in keys if f"field-{key}" in data}
    sources |= {f"button{number}.1": row.source for number, row in enumerate(rows)}
    return replace(plain, samples={**kept.samples, **samples}), sources


def _text(data: Mapping[str, Any], name: str, otherwise: str = "") -> str:
    # PostgreSQL keeps no NUL.
    return str(data.get(name, otherwise)).replace("\x00", "")[:LONGEST]


def _one_of(data: Mapping[str, Any], name: str, known: tuple[str, ...]) -> str:
    given = _text(data, name)
    return given if given in known else known[0]


def _rows(data: Mapping[str, Any]) -> list[_Row]:
    count = min(whole_number(_text(data, "buttons")) or 0, MOST_BUTTONS)
    found = []
    for number in range(count):
        kind = _text(data, f"button-{number}-type")
        if kind in BUTTONS:
            button = Button(
                type=kind,
                text=_text(data, f"button-{number}-text"),
                url=_text(data, f"button-{number}-url"),
                phone=_text(data, f"button-{number}-phone"),
                example=_text(data, f"button-{number}-example"),
            )
            source = _source(data, f"button{number}.1") if "{{" in button.url else {}
            found.append(_Row(button, source))
    return found


def _acted(rows: list[_Row], act: str, about: str) -> list[_Row]:
    if act == "add" and about in BUTTONS:
        return [*rows, _Row(Button(about), {})]
    at = whole_number(about)
    if at is None or not 0 <= at < len(rows):
        return rows
    rest = [*rows[:at], *rows[at + 1 :]]
    if act == "remove":
        return rest
    to = {"up": at - 1, "down": at + 1}.get(act)
    if to is None:
        return rows
    rest.insert(max(0, to), rows[at])
    return rest


def _source(data: Mapping[str, Any], key: str) -> dict[str, str]:
    """As `BulkRun.values` has it: where the field comes from, and what stands in for nothing."""
    field, fallback = _text(data, f"field-{key}").strip(), _text(data, f"fallback-{key}").strip()
    if field:
        return {"field": field, **({"fallback": fallback} if fallback else {})}
    return {"text": fallback} if fallback else {}
