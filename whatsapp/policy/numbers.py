"""Company numbers: how many there may be, what Meta's words for one mean, and what a refusal is."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import combinations, product
from string import ascii_uppercase

from whatsapp import figures

# Meta says no wait between two codes, only that asking too often is refused. A text message mostly
# arrives within a minute, and two codes on their way help nobody.
RESEND_WAIT = timedelta(seconds=60)
# What an unverified business can be raised by, besides being verified (Meta, "Business phone
# numbers": a messaging limit of 2,000 or more).
RAISED_BY_PEOPLE = 2000


class Standing(StrEnum):
    """What a sender is, for the people who look at the list."""

    APPROVED = "approved"  # sends
    VERIFY = "verify"  # wants a code
    CONNECT = "connect"  # verified, and not registered: never was, or was disconnected
    NAME_DECLINED = "name_declined"  # starts again with another name
    BANNED = "banned"
    RESTRICTED = "restricted"
    MOVED = "moved"  # deleted at Meta, or taken to another provider
    OTHER = "other"  # a word of Meta's that we do not know


# Meta's word → what it means, for those that outweigh everything else. Lists differ by page and
# grow (Meta, "Phone numbers", `status`).
_STATUSES = {
    "CONNECTED": Standing.APPROVED,
    "BANNED": Standing.BANNED,
    "RESTRICTED": Standing.RESTRICTED,
    "RATE_LIMITED": Standing.RESTRICTED,
    "FLAGGED": Standing.RESTRICTED,
    "DELETED": Standing.MOVED,
    "MIGRATED": Standing.MOVED,
}
_NOT_YET = frozenset({"", "PENDING", "UNVERIFIED", "DISCONNECTED", "UNKNOWN"})


def standing(*, status: str, code_verification: str, name_status: str) -> Standing:
    """From Meta's words. A number that is connected sends, whatever else is said of it: its code
    expires after a while, and that ends nothing."""
    found = _STATUSES.get(status)
    if found is not None:
        return found
    if status not in _NOT_YET:
        return Standing.OTHER
    if name_status == "DECLINED":
        return Standing.NAME_DECLINED
    return Standing.CONNECT if code_verification == "VERIFIED" else Standing.VERIFY


@dataclass(frozen=True)
class Cap:
    """How many numbers a portfolio has, and how many Meta allows it."""

    used: int
    most: int
    raised: bool  # by verification or by its messaging limit: there is no higher step
    once_raised: int

    @property
    def is_full(self) -> bool:
        return self.used >= self.most


def cap(
    *,
    used: int,
    verified: bool,
    most_people: int | None,
    told: int | None = None,
    now: datetime,
) -> Cap:
    """`most_people` is the portfolio's messaging limit, None without one; `told` is how many
    numbers Meta said it may have. Meta has the last word: it may allow more on request, and who has
    more than the first step was allowed them. It says nothing of a rise, so an older and smaller
    word does not hold back who has risen since."""
    messaging = figures.at(now).messaging
    first = told if told is not None else messaging.senders_unverified
    raised = (
        verified
        or most_people is None
        or most_people >= RAISED_BY_PEOPLE
        or used > first
        or first >= messaging.senders_verified
    )
    most = max(messaging.senders_verified, told or 0) if raised else first
    return Cap(used, most, raised=raised, once_raised=messaging.senders_verified)


def resend_at(asked_at: datetime | None) -> datetime | None:
    """From when another code may be asked for; None: at once."""
    return None if asked_at is None else asked_at + RESEND_WAIT


def speed(level: str, now: datetime) -> int | None:
    """Messages a second, None where Meta gives no level."""
    return figures.at(now).messaging.throughput_per_second.get(level)


class Step(StrEnum):
    """What Meta was asked for when it refused."""

    ADD = "add"
    ASK_CODE = "ask_code"
    CHECK_CODE = "check_code"
    REGISTER = "register"
    DEREGISTER = "deregister"
    PROFILE = "profile"
    RENAME = "rename"


class NumberProblem(StrEnum):
    """Why something could not be done with a number. The words: number_sentences.py."""

    CAP_UNVERIFIED = "cap_unverified"
    CAP_VERIFIED = "cap_verified"
    ALREADY_HERE = "already_here"
    HELD_ELSEWHERE = "held_elsewhere"
    ON_THE_APP = "on_the_app"
    NAME_REFUSED = "name_refused"
    NUMBER_REFUSED = "number_refused"
    TOO_SOON = "too_soon"
    TOO_MANY_CODES = "too_many_codes"
    CODE_NOT_SENT = "code_not_sent"
    CODE_NOT_ASKED = "code_not_asked"
    CODE_WRONG = "code_wrong"
    CODE_EXPIRED = "code_expired"
    TOO_MANY_TRIES = "too_many_tries"
    ALREADY_VERIFIED = "already_verified"
    NOT_VERIFIED = "not_verified"
    PIN_NEEDED = "pin_needed"
    PIN_WRONG = "pin_wrong"
    PIN_BLOCKED = "pin_blocked"
    TOO_MANY_REGISTRATIONS = "too_many_registrations"
    JUST_DELETED = "just_deleted"
    ON_THE_PHONE_TOO = "on_the_phone_too"
    NO_LOGIN = "no_login"
    NOT_ALLOWED = "not_allowed"
    OUTCOME_UNKNOWN = "outcome_unknown"
    NOT_REACHED = "not_reached"
    BUSY = "busy"
    CHANGED_MEANWHILE = "changed_meanwhile"
    LABEL_TAKEN = "label_taken"
    FRIENDLY_NAME_TAKEN = "friendly_name_taken"
    CANNOT_REPLACE = "cannot_replace"
    PHOTO_REFUSED = "photo_refused"
    PHOTO_MISSING = "photo_missing"
    PHOTO_TOO_LARGE = "photo_too_large"
    PHOTO_NO_IMAGE = "photo_no_image"
    PHOTO_TOO_SMALL = "photo_too_small"


P = NumberProblem
# Meta documents these codes ("Error codes"); what else it refuses with at an edge is told apart by
# the text for people that comes with it, because the code is the same for all (136024 whenever no
# code is sent, 136025 whenever one is not accepted, 100 whenever a number cannot be added).
_BY_CODE = {
    133005: P.PIN_WRONG,
    133006: P.NOT_VERIFIED,
    133008: P.PIN_BLOCKED,
    133009: P.PIN_BLOCKED,
    133015: P.JUST_DELETED,
    133016: P.TOO_MANY_REGISTRATIONS,
}
_APP = ("business app", "whatsapp app", "messenger", "existing whatsapp account")
_BY_WORDS: dict[Step, tuple[tuple[NumberProblem, tuple[str, ...]], ...]] = {
    Step.ADD: (
        (P.CAP_VERIFIED, ("number limit", "limit of phone numbers", "maximum number")),
        (P.ON_THE_APP, _APP),
        (P.ALREADY_HERE, ("already exists", "belongs to this")),
        (P.HELD_ELSEWHERE, ("another whatsapp business account", "different whatsapp business")),
        (P.NAME_REFUSED, ("verified_name", "display name")),
        (P.NUMBER_REFUSED, ("phone_number", "not a valid phone number")),
    ),
    Step.ASK_CODE: (
        (P.ALREADY_VERIFIED, ("already verified",)),
        (P.ON_THE_APP, _APP),
        (P.TOO_MANY_CODES, ("too many",)),
        (P.TOO_SOON, ("wait", "too soon")),
    ),
    Step.CHECK_CODE: (
        (P.ALREADY_VERIFIED, ("already verified",)),
        (P.TOO_MANY_TRIES, ("too many",)),
        (P.CODE_EXPIRED, ("expired",)),
        (P.CODE_NOT_ASKED, ("not requested", "request a verification code first")),
    ),
    Step.REGISTER: (
        (P.ON_THE_APP, _APP),
        (P.HELD_ELSEWHERE, ("another whatsapp business account",)),
    ),
    Step.DEREGISTER: ((P.ON_THE_PHONE_TOO, (*_APP, "coexistence")),),
    Step.RENAME: ((P.NAME_REFUSED, ("display_name", "display name", "verified_name")),),
    Step.PROFILE: ((P.PHOTO_REFUSED, ("profile_picture", "picture", "image")),),
}
# Where the words say nothing that we know.
_ELSE = {
    (Step.ADD, 2388001): P.HELD_ELSEWHERE,
    (Step.ADD, 2388012): P.ALREADY_HERE,
    (Step.ADD, 2388103): P.HELD_ELSEWHERE,
    (Step.ASK_CODE, 136024): P.CODE_NOT_SENT,
    (Step.CHECK_CODE, 136025): P.CODE_WRONG,
}


def problem_of(
    step: Step, *, code: int, subcode: int | None = None, said: str = ""
) -> NumberProblem | None:
    """What Meta's answer means at this step, `said` being its title and text for people; None where
    the table of error codes says it."""
    if code in _BY_CODE:
        return _BY_CODE[code]
    words = said.casefold().replace("’", "'")
    for problem, signs in _BY_WORDS[step]:
        if any(sign in words for sign in signs):
            return problem
    return _ELSE.get((step, code)) or _ELSE.get((step, subcode or 0))


def propose_label(name: str, taken: Collection[str]) -> str:
    """Three letters that remind of the name and are nobody else's: "Nairobi hiring" is NAI, where
    that is taken NHI, then other letters of the name, then any."""
    return next(one for one in _labels(name) if one not in taken)


def _labels(name: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
    words = ["".join(c for c in word if c.isalpha()) for word in plain.split()]
    words = [word for word in words if word]
    letters = "".join(words)
    if len(letters) >= 3:
        yield words[0][:3] if len(words[0]) >= 3 else letters[:3]
        if len(words) >= 3:
            yield "".join(word[0] for word in words[:3])
        elif len(words) == 2 and len(words[1]) >= 2:
            yield words[0][0] + words[1][:2]
        yield from map("".join, combinations(letters[:12], 3))
    if letters:
        yield from (letters[0] + "".join(rest) for rest in product(ascii_uppercase, repeat=2))
    yield from map("".join, product(ascii_uppercase, repeat=3))
