"""What WhatsApp admins are told of. The words are in `notice_sentences`."""

from __future__ import annotations

from enum import StrEnum

# From good to bad (Meta, phone number `quality_rating`). Others are no rating.
RATINGS = ("GREEN", "YELLOW", "RED")


class NoticeKind(StrEnum):
    BROKEN = "broken"
    QUALITY_FELL = "quality_fell"
    NAME_REFUSED = "name_refused"
    NAME_APPROVED = "name_approved"
    RESTRICTED = "restricted"
    VIOLATION = "violation"
    BANNED = "banned"
    REVIEW_REFUSED = "review_refused"
    ALERT = "alert"
    PIN = "pin"
    TEMPLATE_REJECTED = "template_rejected"
    TEMPLATE_PAUSED = "template_paused"
    TEMPLATE_DISABLED = "template_disabled"
    TEMPLATE_MOVES = "template_moves"
    TEMPLATE_MOVED = "template_moved"
    TEMPLATE_QUALITY_FELL = "template_quality_fell"


# About one template: their data have `template` and `language`.
TEMPLATE_NOTICES = frozenset(
    {
        NoticeKind.TEMPLATE_REJECTED,
        NoticeKind.TEMPLATE_PAUSED,
        NoticeKind.TEMPLATE_DISABLED,
        NoticeKind.TEMPLATE_MOVES,
        NoticeKind.TEMPLATE_MOVED,
        NoticeKind.TEMPLATE_QUALITY_FELL,
    }
)


def has_fallen(before: str, after: str) -> bool:
    """Whether one rating is worse than another; what is no rating is neither."""
    known = before in RATINGS and after in RATINGS
    return known and RATINGS.index(after) > RATINGS.index(before)
