"""Messages that are words: texts, templates, the quick replies of templates, and single emojis."""

from __future__ import annotations

from whatsapp.models import Message
from whatsapp.selectors.bubbles.drawn import Drawn, Facts, Kind


def draw(message: Message, facts: Facts) -> Drawn:
    return Drawn(words=message.text)


def excerpt(message: Message) -> str:
    return message.text


def template_excerpt(message: Message) -> str:
    return f"Template: {message.content.get('name', '')}"


def reaction_excerpt(message: Message) -> str:
    return f"Reaction {message.text}" if message.text else "Reaction taken back"


# Drawn at the message that it is about (frame.our_reactions).
REACTION = Kind(draw, reaction_excerpt)
TEXT = BUTTON = Kind(draw, excerpt)
TEMPLATE = Kind(draw, template_excerpt)
