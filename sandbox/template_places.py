"""Places for values in the text of a template, as it is submitted: found, counted, judged.

"Template components" (21 November 2025) and "Template review" (31 October 2025).
"""

import re
import unicodedata
from dataclasses import dataclass

from sandbox import template_errors as errors
from sandbox.errors import GraphError

PLACE = re.compile(r"\{\{([^{}]*)\}\}")
NAMED = re.compile(r"[a-z0-9_]+")
# What review refuses inside a place; the form of the text is fine with it.
SPECIAL = re.compile(r"[#$%]")
# A letter of these scripts stands for a word: they are written without spaces.
WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]|\w+")
# "2x + 1 words for x variables": Meta publishes no figure, this one is 360dialog's.
WORDS_PER_PLACE, WORDS_MORE = 2, 1


@dataclass(frozen=True, slots=True)
class Places:
    """The names of the places in order of first appearance; `special` has #, $ or % inside one."""

    names: tuple[str, ...]
    special: bool = False


def find(text: str, *, named: bool, subcode: int) -> Places:
    """The places of a text, or the refusal with `subcode` for one that is written wrongly."""
    inside = [each.strip() for each in PLACE.findall(text)]
    if any(brace in PLACE.sub("", text) for brace in "{}"):
        raise errors.refused(subcode, "Variables are written with two braces on each side: {{1}}.")
    plain = [name for name in inside if not SPECIAL.search(name)]
    for name in plain:
        _well_named(name, named=named, subcode=subcode)
    names = tuple(dict.fromkeys(plain))
    if not named and sorted(map(int, names)) != list(range(1, len(names) + 1)):
        raise errors.refused(subcode, "Variables are numbered from {{1}} on, without a gap.")
    if re.search(r"\}\}\s*\{\{", text):
        raise errors.refused(subcode, "There has to be text between two variables.")
    return Places(names, len(plain) < len(inside))


def _well_named(name: str, *, named: bool, subcode: int) -> None:
    if named:
        if not NAMED.fullmatch(name) or name.isdigit():
            raise errors.refused(
                subcode,
                "A named variable has lowercase letters, digits and underscores, like {{name}}.",
            )
    elif not re.fullmatch(r"[1-9][0-9]{0,3}", name):
        raise errors.refused(subcode, "A positional variable is a number, like {{1}}.")


def check_ends(text: str) -> None:
    """Not at either end; marks are no text: "Booking reference {{4}}." was refused in the field."""
    bare = _without_marks(text)
    if bare.startswith("{{") or bare.endswith("}}"):
        raise errors.dangling()


def _without_marks(text: str) -> str:
    start, end = 0, len(text)
    while start < end and _is_mark(text[start]) and text[start] != "{":
        start += 1
    while end > start and _is_mark(text[end - 1]) and text[end - 1] != "}":
        end -= 1
    return text[start:end]


def _is_mark(char: str) -> bool:
    """Punctuation, spaces, and what WhatsApp formats with; not letters, digits or emoji."""
    return char in "~`" or unicodedata.category(char)[0] in "PZC"


def check_ratio(text: str) -> None:
    count = len(PLACE.findall(text))
    words = len(WORD.findall(PLACE.sub(" ", text)))
    if count and words < WORDS_PER_PLACE * count + WORDS_MORE:
        raise errors.ratio()


def samples(given: object, places: Places, *, named: bool, field: str, kind: str) -> None:
    """A sample for each place, in the shape that the format asks for; no empty ones.

    Named: `<field>_named_params` with `param_name` and `example`. Positional: `header_text` is a
    list of texts, `body_text` a list with one list of texts.
    """
    if not places.names:
        return
    key = f"{field}_named_params" if named else field
    found = given.get(key) if isinstance(given, dict) else None
    if not found:
        raise errors.lacks(kind, "example")
    if named:
        _named_samples(found, places, key)
        return
    row = found[0] if field == "body_text" and isinstance(found, list) else found
    if not isinstance(row, list) or len(row) != len(places.names) or not all(map(_said, row)):
        raise _mismatch(key)


def _named_samples(found: object, places: Places, key: str) -> None:
    rows = found if isinstance(found, list) else []
    if not all(isinstance(row, dict) and _said(row.get("example")) for row in rows):
        raise _mismatch(key)
    if sorted(str(row.get("param_name")) for row in rows) != sorted(places.names):
        raise _mismatch(key)


def _mismatch(key: str) -> GraphError:
    return errors.refused(errors.EXPECTED, f"example['{key}'] needs one sample for each variable.")


def _said(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
