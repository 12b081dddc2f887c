"""What a company may send, one file a kind: each checks what was posted and gives what is kept."""

from collections.abc import Callable

from sandbox.content import cards, files, interactive, place, reaction, template, text
from sandbox.content.asked import Asked, Content

KINDS: dict[str, Callable[[Asked], Content]] = {
    "text": text.build,
    "template": template.build,
    **dict.fromkeys(files.KEYS, files.build),
    "location": place.build,
    "contacts": cards.build,
    "reaction": reaction.build,
    "interactive": interactive.build,
}
