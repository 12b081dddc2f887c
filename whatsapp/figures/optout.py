"""The words by which people stop and restart messages, per language, from optout_words.toml."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from whatsapp.figures.loader import FiguresError, read_toml


@dataclass(frozen=True)
class OptOutWords:
    """Whole messages that stop, and that start again, in one language."""

    stop: tuple[str, ...]
    start: tuple[str, ...]
    only_with_language: tuple[str, ...] = ()  # of these, ordinary words in other languages


@cache
def optout_words() -> Mapping[str, OptOutWords]:
    """Language code to its words."""
    words: dict[str, OptOutWords] = {}
    for entry in read_toml("optout_words.toml")["language"]:
        if not entry.get("from") or not entry.get("source"):
            raise FiguresError(f"optout_words.toml: {entry.get('code')} lacks from or source")
        words[entry["code"]] = OptOutWords(
            stop=tuple(entry["stop"]),
            start=tuple(entry["start"]),
            only_with_language=tuple(entry.get("only_with_language", ())),
        )
    return words
