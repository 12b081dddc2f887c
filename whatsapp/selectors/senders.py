"""The list of senders as the configuration page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from whatsapp.connection.numbers import cap_of
from whatsapp.models import Sender, Waba
from whatsapp.policy.notice_sentences import NAME_REASONS
from whatsapp.policy.number_sentences import STANDING_SENTENCES
from whatsapp.policy.numbers import Cap, Standing, resend_at, speed, standing

# For so long the list's "Verify" leads to the field for a code that was asked for.
SHOWN_FOR = timedelta(minutes=10)
# Meta's words → ours. What is not here is shown as Meta says it.
_QUALITY = {"GREEN": ("High", "is-ok"), "YELLOW": ("Medium", "is-warn"), "RED": ("Low", "is-bad")}
_UNRATED = frozenset({"", "UNKNOWN", "NA"})
_NAMES = {
    "PENDING_REVIEW": "Name in review",
    "DECLINED": "Name declined",
    "EXPIRED": "Name review expired",
}
_NEW_NAMES = {"PENDING_REVIEW": "in review", "DECLINED": "declined", "EXPIRED": "expired"}
APPROVED, DISCONNECTED = "APPROVED", "DISCONNECTED"
_QUIET_NAMES = frozenset({"", "NONE", "APPROVED", "AVAILABLE_WITHOUT_REVIEW"})
_STANDINGS = {
    Standing.APPROVED: ("Approved", "is-ok"),
    Standing.VERIFY: ("Not verified", "is-warn"),
    Standing.CONNECT: ("Not connected", "is-warn"),
    Standing.NAME_DECLINED: ("Not approved", "is-bad"),
    Standing.BANNED: ("Banned", "is-bad"),
    Standing.RESTRICTED: ("Restricted", "is-warn"),
    Standing.MOVED: ("Moved away", "is-bad"),
}


@dataclass(frozen=True)
class SenderRow:
    """One line: words as they are shown, tones as classes of the look. `status` is empty where
    being replaced is all that is to be said."""

    sender: Sender
    standing: Standing
    status: str
    status_tone: str
    why: str
    name_state: str
    # The name that was asked for later, and whether it waits to be put into force.
    new_name: str
    new_name_is_ready: bool
    quality: str
    quality_tone: str
    speed: int | None


@dataclass(frozen=True)
class SenderTable:
    """The rows, and for each portfolio how many numbers it may have (nearly always one)."""

    rows: Sequence[SenderRow]
    caps: Sequence[Cap]


def sender_table(*, now: datetime) -> SenderTable:
    rows = Sender.objects.filter(is_gone=False).order_by("pk")
    senders = rows.select_related("waba", "replaced_by")
    portfolios: dict[str, Waba] = {}
    for waba in Waba.objects.filter(is_gone=False).order_by("pk"):
        portfolios.setdefault(waba.portfolio_id or waba.waba_id, waba)
    return SenderTable(
        rows=[sender_row(sender, now=now) for sender in senders],
        caps=[cap_of(waba, now=now) for waba in portfolios.values()],
    )


def sender_row(sender: Sender, *, now: datetime) -> SenderRow:
    found = standing_of(sender)
    status, tone = _STANDINGS.get(found, (_spoken(sender.status), "is-warn"))
    if found is Standing.CONNECT and sender.replaced_by_id:
        # It was switched off on purpose: that is all that there is to say.
        status, tone = "", ""
    elif found is Standing.CONNECT and sender.status == DISCONNECTED:
        status, tone = "Disconnected", ""
    quality, quality_tone = _QUALITY.get(
        sender.quality_rating,
        ("Not rated yet" if sender.quality_rating in _UNRATED else sender.quality_rating, ""),
    )
    if found in (Standing.CONNECT, Standing.VERIFY):
        # What Meta thought of it while it sent.
        quality_tone = ""
    return SenderRow(
        sender=sender,
        standing=found,
        status=status,
        status_tone=tone,
        why=STANDING_SENTENCES.get(found, ""),
        name_state=_name_state(sender.name_status),
        new_name=new_name_words(sender),
        new_name_is_ready=sender.new_name_status == APPROVED,
        quality=quality,
        quality_tone=quality_tone,
        speed=speed(sender.throughput_level, now) if found is Standing.APPROVED else None,
    )


def standing_of(sender: Sender) -> Standing:
    return standing(
        status=sender.status,
        code_verification=sender.code_verification_status,
        name_status=sender.name_status,
    )


def code_may_be_entered(sender: Sender, *, now: datetime) -> bool:
    """Whether one was sent not long ago. How long codes live Meta does not publish; an old one is
    told as expired, and another can be asked for beside it."""
    return sender.code_asked_at is not None and now - sender.code_asked_at < SHOWN_FOR


def seconds_to_resend(sender: Sender, *, now: datetime) -> int:
    """How long until another code may be asked for; 0: now."""
    at = resend_at(sender.code_asked_at)
    return max(0, round((at - now).total_seconds())) if at else 0


def _name_state(word: str) -> str:
    return "" if word in _QUIET_NAMES else _NAMES.get(word, _spoken(word))


def new_name_words(sender: Sender) -> str:
    """“Caravella Careers” in review; nothing where no other name was asked for."""
    name, word = sender.new_display_name, sender.new_name_status
    if not name or word in ("", "NONE"):
        return ""
    says = "approved" if word == APPROVED else _NEW_NAMES.get(word, _spoken(word).lower())
    return f"“{name}”: {says}"


def name_reason(sender: Sender) -> str:
    """Why Meta declined the name that was looked at last, where it said so."""
    declined = "DECLINED" in (sender.name_status, sender.new_name_status)
    return NAME_REASONS.get(sender.name_rejection, "").removeprefix(": ") if declined else ""


def _spoken(word: str) -> str:
    return word.replace("_", " ").capitalize()
