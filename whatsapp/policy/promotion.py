"""Words by which Meta may take a utility template for a marketing one.

Meta publishes no list: a utility template is about something that the person asked for or must
know, and says nothing that sells (Meta, "Template categorization"). These are phrases that sell,
in the languages of the starter library; a hit is advice and never refuses.
"""

from __future__ import annotations

import re
from functools import cache

from whatsapp.figures.loader import read_toml


@cache
def _phrases() -> re.Pattern[str]:
    words = [word for row in read_toml("promotional_words.toml").values() for word in row["words"]]
    longest_first = sorted({word.casefold() for word in words}, key=len, reverse=True)
    return re.compile("|".join(re.escape(word) for word in longest_first))


def promotional(text: str) -> str:
    """The first phrase of a text that sells, as it is written; empty where there is none."""
    folded = text.casefold().replace("’", "'")
    for match in _phrases().finditer(folded):
        before, after = folded[: match.start()][-1:], folded[match.end() :][:1]
        if not (before.isalnum() or after.isalnum()):
            return match[0] if len(folded) != len(text) else text[match.start() : match.end()]
    return ""
