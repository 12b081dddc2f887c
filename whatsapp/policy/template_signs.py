"""Signs that matter to Meta in the text of a template: words, emoji, formatting."""

import re
import unicodedata

# What WhatsApp would show as bold, italic, struck or fixed width.
MARKS = re.compile(r"[*`~]|(?<!\w)_[^_]+_(?!\w)")

# Technical signs, dingbats, arrows, pictures: Meta looks at blocks, not at single signs.
_BLOCKS = ((0x231A, 0x23FF), (0x2600, 0x27BF), (0x2B00, 0x2BFF), (0x1F000, 0x1FAFF))


def has_words(text: str) -> bool:
    """Whether a text says something: to Meta a full stop or the end of bold after a variable is
    still its end."""
    return any(
        sign.isalnum() or (unicodedata.category(sign)[0] in "LMS" and sign not in "~`")
        for sign in text
    )


def has_emoji(text: str) -> bool:
    """Pictures among the signs. Letters, marks and punctuation of any script are none."""
    return any(_is_emoji(sign) for sign in text)


def _is_emoji(sign: str) -> bool:
    point = ord(sign)
    if point in (0xFE0F, 0x20E3) or any(first <= point <= last for first, last in _BLOCKS):
        return True
    return unicodedata.category(sign) == "So" and sign not in "©®™°№"
