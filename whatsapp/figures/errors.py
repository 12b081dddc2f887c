"""Meta's error codes as data: what each means, what it asks of us, and the words for people."""

from dataclasses import dataclass
from functools import cache

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
VERDICTS = frozenset(["retry", "wait", "fix", "stop_recipient", "stop_account", "platform"])
WHO = frozenset(["recruiter", "admin", "platform"])


@dataclass(frozen=True)
class ErrorEntry:
    """One row of the table of codes."""

    codes: tuple[int, ...]
    kind: str
    verdict: str
    who: str
    title: str
    sentence: str
    action: str
    when_details: tuple[str, ...] = ()


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
    entry = ErrorEntry(
        codes=tuple(expanded),
        when_details=tuple(str(words).casefold() for words in details),
        **{key: str(raw[key]) for key in ("kind", "verdict", "who", "title", "sentence", "action")},
    )
    if entry.kind not in KINDS or entry.verdict not in VERDICTS or entry.who not in WHO:
        raise FiguresError(f"{name}: code {expanded[0]} has an unknown kind, verdict or who")
    return entry
