"""The three answers to "may this be done now?"."""

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
