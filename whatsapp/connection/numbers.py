"""A company's numbers: adding one, proving that it is ours, connecting and disconnecting it.

A person waits for Meta meanwhile, and never inside a transaction. What is lost between Meta's
answer and our row is found by the sync that every change asks for.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

import phonenumbers
from django.db import transaction
from django.db.models import Q

from ats.public import User, mobile_display
from ats.tenancy import all_companies
from whatsapp import events, figures
from whatsapp.connection.limits import learn, portfolio_of
from whatsapp.connection.listings import number_values
from whatsapp.connection.number_labels import is_name_taken, taken_labels
from whatsapp.connection.number_refusals import NumberRefused, asking
from whatsapp.connection.sync import request_sync
from whatsapp.connection.vault import Locked, seal, unseal
from whatsapp.meta.errors import MetaError
from whatsapp.meta.numbers import NumberClient
from whatsapp.meta.types import PhoneNumber
from whatsapp.models import Connection, PortfolioLimit, Sender, Waba
from whatsapp.policy.numbers import (
    RESEND_WAIT,
    Cap,
    NumberProblem,
    Step,
    cap,
    propose_label,
)

CONNECTED = "CONNECTED"
VERIFIED = "VERIFIED"  # of a number's code; of a business it is written small
# What Meta answers to taking off a number that is not registered.
NOT_REGISTERED = 133010


def cap_of(waba: Waba, *, now: datetime) -> Cap:
    """How many numbers its portfolio has: of every company here that shares it, as far as known."""
    portfolio = portfolio_of(waba)
    with all_companies():
        wabas = Waba.objects.filter(Q(portfolio_id=waba.portfolio_id) & ~Q(portfolio_id=""))
        used = Sender.objects.filter(Q(waba__in=wabas) | Q(waba=waba.pk), is_gone=False).count()
    limit = PortfolioLimit.objects.filter(portfolio_id=portfolio).first()
    return cap(
        used=used,
        verified=waba.business_verification.lower() == "verified",
        most_people=(limit or PortfolioLimit()).most_at(now),
        told=limit.most_numbers if limit else None,
        now=now,
    )


def known_full(*, now: datetime) -> NumberProblem | None:
    """Why no number can be added, where every account is full as far as is known here. Meta is
    asked when one is added, because a cap may have been raised meanwhile."""
    caps = [cap_of(waba, now=now) for waba in Waba.objects.filter(is_gone=False)]
    if not caps or not all(one.is_full for one in caps):
        return None
    return _full(caps[0])


def add_number(
    *,
    waba: Waba,
    number: str,
    display_name: str,
    friendly_name: str,
    label: str,
    by: User,
    now: datetime,
) -> Sender:
    """Puts `number` (E.164) on the WABA. Raises `NumberRefused`.

    An empty label, and one that somebody else took meanwhile, becomes a free one: by then Meta has
    the number, which must not be lost for it.
    """
    if label and label in taken_labels():
        raise NumberRefused(NumberProblem.LABEL_TAKEN)
    if _digits(number) in {_digits(one.display_phone_number) for one in _listed()}:
        raise NumberRefused(NumberProblem.ALREADY_HERE)
    if is_name_taken(friendly_name):
        raise NumberRefused(NumberProblem.FRIENDLY_NAME_TAKEN)
    with asking(Step.ADD, waba.connection, now=now) as client:
        _learn_cap(client, waba, now=now)
    allowed = cap_of(waba, now=now)
    full = _full(allowed)
    if allowed.is_full:
        raise NumberRefused(full)
    try:
        with asking(Step.ADD, waba.connection, now=now) as client:
            found = _add(client, waba, number, display_name)
    except NumberRefused as refused:
        # Meta counts numbers that nobody here knows of.
        if refused.problem is NumberProblem.CAP_VERIFIED:
            raise NumberRefused(full) from refused
        raise
    return _keep(waba, found, friendly_name, label, by=by, now=now)


def ask_code(*, sender: Sender, method: str, language: str, by: User, now: datetime) -> None:
    """Has Meta send a code by SMS or VOICE. Of two tabs one asks. Where Meta wants none, the number
    is verified and none is sent. Raises `NumberRefused`."""
    before = sender.code_asked_at
    free = Q(code_asked_at=None) | Q(code_asked_at__lte=now - RESEND_WAIT)
    with transaction.atomic():
        took = Sender.objects.filter(free, pk=sender.pk).update(
            code_asked_at=now, code_method=method
        )
        if not took:
            raise NumberRefused(NumberProblem.TOO_SOON)
    try:
        with asking(Step.ASK_CODE, sender.waba.connection, now=now) as client:
            client.request_code(sender.phone_number_id, method=method, language=language)
    except NumberRefused as refused:
        if refused.problem is NumberProblem.ALREADY_VERIFIED:
            _verified(sender, by=by, now=now)
            return
        if refused.problem not in (NumberProblem.OUTCOME_UNKNOWN, NumberProblem.TOO_SOON):
            # Nothing was sent, so nothing has to be waited for.
            Sender.objects.filter(pk=sender.pk, code_asked_at=now).update(code_asked_at=before)
        raise
    events.audit(actor=by, verb="number_code_asked", about=sender, now=now, method=method)


def check_code(*, sender: Sender, code: str, by: User, now: datetime) -> None:
    """The number is ours. Raises `NumberRefused`."""
    try:
        with asking(Step.CHECK_CODE, sender.waba.connection, now=now) as client:
            client.verify_code(sender.phone_number_id, code)
    except NumberRefused as refused:
        # Another tab was quicker.
        if refused.problem is not NumberProblem.ALREADY_VERIFIED:
            raise
    _verified(sender, by=by, now=now)


def connect_number(*, sender: Sender, by: User, now: datetime, pin: str = "") -> None:
    """Registers a verified number, so that it sends and receives. Raises `NumberRefused`.

    Without `pin` it goes with the one that is kept, else with a new one; a number that had one
    before it came here wants that (PIN_NEEDED), which is then kept.
    """
    if sender.status == CONNECTED:
        # Meta takes any PIN of a number that is registered, and keeps the one it has.
        raise NumberRefused(NumberProblem.CHANGED_MEANWHILE)
    used = pin or _pin(sender, now)
    try:
        with asking(Step.REGISTER, sender.waba.connection, now=now) as client:
            client.register_phone(sender.phone_number_id, used)
            found = values_at_meta(client, sender.phone_number_id)
    except NumberRefused as refused:
        if refused.problem is NumberProblem.PIN_WRONG and not pin:
            raise NumberRefused(NumberProblem.PIN_NEEDED) from refused
        raise
    with transaction.atomic():
        _lock(sender.waba.connection_id)
        # Where another tab was quicker Meta has taken any PIN, and keeps the one of that tab.
        rows = Sender.objects.filter(pk=sender.pk).exclude(status=CONNECTED)
        rows.update(pin=seal(used), registered_at=now)
        change(sender, {**found, "replaced_by": None}, verb="number_connected", by=by, now=now)


def disconnect_number(*, sender: Sender, by: User, now: datetime) -> None:
    """Nothing is sent from it or arrives any more; conversations stay, and so does the PIN, with
    which it is connected again. Raises `NumberRefused`."""
    with asking(Step.DEREGISTER, sender.waba.connection, now=now) as client:
        try:
            client.deregister(sender.phone_number_id)
        except MetaError as error:
            if getattr(error, "code", None) != NOT_REGISTERED:
                raise
        found = values_at_meta(client, sender.phone_number_id)
    changes = {"registered_at": None, **(found or {"status": "DISCONNECTED"})}
    change(sender, changes, verb="number_disconnected", by=by, now=now)


def rename_number(
    *, sender: Sender, friendly_name: str, label: str, by: User, now: datetime
) -> None:
    """What colleagues call it. An empty label becomes a free one. Raises `NumberRefused`."""
    with transaction.atomic():
        _lock(sender.waba.connection_id)
        row = Sender.objects.select_for_update().get(pk=sender.pk)
        before = {"friendly_name": row.friendly_name, "label": row.label}
        taken = taken_labels(but=row)
        if label in taken:
            raise NumberRefused(NumberProblem.LABEL_TAKEN)
        if is_name_taken(friendly_name, but=row):
            raise NumberRefused(NumberProblem.FRIENDLY_NAME_TAKEN)
        row.friendly_name = friendly_name
        row.label = label or propose_label(row.name, taken)
        row.save(update_fields=["friendly_name", "label"])
        after = {"friendly_name": row.friendly_name, "label": row.label}
        if before != after:
            events.audit(
                actor=by, verb="number_renamed", about=row, now=now, before=before, after=after
            )
            events.publish(row.company_id, "connection", now=now)


def _full(allowed: Cap) -> NumberProblem:
    return NumberProblem.CAP_VERIFIED if allowed.raised else NumberProblem.CAP_UNVERIFIED


def _listed() -> list[Sender]:
    return list(Sender.objects.filter(is_gone=False))


def _digits(number: str) -> str:
    return "".join(c for c in number if c.isdigit())


def _add(client: NumberClient, waba: Waba, number: str, display_name: str) -> PhoneNumber:
    parsed = phonenumbers.parse(number)
    number_id = client.add_number(
        waba.waba_id,
        cc=str(parsed.country_code),
        phone_number=phonenumbers.national_significant_number(parsed),
        verified_name=display_name,
    )
    return _read(client, number_id) or PhoneNumber(
        id=number_id,
        display_phone_number=mobile_display(number),
        verified_name=display_name,
        status="",
    )


def _learn_cap(client: NumberClient, waba: Waba, *, now: datetime) -> None:
    """What the cap hangs on, asked anew: a business may have been verified since the login."""
    found = client.waba(waba.waba_id)
    word = found.business_verification_status or ""
    if word and word != waba.business_verification:
        waba.business_verification = word
        waba.save(update_fields=["business_verification"])
    learn(portfolio_of(waba), found.messaging_limit, at=now, now=now)


def _read(client: NumberClient, number_id: str) -> PhoneNumber | None:
    """The number as Meta has it now; None where it cannot be read, which the sync makes up for."""
    try:
        return client.phone_number(number_id)
    except MetaError:
        return None


def values_at_meta(client: NumberClient, number_id: str) -> dict[str, Any]:
    """The fields of a sender as Meta has them now; none where it cannot be read."""
    found = _read(client, number_id)
    return number_values(found) if found else {}


def _keep(
    waba: Waba, found: PhoneNumber, friendly_name: str, label: str, *, by: User, now: datetime
) -> Sender:
    with transaction.atomic():
        _lock(waba.connection_id)
        with all_companies():
            others = Sender.objects.exclude(company_id=waba.company_id)
            if others.filter(phone_number_id=found.id).exists():
                raise NumberRefused(NumberProblem.HELD_ELSEWHERE)
        # A sync, or another tab, may have listed it already.
        row = Sender.objects.filter(phone_number_id=found.id).first()
        row = row or Sender(company_id=waba.company_id, phone_number_id=found.id)
        taken = taken_labels(but=row if row.pk else None)
        for name, value in number_values(found).items():
            setattr(row, name, value)
        row.waba, row.friendly_name = waba, friendly_name
        wanted = label or row.label
        row.label = wanted if wanted and wanted not in taken else propose_label(row.name, taken)
        row.save()
        events.audit(actor=by, verb="number_added", about=row, now=now, label=row.label)
        request_sync(waba.connection, now=now)
        events.publish(row.company_id, "connection", now=now)
    return row


def _lock(connection_id: int) -> None:
    """First of all rows, as the sync does, which writes senders with it held. Labels are given once
    in a company for the same reason."""
    Connection.objects.select_for_update(no_key=True).get(pk=connection_id)


def _verified(sender: Sender, *, by: User, now: datetime) -> None:
    changes = {"code_verification_status": VERIFIED, "code_asked_at": None}
    change(sender, changes, verb="number_verified", by=by, now=now)


def change(
    sender: Sender, changes: dict[str, Any], *, verb: str, by: User, now: datetime, **said: str
) -> None:
    """Meta has done it: our row says so, and the sync reads the rest of it."""
    with transaction.atomic():
        _lock(sender.waba.connection_id)
        Sender.objects.filter(pk=sender.pk).update(**changes)
        events.audit(actor=by, verb=verb, about=sender, now=now, **said)
        request_sync(sender.waba.connection, now=now)
        events.publish(sender.company_id, "connection", now=now)


def kept_pin(sender: Sender) -> str:
    """Raises `NumberRefused` where none is kept that can be read."""
    if sender.pin is None:
        raise NumberRefused(NumberProblem.PIN_NEEDED)
    try:
        return unseal(bytes(sender.pin))
    except Locked as error:
        raise NumberRefused(NumberProblem.PIN_NEEDED) from error


def _pin(sender: Sender, now: datetime) -> str:
    """The PIN that is kept; a new one, kept before Meta is told it, so that it is never lost."""
    Sender.objects.filter(pk=sender.pk, pin=None).update(pin=seal(_new_pin(now)))
    kept = Sender.objects.values_list("pin", flat=True).get(pk=sender.pk)
    try:
        return unseal(kept or b"")
    except Locked:
        # As good as none; Meta asks for the right one.
        return _new_pin(now)


def _new_pin(now: datetime) -> str:
    digits = figures.at(now).signup.pin_digits
    return "".join(secrets.choice("0123456789") for _ in range(digits))
