"""What becomes of a template at Meta: the same whether a webhook tells it or the listing shows it.

Sources: Meta, webhooks `message_template_status_update`, `template_category_update` and
`message_template_quality_update`; "Template pausing"; "Template categorization".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from whatsapp.policy.notices import NoticeKind, has_fallen

# The status after an event that is no status itself. FLAGGED is a warning and LOCKED is about
# changes by hand: neither moves anything.
AFTER = {"REINSTATED": "APPROVED", "UNARCHIVED": "APPROVED", "FLAGGED": "", "LOCKED": ""}
# It is there no more, or will not be; its language cannot be written anew meanwhile.
LEAVING = frozenset({"DELETED", "PENDING_DELETION"})
# By itself no sign that it ever was approved; of what never was nobody waits for its name.
UNDECIDED = frozenset({"PENDING", "REJECTED", "LIMIT_EXCEEDED", *LEAVING})


@dataclass(frozen=True, slots=True)
class State:
    """The fields of a `MessageTemplate` that Meta decides, in Meta's words. `was_approved` is kept
    through a new review."""

    status: str
    category: str
    quality: str = ""
    rejected_reason: str = ""
    paused_until: datetime | None = None
    previous_category: str = ""
    next_category: str = ""
    category_changes_at: datetime | None = None
    is_gone: bool = False
    gone_at: datetime | None = None
    was_approved: bool = False


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long the first and the second pause for low quality last; others have no end."""

    first: timedelta
    second: timedelta

    def end(self, title: str, at: datetime) -> datetime | None:
        lengths = {"FIRST_PAUSE": self.first, "SECOND_PAUSE": self.second}
        return at + lengths[title] if title in lengths else None


def after_event(
    state: State, event: str, *, title: str, reason: str, at: datetime, pauses: Pauses
) -> State:
    """`title` is of `other_info`. An event without a meaning for us changes nothing."""
    status = AFTER.get(event, event)
    if not status:
        return state
    until = pauses.end(title, at) if status == "PAUSED" else None
    return replace(_with_status(state, status, reason, at=at), paused_until=until)


def says_status(event: str) -> bool:
    """Whether an event is about the status at all."""
    return bool(AFTER.get(event, event))


def heard_late(state: State, told: State) -> State:
    """`told` is what an event makes of `state`, which was read after Meta sent the event; nothing
    newer was heard. Only what no listing has is the event's, where it is about what was read."""
    is_status = told.status == state.status
    is_category = (told.category, told.next_category) == (state.category, state.next_category)
    return replace(
        state,
        paused_until=told.paused_until if is_status else None,
        category_changes_at=told.category_changes_at if is_category else None,
    )


def after_quality(state: State, quality: str) -> State:
    return replace(state, quality=quality)


def after_category(state: State, category: str, *, previous: str) -> State:
    """It has been moved. What was announced is done with it."""
    return replace(
        state,
        category=category,
        previous_category=previous or _category_left(state, category),
        next_category="",
        category_changes_at=None,
    )


def after_announcement(
    state: State, category: str, *, correct: str, changes_at: datetime | None
) -> State:
    """It is still `category`, and will be `correct`. Where it came from before is no more to be
    told: whether we had heard of that move depends on the order in which the two arrive."""
    coming = correct != category
    return replace(
        state,
        category=category,
        previous_category="",
        next_category=correct if coming else "",
        category_changes_at=changes_at if coming else None,
    )


def after_reading_status(state: State, status: str, *, reason: str, at: datetime) -> State:
    """The listing does not say until when a template is paused: what was told stays."""
    read = _with_status(state, status, reason, at=at)
    return read if status == "PAUSED" else replace(read, paused_until=None)


def after_reading_category(state: State, category: str, *, previous: str, correct: str) -> State:
    """Nor does it say when an announced category comes."""
    coming = correct if correct != category else ""
    is_known = coming == state.next_category
    return replace(
        state,
        category=category,
        previous_category=previous or _category_left(state, category),
        next_category=coming,
        category_changes_at=state.category_changes_at if is_known and coming else None,
    )


def missing(state: State, *, at: datetime) -> State:
    """Meta lists it no more."""
    return replace(_with_status(state, "DELETED", "", at=at), paused_until=None)


def news(before: State, after: State) -> list[NoticeKind]:
    """What people are told of a change."""
    told = []
    if after.status != before.status:
        kinds = {
            "REJECTED": NoticeKind.TEMPLATE_REJECTED,
            "PAUSED": NoticeKind.TEMPLATE_PAUSED,
            "DISABLED": NoticeKind.TEMPLATE_DISABLED,
        }
        told += [kinds[after.status]] if after.status in kinds else []
    if after.category != before.category:
        told.append(NoticeKind.TEMPLATE_MOVED)
    if after.next_category and after.next_category != before.next_category:
        told.append(NoticeKind.TEMPLATE_MOVES)
    if has_fallen(before.quality, after.quality):
        told.append(NoticeKind.TEMPLATE_QUALITY_FELL)
    return told


def _category_left(state: State, category: str) -> str:
    return state.category if category != state.category else state.previous_category


def _with_status(state: State, status: str, reason: str, *, at: datetime) -> State:
    leaves = status in LEAVING
    # One that a listing left out by mistake comes back as what it was.
    was_approved = state.was_approved or state.gone_at is not None or state.status not in UNDECIDED
    waits = at if leaves and was_approved else None
    return replace(
        state,
        status=status,
        # Meta says NONE of everything that is not rejected.
        rejected_reason=reason if status == "REJECTED" and reason != "NONE" else "",
        is_gone=leaves,
        gone_at=(state.gone_at or waits) if leaves else None,
        was_approved=not leaves and (was_approved or status not in UNDECIDED),
    )
