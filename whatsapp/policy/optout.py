"""Does a whole message ask to stop, or to start again? Words per language are in the figures."""

import unicodedata
from functools import cache
from typing import Literal

from whatsapp.figures import OptOutWords, optout_words

Reading = Literal["stop", "start"]


def reads_as(text: str, language: str | None = None) -> Reading | None:
    """What the message asks, if the whole of it asks one of the two.

    Without a language every known one counts, but for words that are ordinary ones elsewhere.
    With one, all words of that language and of English count.
    """
    folded = _fold(text)
    if not folded:
        return None
    words = folded.split()
    if len(set(words)) == 1:
        folded = words[0]
    for code, words_of in _folded_words().items():
        if language is None and folded in words_of.only_with_language:
            continue
        if language is not None and code not in (_primary(language), "en"):
            continue
        # Stopping wins wherever a word should stand on both lists.
        if folded in words_of.stop:
            return "stop"
        if folded in words_of.start:
            return "start"
    return None


def _primary(language: str) -> str:
    return language.replace("-", "_").partition("_")[0].casefold()


@cache
def _folded_words() -> dict[str, OptOutWords]:
    return {
        code: OptOutWords(
            stop=tuple(map(_fold, words.stop)),
            start=tuple(map(_fold, words.start)),
            only_with_language=tuple(map(_fold, words.only_with_language)),
        )
        for code, words in optout_words().items()
    }


def _fold(text: str) -> str:
    """Case, accents, punctuation, emoji, direction marks and surplus space taken out."""
    kept: list[str] = []
    # Turkish capitals: the dotless i becomes I, and I becomes i.
    for char in unicodedata.normalize("NFKD", text.casefold().replace("ı", "i")):
        category = unicodedata.category(char)
        if category == "Mn" or category == "Cf" or char == "ـ":  # the Arabic stretcher
            continue
        kept.append(" " if category[0] in "PSZC" else char)
    return " ".join("".join(kept).split())
