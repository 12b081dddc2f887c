"""Messages that are words: texts, templates, and the quick replies of templates."""

from __future__ import annotations

from whatsapp.models import Message
from whatsapp.selectors.bubbles.drawn import Drawn, Facts, Kind


def draw(message: Message, facts: Facts) -> Drawn:
    return Drawn(words=message.text)


def excerpt(message: Message) -> str:
    return message.text


def template_excerpt(message: Message) -> str:
    return f"Template: {message.content.get('name', '')}"


TEXT = BUTTON = Kind(draw, excerpt)
TEMPLATE = Kind(draw, template_excerpt)
