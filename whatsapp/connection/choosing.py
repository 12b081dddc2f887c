"""A login that reaches several WABAs: the token waits, sealed, until a person has chosen."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Q

from ats.public import User
from whatsapp.connection import vault
from whatsapp.connection.clients import client_with
from whatsapp.connection.granted import ATTEMPT_LIFE, Granted, LoginFailed, store_granted
from whatsapp.meta import types
from whatsapp.meta.errors import MetaError
from whatsapp.models import (
    LOGGED_IN,
    ConnectAttempt,
    Connection,
    ConnectionState,
    LoginOutcome,
    Waba,
)
from whatsapp.policy.connection_sentences import CHOICE_SENTENCES, ChoiceProblem

# Of a connection whose accounts somebody counts on, also while it needs a new login.
IN_USE = (*LOGGED_IN, ConnectionState.BROKEN)
# The person waits for the answer: numbers are counted of so many WABAs, one question each.
COUNTED = 5


@dataclass(frozen=True, slots=True)
class Offer:
    """One WABA to choose. `senders` is None where Meta was not asked; `chosen` is what to tick."""

    waba_id: str
    name: str
    portfolio: str
    senders: int | None
    chosen: bool


def same_as_before(granted: Granted, *, hinted_waba_id: str) -> Granted | None:
    """What a connection that exists has already, where the new login reaches all of it: logging in
    again is no change of accounts. None where a person has to choose, as they have where Meta's
    window named an account that is not connected yet."""
    rows = Waba.objects.filter(is_gone=False, connection__state__in=IN_USE)
    before = set(rows.values_list("waba_id", flat=True))
    reached = {one.id for one in granted.wabas}
    is_added = hinted_waba_id in reached - before
    return granted.only(before) if before and before <= reached and not is_added else None


def would_lose(granted: Granted) -> bool:
    """Whether an account that is connected now is out of the new login's reach: its senders would
    stop, so a person has to say so."""
    reached = [one.id for one in granted.wabas]
    connected = Waba.objects.filter(is_gone=False, connection__state__in=IN_USE)
    return bool(connected.exclude(waba_id__in=reached).exists())


def offer(granted: Granted, *, attempt: ConnectAttempt) -> None:
    """Keeps what was granted until somebody chooses, in place of what the same person left open."""
    offered = {
        "scopes": list(granted.scopes),
        "expires_at": granted.expires_at.isoformat() if granted.expires_at else "",
        "wabas": [asdict(one) for one in granted.wabas],
        "senders": _count_senders(granted),
    }
    with transaction.atomic():
        ConnectAttempt.objects.filter(user=attempt.user_id).hold_choosing().forget()
        attempt.outcome = LoginOutcome.CHOOSING
        attempt.token, attempt.offered = vault.seal(granted.token), offered
        attempt.save(update_fields=["outcome", "token", "offered"])


def offers_to(user: User, *, now: datetime) -> list[Offer]:
    """What this person has to choose from; none where nothing waits."""
    attempt = _waiting(user, now=now).first()
    if attempt is None:
        return []
    known = set(Waba.objects.filter(is_gone=False).values_list("waba_id", flat=True))
    return [_offer(one, attempt.offered["senders"], known) for one in attempt.offered["wabas"]]


def lost_by_choosing(user: User, *, now: datetime) -> list[tuple[str, int]]:
    """Accounts that are connected now and that the waiting login does not reach: the name of each,
    and how many senders would stop with it."""
    attempt = _waiting(user, now=now).first()
    if attempt is None:
        return []
    reached = [one["id"] for one in attempt.offered["wabas"]]
    rows = Waba.objects.filter(is_gone=False, connection__state__in=IN_USE)
    lost = rows.exclude(waba_id__in=reached).annotate(
        count=Count("senders", filter=Q(senders__is_gone=False))
    )
    return [(str(row), row.count) for row in lost.order_by("pk")]


def keep_as_it_is(*, user: User) -> None:
    """Forgets what the person's login granted: nothing changes."""
    with transaction.atomic():
        ConnectAttempt.objects.filter(user=user).hold_choosing().forget()


def choose_wabas(*, user: User, waba_ids: Collection[str], now: datetime) -> Connection:
    """Connects those and no others. Raises `LoginFailed`: a wrong choice leaves the offer as it
    was, so that another one can be made."""
    with transaction.atomic():
        # All of the company's, as they are forgotten together once one has chosen.
        waiting = ConnectAttempt.objects.hold_choosing()
        attempt = _waiting(user, now=now).filter(pk__in=waiting).first()
        if attempt is None:
            raise LoginFailed(CHOICE_SENTENCES[ChoiceProblem.NOTHING_WAITS])
        if not waba_ids:
            raise LoginFailed(CHOICE_SENTENCES[ChoiceProblem.NONE_CHOSEN])
        granted = _granted(attempt)
        chosen = granted.only(waba_ids)
        if len(chosen.wabas) < len(set(waba_ids)):
            raise LoginFailed(CHOICE_SENTENCES[ChoiceProblem.NOT_OFFERED])
        return store_granted(chosen, attempt=attempt, user=user, now=now)


def forget_old(*, now: datetime) -> int:
    """Tokens that nobody has chosen for in time. Call it with every company reachable."""
    with transaction.atomic():
        return (
            ConnectAttempt.objects.filter(used_at__lt=now - ATTEMPT_LIFE).hold_choosing().forget()
        )


def _waiting(user: User, *, now: datetime) -> Any:
    rows = ConnectAttempt.objects.choosing_since(now - ATTEMPT_LIFE)
    return rows.filter(user=user).order_by("-pk")


def _granted(attempt: ConnectAttempt) -> Granted:
    try:
        token = vault.unseal(attempt.token)
    except vault.Locked:
        raise LoginFailed(CHOICE_SENTENCES[ChoiceProblem.NOTHING_WAITS]) from None
    kept = attempt.offered
    return Granted(
        token=token,
        scopes=tuple(kept["scopes"]),
        expires_at=datetime.fromisoformat(kept["expires_at"]) if kept["expires_at"] else None,
        wabas=tuple(types.Waba(**one) for one in kept["wabas"]),
    )


def _offer(waba: dict[str, Any], senders: dict[str, int], known: set[str]) -> Offer:
    return Offer(
        waba_id=waba["id"],
        name=waba["name"] or waba["id"],
        portfolio=waba["business_name"] or "",
        senders=senders.get(waba["id"]),
        chosen=waba["id"] in known,
    )


def _count_senders(granted: Granted) -> dict[str, int]:
    """By WABA id; a help for choosing, so what Meta does not answer is left out."""
    client, counted = client_with(granted.token), {}
    for waba in granted.wabas[:COUNTED]:
        try:
            counted[waba.id] = len(client.phone_numbers(waba.id))
        except MetaError:
            break
    return counted
