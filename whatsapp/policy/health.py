"""How each ability of a connected company stands: receive, send, templates, calls. Facts in, and
for each the worst that was found, with its words and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from whatsapp.policy.notices import restriction_words

Tone = Literal["ok", "warn", "bad", "none"]
ORDER: tuple[Tone, ...] = ("none", "ok", "warn", "bad")
# A token that ends sooner is renewed by a new login before it does.
TOKEN_WARNING = timedelta(days=7)
SCOPES = ("whatsapp_business_management", "whatsapp_business_messaging")


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


@dataclass(frozen=True)
class Finding:
    tone: Tone
    words: str


@dataclass(frozen=True)
class Ability:
    name: str
    tone: Tone
    findings: tuple[Finding, ...]


def health(facts: HealthFacts, *, now: datetime) -> tuple[Ability, ...]:
    shared = tuple(_of_login(facts, now))
    parts = {
        "Receive": (*shared, *_receive(facts)),
        "Send": (*shared, *_of_accounts(facts, "MESSAGING"), *_send(facts)),
        "Templates": (*shared, *_of_accounts(facts, "TEMPLATE"), *_templates(facts)),
        "Calls": (*_of_accounts(facts, "CALL"), Finding("none", "Not part of this product yet.")),
    }
    return tuple(_ability(name, found) for name, found in parts.items())


def _ability(name: str, found: tuple[Finding, ...]) -> Ability:
    """What is wrong alone where something is; else what is fine."""
    worst = max((one.tone for one in found), key=ORDER.index)
    wrong = tuple(one for one in found if one.tone in ("warn", "bad"))
    return Ability(name, worst, wrong or found)


def _of_login(facts: HealthFacts, now: datetime) -> Iterator[Finding]:
    if not facts.accepted:
        yield Finding("bad", "Meta takes the login no more. Press “Reconnect”.")
        return
    missing = [scope for scope in SCOPES if scope not in facts.scopes]
    if facts.scopes and missing:
        words = f"The login lacks {' and '.join(missing)}. Press “Reconnect” and allow everything."
        yield Finding("bad", words)
    if facts.expires_at is not None and facts.expires_at - now < TOKEN_WARNING:
        words = f"The login ends on {facts.expires_at:%d %B %Y}. Press “Reconnect” before that day."
        yield Finding("warn", words)


def _receive(facts: HealthFacts) -> Iterator[Finding]:
    for account in facts.accounts:
        if not account.subscribed:
            words = f"Meta does not send {account.name}’s webhooks here. Press “Sync now”."
            yield Finding("bad", words)
        if account.webhook_override:
            words = (
                f"Meta sends {account.name}’s messages to another address, "
                f"{account.webhook_override}. Whoever set it there takes it out."
            )
            yield Finding("bad", words)
    if facts.heard_at is None:
        yield Finding("ok", "No event from Meta yet. Write to one of your numbers to see one come.")
    else:
        yield Finding("ok", "Events from Meta arrive.")


def _send(facts: HealthFacts) -> Iterator[Finding]:
    if not facts.senders_connected:
        words = (
            "No number is connected at Meta, so nothing can leave."
            if facts.senders
            else ("There is no number yet. Add one under WhatsApp Sender List.")
        )
        yield Finding("bad", words)
        return
    if facts.senders_connected < facts.senders:
        count = facts.senders - facts.senders_connected
        yield Finding("warn", f"{count} of {facts.senders} numbers cannot send now.")
    if facts.senders_low:
        yield Finding("warn", f"Low quality: {', '.join(facts.senders_low)}.")
    yield Finding("ok", _count(facts.senders_connected, "number") + " can send.")


def _templates(facts: HealthFacts) -> Iterator[Finding]:
    if facts.templates_stopped:
        names = ", ".join(facts.templates_stopped)
        yield Finding("warn", f"Stopped by Meta: {names}.")
    yield Finding("ok", f"{facts.templates_approved} of {facts.templates} are approved.")


def _of_accounts(facts: HealthFacts, what: str) -> Iterator[Finding]:
    for account in facts.accounts:
        if account.ban_state == "DISABLE":
            yield Finding("bad", f"Meta has disabled {account.name}. Ask for a review there.")
        elif account.ban_state:
            yield Finding("warn", f"Meta is going to disable {account.name}.")
        if account.review == "REJECTED":
            yield Finding("bad", f"Meta’s review refused {account.name}.")
        for kind, end in account.restricted.items():
            if what in kind:
                until = f", until {end:%d %B, %H:%M} UTC" if end else ""
                words = f"{account.name}: {restriction_words(kind)}{until}."
                yield Finding("bad" if end is None or "RESTRICTED" in kind else "warn", words)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
