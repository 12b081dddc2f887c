"""The answers to "may this be done now?": of a message, and of a bulk run."""

from dataclasses import dataclass
from datetime import datetime

from whatsapp.policy.reasons import Reason


@dataclass(frozen=True)
class Allowed:
    """Yes."""

    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Wait:
    """Not now, but from `until` on if nothing else changes."""

    until: datetime
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Refused:
    """No, for all of these reasons."""

    reasons: tuple[Reason, ...]


Decision = Allowed | Wait | Refused


@dataclass(frozen=True)
class Waits:
    """A run goes on by itself: from `until` on, or (None) once something has happened."""

    until: datetime | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Paused:
    """A run waits until a person lets it go on."""

    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Stopped:
    """A run can never go on."""

    reasons: tuple[Reason, ...]


RunDecision = Allowed | Waits | Paused | Stopped
