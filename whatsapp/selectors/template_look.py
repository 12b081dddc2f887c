"""How a candidate would see a template that is being written, and what languages are called."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from babel import Locale

from whatsapp.policy.written import SLOT, Written, slot_key

RIGHT_TO_LEFT = frozenset({"ar", "he", "fa", "ur", "ps", "prs"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the preview: words, or a field with its sample."""

    text: str = ""
    slot: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    header: list[Piece]
    header_format: str
    body: list[Piece]
    footer: str
    buttons: list[tuple[str, str]]
    asks_to_call: bool
    direction: str


def look_of(written: Written) -> Look:
    """With the samples; a field without one keeps its name."""
    header = written.header.text if written.header.format == "TEXT" else ""
    if written.category == "AUTHENTICATION":
        return Look(
            [],
            "NONE",
            _code_text(written),
            _code_footer(written),
            [("COPY_CODE", written.code.button or "Copy code")],
            False,
            direction_of(written.language),
        )
    return Look(
        header=_pieces(header, "header", written),
        header_format=written.header.format,
        body=_pieces(written.body, "body", written),
        footer=written.footer,
        buttons=[
            (one.type, "Copy code" if one.type == "COPY_CODE" else one.text or "…")
            for one in written.buttons
        ],
        asks_to_call=written.asks_to_call,
        direction=direction_of(written.language),
    )


def _code_text(written: Written) -> list[Piece]:
    text = [Piece(slot="code", text="123456"), Piece(text=" is your verification code.")]
    if written.code.warns:
        text.append(Piece(text=" For your security, do not share this code."))
    return text


def _code_footer(written: Written) -> str:
    minutes = written.code.minutes
    return f"This code expires in {minutes} minutes." if minutes else ""


def _pieces(text: str, part: str, written: Written) -> list[Piece]:
    pieces, end = [], 0
    for match in SLOT.finditer(text):
        pieces.append(Piece(text=text[end : match.start()]))
        key = slot_key(part, match[1])  # type: ignore[arg-type]
        pieces.append(Piece(slot=match[1], text=written.samples.get(key, "")))
        end = match.end()
    return [one for one in (*pieces, Piece(text=text[end:])) if one.text or one.slot]


def direction_of(language: str) -> str:
    return "rtl" if language.split("_")[0] in RIGHT_TO_LEFT else "ltr"


@cache
def language_name(code: str) -> str:
    """In English, with the country where there is one; a code that nobody knows as it is."""
    language, _, region = code.partition("_")
    english = Locale("en")
    name = english.languages.get(language, code)
    where = english.territories.get(region, region)
    return f"{name}, {where}" if where else str(name)
