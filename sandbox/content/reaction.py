"""A reaction of the company's to a message in the chat; an empty emoji takes it back."""

import unicodedata

from sandbox.checks import invalid, keys, missing, object_of, unexpected, words
from sandbox.content.asked import Asked, Content
from sandbox.errors import GraphError

KEYS = frozenset({"message_id", "emoji"})
REACTABLE_FOR = 30 * 24 * 3600
KEYCAP, PICTURE, JOINER = "\u20e3", "\ufe0f", "\u200d"
REGIONAL = frozenset(map(chr, range(0x1F1E6, 0x1F200)))
EMOJI_MOST = 32  # code points: flags of regions and families are long
# What stands in a chat without being a message that somebody could react to.
NOT_MESSAGES = frozenset({"reaction", "edit", "revoke", "system", "call"})


def build(asked: Asked) -> Content:
    if "context" in asked.payload:
        raise unexpected("context", "reaction")
    given = object_of(asked.payload, "reaction")
    keys(given, KEYS, "reaction")
    wamid = words(given, "message_id", "reaction", 512)
    emoji = given.get("emoji")
    if emoji is None:
        raise missing("reaction['emoji']")
    if not isinstance(emoji, str):
        raise GraphError(100, message="Param reaction['emoji'] must be a string.")
    if emoji and not _is_emoji(emoji):
        raise invalid("reaction['emoji'] is not an emoji")
    about = asked.sb.world.messages.get(wamid)
    here = about is not None and (about.number, about.phone_id) == (asked.to, asked.number.id)
    if about is None or not here or about.type in NOT_MESSAGES or about.error:
        raise invalid("reaction['message_id'] is not a message of this chat")
    if asked.now - about.at > REACTABLE_FOR:
        raise invalid("reaction['message_id'] is older than 30 days")
    return Content({"message_id": wamid, "emoji": emoji})


def _is_emoji(text: str) -> bool:
    """Whether it is one emoji: joined ones and flags are several characters."""
    if len(text) > EMOJI_MOST or any(c.isalpha() or c.isspace() for c in text):
        return False
    if text[-1] == KEYCAP:
        return len(text) <= 3
    letters = sum(c in REGIONAL for c in text)  # two make a flag
    signs = sum(c not in REGIONAL and unicodedata.category(c) == "So" for c in text)
    # Some emoji are ordinary signs, like ↔, that are asked to be shown as pictures.
    signs += sum(
        after == PICTURE and unicodedata.category(c) != "So"
        for c, after in zip(text, text[1:], strict=False)
    )
    return signs - text.count(JOINER) + letters / 2 == 1
