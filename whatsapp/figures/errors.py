"""Meta's error codes as data: what each means, what it asks of us, and the words for people."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from whatsapp.figures.loader import HERE, FiguresError, read_toml

KINDS = frozenset(
    [
        "auth",
        "permission",
        "rate_limited",
        "template",
        "window_closed",
        "recipient",
        "marketing_refused",
        "account",
        "parameter",
        "unavailable",
        "other",
    ]
)
WHO = frozenset(["recruiter", "admin", "platform"])


class Verdict(StrEnum):
    """What an error asks of us."""

    RETRY = "retry"  # again, later and later
    WAIT = "wait"  # again, when the stated time is over
    FIX = "fix"  # this message is wrong; others may be right
    STOP_RECIPIENT = "stop_recipient"
    STOP_TEMPLATE = "stop_template"
    STOP_SENDER = "stop_sender"
    STOP_ACCOUNT = "stop_account"
    PLATFORM = "platform"  # whoever runs this product


class Scope(StrEnum):
    """Whose other messages wait too, after "too fast" and the like."""

    SENDER = "sender"
    PAIR = "pair"  # one sender and one person
    WABA = "waba"
    APP = "app"


AGAIN = frozenset([Verdict.RETRY, Verdict.WAIT])
STOPS = frozenset([Verdict.STOP_TEMPLATE, Verdict.STOP_SENDER, Verdict.STOP_ACCOUNT])


@dataclass(frozen=True)
class ErrorEntry:
    """One row of the table of codes; the files say what each key means."""

    codes: tuple[int, ...]
    kind: str
    verdict: Verdict
    who: str
    title: str
    sentence: str
    action: str
    when_details: tuple[str, ...] = ()
    scope: Scope | None = None
    retries: int | None = None
    pause: int | None = None  # seconds
    lasting: bool = False
    category: str = ""


def error_entry(code: int, details: str = "") -> ErrorEntry | None:
    """The row for a code; one that also asks for words in Meta's details goes first."""
    rows = _table().get(code, ())
    said = details.casefold()
    for row in rows:
        if row.when_details and any(words in said for words in row.when_details):
            return row
    return next((row for row in rows if not row.when_details), None)


def known_codes() -> frozenset[int]:
    """Every code that the data files explain."""
    return frozenset(_table())


@cache
def _table() -> dict[int, tuple[ErrorEntry, ...]]:
    table: dict[int, tuple[ErrorEntry, ...]] = {}
    for path in sorted((HERE / "error_codes").glob("*.toml")):
        name = f"error_codes/{path.name}"
        document = read_toml(name)
        if not document.get("from") or not document.get("source"):
            raise FiguresError(f"{name} lacks its from date or its source")
        for raw in document["error"]:
            entry = _entry(name, raw)
            for code in entry.codes:
                table[code] = (*table.get(code, ()), entry)
    return table


def _entry(name: str, raw: dict[str, object]) -> ErrorEntry:
    codes = raw["codes"]
    assert isinstance(codes, list)
    expanded: list[int] = []
    for code in codes:
        expanded.extend(range(code[0], code[1] + 1) if isinstance(code, list) else [code])
    details = raw.get("when_details", [])
    assert isinstance(details, list)
    words: dict[str, Any] = {key: str(raw[key]) for key in _WORDS}
    of_verdict: dict[str, Any] = {key: raw[key] for key in _OF_VERDICT if key in raw}
    try:
        entry = ErrorEntry(
            codes=tuple(expanded),
            when_details=tuple(str(words).casefold() for words in details),
            verdict=Verdict(str(raw["verdict"])),
            scope=Scope(str(raw["scope"])) if "scope" in raw else None,
            **words,
            **of_verdict,
        )
    except ValueError as error:
        raise FiguresError(f"{name}: code {expanded[0]}: {error}") from error
    if entry.kind not in KINDS or entry.who not in WHO:
        raise FiguresError(f"{name}: code {expanded[0]} has an unknown kind or who")
    _check(name, entry)
    return entry


_WORDS = ("kind", "who", "title", "sentence", "action")
_OF_VERDICT = ("retries", "pause", "lasting", "category")


def _check(name: str, entry: ErrorEntry) -> None:
    """What does not go together would be ignored without a word."""
    says_when = entry.scope or entry.retries is not None or entry.pause is not None
    if says_when and entry.verdict not in AGAIN:
        raise FiguresError(f"{name}: code {entry.codes[0]} says when to try again, and never may")
    if (entry.lasting or entry.category) and entry.verdict not in STOPS:
        raise FiguresError(f"{name}: code {entry.codes[0]} says what it stops, and stops nothing")
    if entry.kind == "rate_limited" and (entry.scope is None or entry.verdict not in AGAIN):
        raise FiguresError(f"{name}: code {entry.codes[0]} is a rate limit without a scope")
