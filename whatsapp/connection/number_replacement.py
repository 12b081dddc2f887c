"""One number takes over from another: candidates are written to from the new one from now on."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ats.public import User
from whatsapp import events
from whatsapp.connection.number_refusals import NumberRefused
from whatsapp.connection.numbers import CONNECTED, disconnect_number
from whatsapp.models import Connection, Sender
from whatsapp.policy.numbers import NumberProblem


def replace_number(*, sender: Sender, successor: Sender, by: User, now: datetime) -> None:
    """Conversations, waiting messages and bulk runs of `sender` stay its own; what people write to
    those candidates next leaves from `successor`. Raises `NumberRefused`."""
    with transaction.atomic():
        Connection.objects.select_for_update(no_key=True).get(pk=sender.waba.connection_id)
        rows = Sender.objects.select_for_update().filter(pk__in=[sender.pk, successor.pk])
        found = {row.pk: row for row in rows.order_by("pk")}
        new = found[successor.pk]
        fits = new.pk != sender.pk and new.waba_id == sender.waba_id and not new.is_gone
        if not fits or new.status != CONNECTED or new.replaced_by_id is not None:
            raise NumberRefused(NumberProblem.CANNOT_REPLACE)
        Sender.objects.filter(pk=sender.pk).update(replaced_by=new)
        events.audit(
            actor=by,
            verb="number_replaced",
            about=sender,
            now=now,
            before=sender.label,
            after=new.label,
        )
        events.publish(sender.company_id, "connection", now=now)
    sender.replaced_by = new


def retire_number(*, sender: Sender, by: User, now: datetime) -> None:
    """Ends the number that was replaced, at Meta. One that does not send has nothing to end.
    Raises `NumberRefused`; it is replaced all the same, and can be disconnected later."""
    if sender.status == CONNECTED:
        disconnect_number(sender=sender, by=by, now=now)
