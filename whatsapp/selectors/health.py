"""How the connection stands: its steps one by one, and each ability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from whatsapp.connection.standing import restricted_now
from whatsapp.models import LOGGED_IN, Connection, ConnectionState, MessageTemplate, Sender, Waba
from whatsapp.policy.connection_sentences import (
    TEST_EVENT_PATIENCE,
    StepWords,
    WayProblem,
    way_words,
)
from whatsapp.policy.health import SCOPES, Ability, AccountFacts, HealthFacts, health
from whatsapp.policy.health_sentences import say_finding

ICONS = {"ok": "done", "warn": "alert", "bad": "alert", "none": "info"}
STOPPED = ("PAUSED", "DISABLED", "REJECTED")
# As many names as a line has room for.
NAMED = 3


@dataclass(frozen=True, slots=True)
class Step:
    """`state` is done, failed, waiting or open; `retry` is "login", "sync" or empty."""

    name: str
    state: str
    at: datetime | None
    words: str
    retry: str


@dataclass(frozen=True, slots=True)
class FindingView:
    tone: str
    words: str


@dataclass(frozen=True, slots=True)
class AbilityView:
    ability: Ability
    findings: tuple[FindingView, ...]
    icon: str
    variant: str
    heard_at: datetime | None


def abilities(connection: Connection, wabas: Sequence[Waba], *, now: datetime) -> list[AbilityView]:
    facts = _facts(connection, wabas, now=now)
    return [
        AbilityView(
            one,
            tuple(FindingView(each.tone, say_finding(each)) for each in one.findings),
            ICONS[one.tone],
            "is-s" if one.tone == "none" else f"is-s is-{one.tone}",
            facts.heard_at if one.name == "Receive" else None,
        )
        for one in health(facts, now=now)
    ]


def _facts(connection: Connection, wabas: Sequence[Waba], *, now: datetime) -> HealthFacts:
    senders = list(Sender.objects.filter(is_gone=False).order_by("pk"))
    rows = MessageTemplate.objects.filter(is_gone=False)
    templates = list(rows.order_by("name").values_list("name", "status"))
    stopped = sorted({name for name, status in templates if status in STOPPED})
    # Those that somebody switched off are no trouble.
    senders = [one for one in senders if not _is_off(one)]
    low = [one.name for one in senders if one.quality_rating == "RED"]
    return HealthFacts(
        accepted=connection.state in LOGGED_IN,
        connecting=connection.state == ConnectionState.CONNECTING,
        expires_at=connection.token_expires_at,
        scopes=frozenset(connection.scopes),
        accounts=tuple(
            AccountFacts(
                name=waba.name or waba.waba_id,
                # Between a login and its first reading nothing is wrong yet.
                subscribed=waba.subscribed_at is not None or not waba.stopped_at,
                webhook_override=waba.webhook_override,
                review=waba.review,
                ban_state=waba.ban_state,
                restricted=restricted_now(waba, now=now),
            )
            for waba in wabas
        ),
        heard_at=max((one.heard_at for one in wabas if one.heard_at), default=None),
        senders=len(senders),
        senders_connected=sum(one.status == "CONNECTED" for one in senders),
        senders_low=_some(low),
        templates=len(templates),
        templates_approved=sum(status == "APPROVED" for _, status in templates),
        templates_stopped=_some(stopped),
    )


def _some(names: list[str]) -> tuple[str, ...]:
    more = len(names) - NAMED
    return tuple(names[:NAMED]) + ((f"{more} more",) if more > 0 else ())


def steps(connection: Connection, wabas: Sequence[Waba], *, now: datetime) -> list[Step]:
    """From the login to the first event. A step of several accounts is done when it is for all."""
    is_broken = connection.state not in LOGGED_IN
    missing = [scope for scope in SCOPES if scope not in connection.scopes]
    since = connection.connected_at
    code = Step("Login exchanged for a token", "done", since, "", "")
    if is_broken:
        code = Step(code.name, "failed", connection.broken_at, connection.broken_cause, "login")
    granted = Step("Permissions granted", "done", connection.token_checked_at or since, "", "")
    if missing and connection.scopes:
        words = f"Missing: {', '.join(missing)}."
        granted = Step(granted.name, "failed", None, words, "login")
    return [
        code,
        granted,
        _reading("Numbers read", "numbers", "numbers_read_at", wabas, since, is_broken),
        _reading("Webhook subscribed", "webhook", "subscribed_at", wabas, since, is_broken),
        _reading("Templates read", "templates", "templates_read_at", wabas, since, is_broken),
        _event(wabas, since, is_broken, now),
    ]


def _reading(
    name: str, key: str, field: str, wabas: Sequence[Waba], since: datetime, is_broken: bool
) -> Step:
    failed = [waba for waba in wabas if waba.stopped_at == key and waba.stopped_by]
    moments = [getattr(waba, field) for waba in wabas]
    if failed:
        words = " ".join(f"{one.name or one.waba_id}: {one.stopped_by}" for one in failed)
        return Step(name, "failed", None, words, "" if is_broken else "sync")
    if moments and all(at is not None and at >= since for at in moments):
        return Step(name, "done", max(moments), "", "")
    words = StepWords.AFTER_LOGIN if is_broken else StepWords.WAITS
    return Step(name, "waiting", None, words, "" if is_broken else "sync")


def _event(wabas: Sequence[Waba], since: datetime, is_broken: bool, now: datetime) -> Step:
    """The test event (`connection.round_trip`), or whatever came from Meta before it."""
    name, retry = "Test event received", "" if is_broken else "sync"
    due = [waba for waba in wabas if waba.test_event_due]
    if failed := [waba for waba in due if waba.stopped_at == "event"]:
        words = " ".join(f"{one}: {one.stopped_by}" for one in failed)
        return Step(name, "failed", None, words, retry)
    sent = [waba.test_event_sent_at for waba in due if waba.test_event_sent_at]
    if sent and now - min(sent) > TEST_EVENT_PATIENCE:
        return Step(name, "failed", None, way_words(WayProblem.NOT_APPLIED), retry)
    if due:
        words = StepWords.ON_ITS_WAY if sent else StepWords.WAITS
        return Step(name, "waiting", None, StepWords.AFTER_LOGIN if is_broken else words, retry)
    came = [
        at for waba in wabas for at in (waba.test_event_at, waba.heard_at) if at and at >= since
    ]
    if came:
        return Step(name, "done", min(came), "", "")
    return Step(name, "open", None, StepWords.NONE_YET, "")


def _is_off(sender: Sender) -> bool:
    off = sender.status == "DISCONNECTED" and sender.registered_at is None
    return off or sender.replaced_by_id is not None
