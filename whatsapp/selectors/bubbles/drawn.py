"""What a kind of message is drawn as, and what the drawing may look at beside the message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from whatsapp.models import Conversation, Message


@dataclass(frozen=True, slots=True)
class Facts:
    """Read once for all messages of a page. `they` is what the candidate is called."""

    they: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Drawn:
    """`partial` is the template of `body`; `words` are people's own, below it. A line stands
    between the messages; what is bare has no bubble around it."""

    words: str = ""
    partial: str = ""
    body: Any = None
    foot: str = ""
    is_line: bool = False
    is_bare: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """`icon`, a sentence, and the part of it that matters most."""

    icon: str
    text: str
    strong: str = ""
    tone: str = ""


def line(icon: str, text: str, strong: str = "", tone: str = "") -> Drawn:
    return Drawn(body=Line(icon, text, strong, tone), is_line=True)


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of message is drawn, and what stands for it in the list and in a quote."""

    draw: Callable[[Message, Facts], Drawn]
    excerpt: Callable[[Message], str]


def they_are_called(conversation: Conversation) -> str:
    """Needs `contact__candidate`."""
    contact = conversation.contact
    return contact.candidate.first_name if contact.candidate else contact.name


def clock_of(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%H:%M}"
