"""The display name of a number: another one is asked for, reviewed by Meta, and put into force."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ats.public import User
from whatsapp.connection.number_refusals import NumberRefused, asking
from whatsapp.connection.numbers import CONNECTED, change, kept_pin, values_at_meta
from whatsapp.connection.vault import seal
from whatsapp.models import Sender
from whatsapp.policy.numbers import NumberProblem, Step

APPROVED, PENDING = "APPROVED", "PENDING_REVIEW"


def ask_display_name(*, sender: Sender, name: str, by: User, now: datetime) -> None:
    """Meta reviews it; candidates see the old one meanwhile. Raises `NumberRefused`."""
    with asking(Step.RENAME, sender.waba.connection, now=now) as client:
        client.ask_display_name(sender.phone_number_id, name)
        found = values_at_meta(client, sender.phone_number_id)
    changes = {"new_display_name": name, "new_name_status": PENDING, **found, "name_rejection": ""}
    change(sender, changes, verb="number_name_asked", by=by, now=now, after=name)


def use_display_name(*, sender: Sender, by: User, now: datetime, pin: str = "") -> None:
    """Registers the number again, by which Meta puts the approved name into force.

    It goes with the PIN that is kept; where none is, or Meta wants another, PIN_NEEDED asks for it.
    Raises `NumberRefused`.
    """
    if sender.new_name_status != APPROVED:
        raise NumberRefused(NumberProblem.CHANGED_MEANWHILE)
    used = pin or kept_pin(sender)
    try:
        with asking(Step.REGISTER, sender.waba.connection, now=now) as client:
            client.register_phone(sender.phone_number_id, used)
            found = values_at_meta(client, sender.phone_number_id)
    except NumberRefused as refused:
        if refused.problem is NumberProblem.PIN_WRONG and not pin:
            raise NumberRefused(NumberProblem.PIN_NEEDED) from refused
        raise
    in_force = {"verified_name": sender.new_display_name, "name_status": APPROVED}
    over: dict[str, Any] = {"new_display_name": "", "new_name_status": "", "name_rejection": ""}
    # Meta takes any PIN of a number that is registered, and keeps the one it has.
    if sender.status != CONNECTED:
        over["pin"] = seal(used)
    change(
        sender,
        {**in_force, **over, **found},
        verb="number_name_taken",
        by=by,
        now=now,
        before=sender.verified_name,
        after=sender.new_display_name,
    )
