"""How each ability of a connected company stands: receive, send, templates, calls. Facts in, and
for each the worst that was found, as codes; their words are in `health_sentences`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

Tone = Literal["ok", "warn", "bad", "none"]
ORDER: tuple[Tone, ...] = ("none", "ok", "warn", "bad")
# A token that ends sooner is renewed by a new login before it does.
TOKEN_WARNING = timedelta(days=7)
SCOPES = ("whatsapp_business_management", "whatsapp_business_messaging")


# What a restriction's name says that it is about (Meta, webhook `account_update`).
MESSAGING = "MESSAGING"
ABILITIES = (MESSAGING, "TEMPLATE", "CALL")


class FindingCode(StrEnum):
    LOGIN_REFUSED = "login_refused"
    SCOPES_MISSING = "scopes_missing"
    LOGIN_ENDS = "login_ends"
    NOT_SUBSCRIBED = "not_subscribed"
    SENT_ELSEWHERE = "sent_elsewhere"
    NOTHING_HEARD = "nothing_heard"
    EVENTS_ARRIVE = "events_arrive"
    CONNECTING = "connecting"
    NO_SENDER = "no_sender"
    NO_SENDER_CONNECTED = "no_sender_connected"
    SOME_CANNOT_SEND = "some_cannot_send"
    LOW_QUALITY = "low_quality"
    CAN_SEND = "can_send"
    TEMPLATES_STOPPED = "templates_stopped"
    TEMPLATES_APPROVED = "templates_approved"
    DISABLED = "disabled"
    WILL_BE_DISABLED = "will_be_disabled"
    REVIEW_REFUSED = "review_refused"
    RESTRICTED = "restricted"
    NO_CALLS = "no_calls"


F = FindingCode


@dataclass(frozen=True)
class AccountFacts:
    """A WABA. `restricted` by type, with ends; None where Meta named none."""

    name: str
    subscribed: bool
    webhook_override: str
    review: str
    ban_state: str
    restricted: dict[str, datetime | None]


@dataclass(frozen=True)
class HealthFacts:
    """Senders and templates are counted as Meta lists them."""

    accepted: bool  # Meta takes the token
    expires_at: datetime | None
    scopes: frozenset[str]
    accounts: tuple[AccountFacts, ...]
    heard_at: datetime | None
    senders: int
    senders_connected: int
    senders_low: tuple[str, ...]
    templates: int
    templates_approved: int
    templates_stopped: tuple[str, ...]
    connecting: bool = False  # no event has come back since the login


@dataclass(frozen=True)
class Finding:
    tone: Tone
    code: FindingCode
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Ability:
    name: str
    tone: Tone
    findings: tuple[Finding, ...]


def health(facts: HealthFacts, *, now: datetime) -> tuple[Ability, ...]:
    shared = tuple(_of_login(facts, now))
    parts = {
        "Receive": (*shared, *_receive(facts)),
        "Send": (*shared, *_of_accounts(facts, MESSAGING), *_send(facts)),
        "Templates": (*shared, *_of_accounts(facts, "TEMPLATE"), *_templates(facts)),
        "Calls": (*_of_accounts(facts, "CALL"), _finding("none", F.NO_CALLS)),
    }
    return tuple(_ability(name, found) for name, found in parts.items())


def _ability(name: str, found: tuple[Finding, ...]) -> Ability:
    """What is wrong alone where something is; else what is fine."""
    worst = max((one.tone for one in found), key=ORDER.index)
    wrong = tuple(one for one in found if one.tone in ("warn", "bad"))
    return Ability(name, worst, wrong or found)


def _of_login(facts: HealthFacts, now: datetime) -> Iterator[Finding]:
    if not facts.accepted:
        yield _finding("bad", F.LOGIN_REFUSED)
        return
    missing = [scope for scope in SCOPES if scope not in facts.scopes]
    if facts.scopes and missing:
        yield _finding("bad", F.SCOPES_MISSING, scopes=tuple(missing))
    if facts.expires_at is not None and facts.expires_at - now < TOKEN_WARNING:
        yield _finding("warn", F.LOGIN_ENDS, at=facts.expires_at)


def _receive(facts: HealthFacts) -> Iterator[Finding]:
    for account in facts.accounts:
        if not account.subscribed:
            yield _finding("bad", F.NOT_SUBSCRIBED, account=account.name)
        if account.webhook_override:
            address = account.webhook_override
            yield _finding("bad", F.SENT_ELSEWHERE, account=account.name, address=address)
    yield _finding("ok", F.NOTHING_HEARD if facts.heard_at is None else F.EVENTS_ARRIVE)


def _send(facts: HealthFacts) -> Iterator[Finding]:
    if facts.connecting:
        yield _finding("warn", F.CONNECTING)
    if not facts.senders_connected:
        yield _finding("bad", F.NO_SENDER_CONNECTED if facts.senders else F.NO_SENDER)
        return
    if facts.senders_connected < facts.senders:
        count = facts.senders - facts.senders_connected
        yield _finding("warn", F.SOME_CANNOT_SEND, count=count, of=facts.senders)
    if facts.senders_low:
        yield _finding("warn", F.LOW_QUALITY, names=facts.senders_low)
    yield _finding("ok", F.CAN_SEND, count=facts.senders_connected)


def _templates(facts: HealthFacts) -> Iterator[Finding]:
    if facts.templates_stopped:
        yield _finding("warn", F.TEMPLATES_STOPPED, names=facts.templates_stopped)
    yield _finding("ok", F.TEMPLATES_APPROVED, count=facts.templates_approved, of=facts.templates)


def _of_accounts(facts: HealthFacts, what: str) -> Iterator[Finding]:
    for account in facts.accounts:
        if account.ban_state == "DISABLE":
            yield _finding("bad", F.DISABLED, account=account.name)
        elif account.ban_state:
            yield _finding("warn", F.WILL_BE_DISABLED, account=account.name)
        if account.review == "REJECTED":
            yield _finding("bad", F.REVIEW_REFUSED, account=account.name)
        for kind, end in account.restricted.items():
            if what in kind:
                tone: Tone = "bad" if end is None or "RESTRICTED" in kind else "warn"
            elif what == MESSAGING and not any(one in kind for one in ABILITIES):
                # It keeps nothing from leaving, but has to stand somewhere.
                tone = "warn"
            else:
                continue
            yield _finding(tone, F.RESTRICTED, account=account.name, kind=kind, until=end)


def _finding(tone: Tone, code: FindingCode, **params: object) -> Finding:
    return Finding(tone, code, params)
