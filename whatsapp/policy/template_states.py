"""Meta's words for the state of a template, for people (Meta, "Template management")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
        "Meta is reviewing it: mostly minutes, at most a day. It cannot be sent yet.",
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
        "with it meanwhile. {goes_on}Make it more relevant before it goes on.",
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

# What can be done in the editor meanwhile (Meta, "Template management": only what is approved,
# rejected or paused can be changed).
_WRITING: Mapping[str, str] = {
    "PENDING": "You can write here meanwhile, and submit once Meta has decided.",
    "IN_APPEAL": "You can write here meanwhile, and submit once Meta has decided.",
    "PAUSED": "A change that you submit is reviewed first.",
    "DISABLED": "Meta keeps this one: it can be neither changed nor deleted.",
    "ARCHIVED": "It can be changed once it is back.",
}
# Nothing of these can be written any more.
OVER = frozenset({"DISABLED", "ARCHIVED", "PENDING_DELETION", "DELETED"})
# Meta refuses to delete these ("Template management").
KEPT = frozenset({"DISABLED"})


def say_writing(status: str) -> str:
    """What writing means in this state, or nothing."""
    return _WRITING.get(status, "")


def can_go_on(status: str, paused_until: datetime | None) -> bool:
    """Whether Meta may be asked to let it go on: a pause with an end ends by itself."""
    return status == "PAUSED" and paused_until is None


def status_label(status: str) -> str:
    """What it is called wherever it is named."""
    known = _STATUSES.get(status)
    return known[0] if known else status.replace("_", " ").capitalize()


def say_status(
    status: str, *, reason: str, paused_until: datetime | None, tz: tzinfo
) -> StatusSaid:
    """A word of Meta's that is not known is shown as it is: such a template cannot be sent."""
    unknown = (status_label(status), "is-warn", "It cannot be sent.")
    label, tone, sentence = _STATUSES.get(status, unknown)
    until = goes_on = ""
    if paused_until is not None:
        there = paused_until.astimezone(tz)
        until = f", until {there.day} {there:%B, %H:%M}"
        goes_on = "Then it goes on by itself. "
    said = sentence.format(reason=say_reason(reason), until=until, goes_on=goes_on)
    return StatusSaid(label, tone, said)


def say_reason(reason: str) -> str:
    """Why Meta rejected it: the end of a sentence."""
    return _REASONS.get(reason, f"{reason}." if reason and reason != "NONE" else "no reason given.")


def say_unwritable(name: str, parts: Sequence[str]) -> str:
    """Of parts that cannot be written here, in words; empty without any."""
    if not parts:
        return ""
    return (
        f"“{name}” has {', '.join(parts)}, which would be lost by editing it here. Change it in "
        "WhatsApp Manager."
    )
