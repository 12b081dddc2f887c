"""Meta's words for the state of a template, for people (Meta, "Template management")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo


@dataclass(frozen=True, slots=True)
class StatusSaid:
    """`tone` is a class of the pill; `sentence` says what it means and what to do, or nothing."""

    label: str
    tone: str
    sentence: str = ""


_STATUSES: Mapping[str, tuple[str, str, str]] = {
    "": ("Draft", "", ""),
    "PENDING": (
        "In review",
        "is-info",
        "Meta is reviewing it: mostly minutes, at most a day. It cannot be sent or changed yet.",
    ),
    "IN_APPEAL": ("In appeal", "is-info", "Somebody asked Meta to look at it again."),
    "APPROVED": ("Approved", "is-ok", ""),
    "REJECTED": (
        "Rejected",
        "is-bad",
        "Meta did not approve it: {reason} Change it and submit it again.",
    ),
    "PAUSED": (
        "Paused",
        "is-warn",
        "Meta paused it because too many people blocked or reported it{until}. Nothing is sent "
        "with it meanwhile. Make it more relevant before it goes on.",
    ),
    "DISABLED": (
        "Disabled",
        "is-bad",
        "Meta disabled it because of too many complaints, for good. Write a new one.",
    ),
    "LIMIT_EXCEEDED": (
        "Over the limit",
        "is-bad",
        "The account has as many templates as Meta allows. Delete some, then submit it again.",
    ),
    "PENDING_DELETION": ("Being deleted", "is-warn", "It cannot be sent any more."),
    "DELETED": ("Deleted", "", "It cannot be sent any more."),
    "ARCHIVED": (
        "Archived",
        "is-warn",
        "Nobody sent it for a year, so Meta put it away and deletes it after 28 days. Take it back "
        "in WhatsApp Manager.",
    ),
}

# Meta's reasons (Meta, "Template review").
_REASONS: Mapping[str, str] = {
    "ABUSIVE_CONTENT": "something in it can be read as abusive.",
    "CATEGORY_NOT_AVAILABLE": "this category cannot be used by your account at present.",
    "INCORRECT_CATEGORY": "its text does not fit the category.",
    "INVALID_FORMAT": "its fields or its form break Meta’s rules: look at braces, fields at the "
    "beginning or end, and web addresses.",
    "PROMOTIONAL": "it advertises, which its category does not allow.",
    "SCAM": "it looks like a fraud, for example because it asks for numbers of cards or documents.",
    "TAG_CONTENT_MISMATCH": "its language is not the one that you chose, or its category does not "
    "fit.",
}


def say_status(
    status: str, *, reason: str, paused_until: datetime | None, tz: tzinfo
) -> StatusSaid:
    """A word of Meta's that is not known is shown as it is: such a template cannot be sent."""
    unknown = (status.replace("_", " ").capitalize(), "is-warn", "It cannot be sent.")
    label, tone, sentence = _STATUSES.get(status, unknown)
    until = ""
    if paused_until is not None:
        there = paused_until.astimezone(tz)
        until = f", until {there.day} {there:%B, %H:%M}"
    return StatusSaid(label, tone, sentence.format(reason=say_reason(reason), until=until))


def say_reason(reason: str) -> str:
    """Why Meta rejected it: the end of a sentence."""
    return _REASONS.get(reason, f"{reason}." if reason and reason != "NONE" else "no reason given.")
