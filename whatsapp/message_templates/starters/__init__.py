"""Ready templates for recruiting, to start from: one TOML file each, in seven languages.

They are ours, not Meta's: every text is submitted and reviewed like one that somebody wrote. The
files are read in the order of their numbers.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from whatsapp.policy.written import Button, Header, Written

HERE = Path(__file__).parent
LANGUAGES = ("en", "it", "ar", "es", "fr", "de", "pt_BR")


@dataclass(frozen=True, slots=True)
class StarterText:
    """One language; `samples` and `fallbacks` are by the name of the field."""

    header: str
    body: str
    footer: str
    replies: tuple[str, ...]
    samples: Mapping[str, str]
    fallbacks: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Starter:
    """`fields` says which of a candidate's data a field is filled with; one that it does not name
    is typed with each send."""

    title: str
    about: str
    name: str
    category: str
    asks_to_call: bool
    fields: Mapping[str, str]
    texts: Mapping[str, StarterText]

    def written(self, language: str) -> Written:
        """KeyError for a language that is not one of `LANGUAGES`."""
        text = self.texts[language]
        return Written(
            name=self.name,
            language=language,
            category=self.category,
            header=Header("TEXT", text.header) if text.header else Header(),
            body=text.body,
            footer=text.footer,
            buttons=tuple(Button("QUICK_REPLY", label) for label in text.replies),
            samples=text.samples,
            asks_to_call=self.asks_to_call,
        )

    def sources(self, language: str) -> dict[str, dict[str, str]]:
        """What its fields are filled with, and what stands in for nothing in this language."""
        words = self.texts[language].fallbacks
        return {
            name: {"field": field, **({"fallback": words[name]} if words.get(name) else {})}
            for name, field in self.fields.items()
        }


@cache
def starters() -> tuple[Starter, ...]:
    """All of them, in the order in which they are shown."""
    return tuple(_starter(path) for path in sorted(HERE.glob("*.toml")))


def _starter(path: Path) -> Starter:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return Starter(
        title=data["title"],
        about=data["about"],
        name=data["name"],
        category=data["category"],
        asks_to_call=data.get("asks_to_call", False),
        fields=data["fields"],
        texts={code: _text(row) for code, row in data["languages"].items()},
    )


def _text(row: Mapping[str, Any]) -> StarterText:
    return StarterText(
        header=row.get("header", ""),
        body=row["body"],
        footer=row.get("footer", ""),
        replies=tuple(row.get("replies", ())),
        samples=row["samples"],
        fallbacks=row.get("fallbacks", {}),
    )
