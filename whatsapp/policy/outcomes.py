"""What becomes of a message that Meta refused, and of the others: again later, this person, this
template, this number, this account. The table of codes says which; single and bulk ask here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from whatsapp import figures
from whatsapp.figures.errors import ErrorEntry, Scope, Verdict, error_entry

# Ours. Retries of a message that Meta has certainly not taken; a bulk one has more time, since
# nobody sits before it.
RETRIES, BULK_RETRIES = 5, 8
# Of a code that the table does not know, with HTTP 500 or more (Meta: "retry few times").
UNKNOWN_RETRIES = 3
# The first pause in seconds where neither Meta nor the table says it; it doubles with each try.
FIRST_PAUSE: dict[Scope | None, float] = {
    None: 2.0,
    Scope.SENDER: 1.0,
    Scope.PAIR: 1.0,
    Scope.WABA: 60.0,
    Scope.APP: 60.0,
}
LONGEST_PAUSE = timedelta(hours=1)
# 131048 lasts "hours to days" and has no end that Meta tells: bulk sends try again carefully.
SPAM_CODE = 131048
SPAM_HOLD, LONGEST_SPAM_HOLD = timedelta(hours=1), timedelta(hours=24)


class Remember(StrEnum):
    """What a refusal tells about the person, for later messages."""

    NOT_ON_WHATSAPP = "not_on_whatsapp"
    MARKETING_LIMITED = "marketing_limited"
    MARKETING_STOPPED = "marketing_stopped"


REMEMBER = {
    131026: Remember.NOT_ON_WHATSAPP,
    131049: Remember.MARKETING_LIMITED,
    131050: Remember.MARKETING_STOPPED,
}


class Held(StrEnum):
    """Whose messages wait for more than a moment."""

    TEMPLATE = "template"
    SENDER = "sender"
    ACCOUNT = "account"
    CONNECTION = "connection"  # single messages as well: nothing leaves without a login


HELD_BY = {
    Verdict.STOP_TEMPLATE: Held.TEMPLATE,
    Verdict.STOP_SENDER: Held.SENDER,
    Verdict.STOP_ACCOUNT: Held.ACCOUNT,
}


@dataclass(frozen=True)
class Fault:
    """What Meta answered; `retry_after` in seconds, where it said so. A request that never left is
    code 2: Meta cannot be reached."""

    code: int
    details: str = ""
    http_status: int | None = None
    retry_after: float | None = None


@dataclass(frozen=True)
class HoldBefore:
    """The newest hold of the same thing by the same code; `until` is when it was to end, or when a
    person ended it."""

    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class AgainAt:
    """The message goes again. Others of `scope` wait too; None: nobody else."""

    when: datetime
    scope: Scope | None


@dataclass(frozen=True)
class FailRecipient:
    """It has failed, and others to this person may too."""

    remember: Remember | None


@dataclass(frozen=True)
class Hold:
    """Bulk messages of `held` wait: until then, or (None) until Meta or a person says so.

    `keeps` says that this message waits as well; else it has failed. `category` is that of the
    templates that are held; empty: all.
    """

    held: Held
    until: datetime | None
    keeps: bool
    category: str = ""


@dataclass(frozen=True)
class Fail:
    """It has failed, for a cause of its own."""


WhatNow = AgainAt | FailRecipient | Hold | Fail


def what_now(
    fault: Fault,
    *,
    attempts: int,
    is_bulk: bool,
    now: datetime,
    before: HoldBefore | None = None,
    spread: float = 0.5,
) -> WhatNow:
    """`attempts` counts the hand-overs so far, this one included. `spread`, from 0 to 1, is drawn
    by lot, so that messages which failed together do not come back together.

    Of an error that a status tells, when the message is with Meta already, only a `Hold` and what
    is to be remembered matter.
    """
    entry = error_entry(fault.code, fault.details)
    if entry is None:
        return _unknown(fault, attempts=attempts, now=now, spread=spread)
    if entry.verdict in (Verdict.RETRY, Verdict.WAIT):
        return _again(entry, fault, attempts=attempts, is_bulk=is_bulk, now=now, spread=spread)
    if entry.verdict is Verdict.STOP_RECIPIENT:
        return FailRecipient(REMEMBER.get(fault.code))
    if entry.verdict not in HELD_BY:
        return Fail()
    if entry.kind == "auth":
        # Not the message's fault, and nobody's message leaves before somebody logs in again.
        return Hold(Held.CONNECTION, None, keeps=True)
    if entry.kind == "permission" and not is_bulk and attempts <= RETRIES:
        # This number's, or the whole company's: reading from Meta tells which, and takes a moment.
        return AgainAt(_after(FIRST_PAUSE[None], fault, attempts, now=now, spread=spread), None)
    until = spam_hold(before, now=now) if fault.code == SPAM_CODE else None
    return Hold(
        HELD_BY[entry.verdict], until, keeps=is_bulk and not entry.lasting, category=entry.category
    )


def spam_hold(before: HoldBefore | None, *, now: datetime) -> datetime:
    """Until when bulk sends from a number wait: an hour, and twice as long each time that it comes
    back within a day. What was under way when the hold began does not lengthen it."""
    if before is None or before.until is None:
        return now + SPAM_HOLD
    if now < before.until:
        return before.until
    if now - before.until >= LONGEST_SPAM_HOLD:
        return now + SPAM_HOLD
    longer = max(SPAM_HOLD, 2 * (before.until - before.since))
    return now + min(longer, LONGEST_SPAM_HOLD)


def _unknown(fault: Fault, *, attempts: int, now: datetime, spread: float) -> WhatNow:
    """By the HTTP status alone, since there is nothing else."""
    status = fault.http_status
    if status == 401:
        return Hold(Held.CONNECTION, None, keeps=True)
    if status == 429:
        first, scope = FIRST_PAUSE[Scope.SENDER], Scope.SENDER
        return AgainAt(_after(first, fault, attempts, now=now, spread=spread), scope)
    if status is not None and status >= 500 and attempts <= UNKNOWN_RETRIES:
        return AgainAt(_after(FIRST_PAUSE[None], fault, attempts, now=now, spread=spread), None)
    return Fail()


def _again(
    entry: ErrorEntry,
    fault: Fault,
    *,
    attempts: int,
    is_bulk: bool,
    now: datetime,
    spread: float,
) -> WhatNow:
    most = entry.retries
    if most is None and entry.scope is None:
        most = BULK_RETRIES if is_bulk else RETRIES
    # What a whole scope waits for is not the message's fault, so no count ends it: of a single one
    # `WAITED_TOO_LONG` does, of a bulk send whoever stops it.
    if most is not None and attempts > most:
        return Fail()
    is_pair = entry.scope is Scope.PAIR
    when = _after(
        entry.pause or FIRST_PAUSE[entry.scope],
        fault,
        attempts,
        now=now,
        spread=spread,
        growth=figures.at(now).messaging.pair_retry_base if is_pair else 2.0,
    )
    return AgainAt(when, entry.scope)


def _after(
    first: float,
    fault: Fault,
    attempts: int,
    *,
    now: datetime,
    spread: float,
    growth: float = 2.0,
) -> datetime:
    """`first` seconds, times `growth` with each try, up to `LONGEST_PAUSE`, and up to a quarter
    more by lot; never sooner than Meta told."""
    longest = max(LONGEST_PAUSE.total_seconds(), first)
    # Beyond twenty tries every pause is the longest, and powers would only grow.
    pause = min(first * growth ** min(attempts - 1, 20), longest)
    return now + timedelta(seconds=max(pause, fault.retry_after or 0.0) * (1 + spread / 4))
