"""A message template as a person writes it, before Meta has it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

# What is taken for a variable, also where Meta would refuse it: rules see what people meant.
SLOT = re.compile(r"\{\{([^{}\n]*)\}\}")
_NUMBER = re.compile(r"[1-9][0-9]{0,3}")
MEDIA = ("IMAGE", "VIDEO", "DOCUMENT")
HEADERS = ("NONE", "TEXT", *MEDIA, "LOCATION")
CATEGORIES = ("UTILITY", "MARKETING", "AUTHENTICATION")
BUTTONS = ("QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE", "VOICE_CALL")


@dataclass(frozen=True, slots=True)
class Header:
    """`has_file` says whether there is a sample of a file."""

    format: str = "NONE"
    text: str = ""
    has_file: bool = False


@dataclass(frozen=True, slots=True)
class Button:
    """`example` is what stands for the variable of an address, or the sample of a code."""

    type: str
    text: str = ""
    url: str = ""
    phone: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True)
class CodeText:
    """What Meta lets people choose of the fixed text of a one-time code; `minutes` that it lasts,
    None where the text does not say."""

    warns: bool = True
    minutes: int | None = None
    button: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """One language of a template. `samples` are by `slot_key`."""

    name: str = ""
    language: str = ""
    category: str = "UTILITY"
    header: Header = Header()
    body: str = ""
    footer: str = ""
    buttons: tuple[Button, ...] = ()
    samples: Mapping[str, str] = field(default_factory=dict)
    asks_to_call: bool = False
    code: CodeText = CodeText()


@dataclass(frozen=True, slots=True)
class Around:
    """What else there is at the WABA. `taken` are names and `texts` pairs of body and footer of
    other templates; `waits` says from when the name of a deleted one may be used again; `edits`
    are when this approved one was changed; `is_verified` says that the portfolio is, and a number
    has an approved name; `siblings` are the names of the other languages of this
    one, by their body; `status` is Meta's word for it, "" before it has it."""

    taken: frozenset[str] = frozenset()
    texts: frozenset[tuple[str, str]] = frozenset()
    waits: Mapping[str, datetime] = field(default_factory=dict)
    count: int = 0
    is_verified: bool = False
    status: str = ""
    approved_category: str = ""
    edits: tuple[datetime, ...] = ()
    siblings: Mapping[str, str] = field(default_factory=dict)


Part = Literal["header", "body"]


def is_number(name: str) -> bool:
    """Whether a variable is numbered. “²”, “０” and “01” are no numbers to Meta, and one of five
    digits fits no text."""
    return _NUMBER.fullmatch(name) is not None


def slots(text: str) -> list[str]:
    """What stands in the double braces of a text, as it is written, each once."""
    return list(dict.fromkeys(SLOT.findall(text)))


def slot_key(part: Part, name: str) -> str:
    """A named variable is the same in header and body; numbers begin anew in each."""
    return f"{part}.{name}" if is_number(name) else name


def slot_keys(written: Written) -> list[str]:
    """The variables that want a sample, in the order in which a reader meets them."""
    header = written.header.text if written.header.format == "TEXT" else ""
    found = [slot_key("header", name) for name in slots(header)]
    return list(dict.fromkeys([*found, *(slot_key("body", name) for name in slots(written.body))]))


def is_positional(written: Written) -> bool:
    header = written.header.text if written.header.format == "TEXT" else ""
    names = [*slots(header), *slots(written.body)]
    return not names or all(map(is_number, names))
