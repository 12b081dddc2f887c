"""The display name of a number: another one is asked for, reviewed by Meta, and put into force."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from ats.public import User
from whatsapp import events
from whatsapp.connection.listings import number_values
from whatsapp.connection.number_refusals import NumberRefused, asking
from whatsapp.connection.sync import request_sync
from whatsapp.connection.vault import Locked, seal, unseal
from whatsapp.meta.errors import MetaError
from whatsapp.meta.numbers import NumberClient
from whatsapp.models import Sender
from whatsapp.policy.numbers import NumberProblem, Step

APPROVED, PENDING = "APPROVED", "PENDING_REVIEW"


def ask_display_name(*, sender: Sender, name: str, by: User, now: datetime) -> None:
    """Meta reviews it; candidates see the old one meanwhile. Raises `NumberRefused`."""
    with asking(Step.RENAME, sender.waba.connection, now=now) as client:
        client.ask_display_name(sender.phone_number_id, name)
        found = _read(client, sender)
    changes = {"new_display_name": name, "new_name_status": PENDING, **found, "name_rejection": ""}
    _change(sender, changes, "number_name_asked", by=by, now=now, after=name)


def use_display_name(*, sender: Sender, by: User, now: datetime, pin: str = "") -> None:
    """Registers the number again, by which Meta puts the approved name into force.

    It goes with the PIN that is kept; where none is, or Meta wants another, PIN_NEEDED asks for it.
    Raises `NumberRefused`.
    """
    if sender.new_name_status != APPROVED:
        raise NumberRefused(NumberProblem.CHANGED_MEANWHILE)
    used = pin or _kept_pin(sender)
    try:
        with asking(Step.REGISTER, sender.waba.connection, now=now) as client:
            client.register_phone(sender.phone_number_id, used)
            found = _read(client, sender)
    except NumberRefused as refused:
        if refused.problem is NumberProblem.PIN_WRONG and not pin:
            raise NumberRefused(NumberProblem.PIN_NEEDED) from refused
        raise
    in_force = {"verified_name": sender.new_display_name, "name_status": APPROVED}
    over = {"new_display_name": "", "new_name_status": "", "name_rejection": ""}
    changes = {**in_force, **over, **found, "pin": seal(used)}
    _change(
        sender,
        changes,
        "number_name_taken",
        by=by,
        now=now,
        before=sender.verified_name,
        after=sender.new_display_name,
    )


def _kept_pin(sender: Sender) -> str:
    if sender.pin is None:
        raise NumberRefused(NumberProblem.PIN_NEEDED)
    try:
        return unseal(bytes(sender.pin))
    except Locked as error:
        raise NumberRefused(NumberProblem.PIN_NEEDED) from error


def _read(client: NumberClient, sender: Sender) -> dict[str, Any]:
    """What Meta has now; nothing where it cannot be read, which the sync makes up for."""
    try:
        return number_values(client.phone_number(sender.phone_number_id))
    except MetaError:
        return {}


def _change(
    sender: Sender, changes: dict[str, Any], verb: str, *, by: User, now: datetime, **said: str
) -> None:
    with transaction.atomic():
        Sender.objects.filter(pk=sender.pk).update(**changes)
        events.audit(actor=by, verb=verb, about=sender, now=now, **said)
        request_sync(sender.waba.connection, now=now)
        events.publish(sender.company_id, "connection", now=now)
