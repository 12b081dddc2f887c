"""What stops bulk sends by a template, from a number or an account, and what lets them go on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from ats.public import User
from whatsapp import events
from whatsapp.models import BulkRun, HoldScope, Message, SendAttempt, SendHold
from whatsapp.policy.outcomes import Hold, HoldBefore
from whatsapp.sending.waiting import ask_gate_first, look_again_at


def put_hold(message: Message, hold: Hold, code: int, details: str, *, now: datetime) -> None:
    """Meta's refusal of this message is one of all others like it. Told again, it lasts longer."""
    scope = HoldScope(hold.held)
    owner = _owner(message, scope)
    with transaction.atomic():
        _keep(runs_under(owner))
        if _mended_since(message, owner):
            return
        # The one that stands is made longer, not doubled (`hold_of_…_once`).
        stands = SendHold.objects.filter(lifted_at=None, **owner)
        if not stands.update(until=hold.until, error_code=code, error_details=details):
            SendHold.objects.bulk_create(
                [
                    SendHold(
                        company_id=message.company_id,
                        scope=scope,
                        category=hold.category,
                        error_code=code,
                        error_details=details,
                        since=now,
                        until=hold.until,
                        **owner,
                    )
                ],
                ignore_conflicts=True,
            )
        ask_gate_first(runs_under(owner), now=now)


def _mended_since(message: Message, owner: dict[str, Any]) -> bool:
    """Whether a person said that it is mended after this message had left: then what Meta says of
    it is of how things stood before."""
    left_at = (
        SendAttempt.objects.filter(message=message)
        .order_by("-number")
        .values_list("handed_over_at", flat=True)
        .first()
    )
    lifted = SendHold.objects.filter(lifted_at__gte=left_at, lifted_by__isnull=False, **owner)
    return left_at is not None and bool(lifted.exists())


def before(message: Message, code: int) -> HoldBefore | None:
    """The newest hold of the message's number by the same code, standing or over."""
    rows = SendHold.objects.filter(sender=message.sender_id, error_code=code)
    row = rows.order_by("-since").first()
    return HoldBefore(row.since, row.until) if row else None


def _owner(message: Message, scope: HoldScope) -> dict[str, Any]:
    sender = message.conversation.sender
    if scope == HoldScope.TEMPLATE:
        return {"template_id": message.template_id}
    return {"sender_id": sender.pk} if scope == HoldScope.SENDER else {"waba_id": sender.waba_id}


def runs_under(owner: dict[str, Any]) -> QuerySet[BulkRun]:
    if "template_id" in owner:
        return BulkRun.objects.filter(template_id=owner["template_id"])
    if "sender_id" in owner:
        return BulkRun.objects.filter(sender_id=owner["sender_id"])
    return BulkRun.objects.filter(sender__waba_id=owner["waba_id"])


def holds_of(run: BulkRun) -> QuerySet[SendHold]:
    """Those that stand in the way of a run, whether or not their time is over."""
    return SendHold.objects.filter(
        Q(template_id=run.template_id) | Q(sender_id=run.sender_id) | Q(waba_id=run.sender.waba_id),
        Q(category="") | Q(category=run.template.category),
        lifted_at=None,
    ).order_by("since")


def lift_superseded(run: BulkRun, *, now: datetime) -> None:
    """Where Meta's own word about the template or the number says by now that it cannot be used,
    that word is what counts, also when it changes."""
    template, sender = run.template, run.sender
    if template.status != "APPROVED" or template.is_gone:
        lift(holds_of(run).filter(template=template), by=None, now=now)
    if sender.status != "CONNECTED":
        lift(holds_of(run).filter(sender=sender), by=None, now=now)


def lift(holds: QuerySet[SendHold], *, by: User | None, now: datetime) -> int:
    """Lets bulk sends go on; `by` is None where Meta told, or the time is over. Who keeps a run's
    row calls it before, not after."""
    with transaction.atomic():
        owners = {row.pk: _owner_of(row) for row in holds.filter(lifted_at=None)}
        runs = BulkRun.objects.none()
        for owner in owners.values():
            runs |= runs_under(owner)
        _keep(runs)
        standing = SendHold.objects.filter(pk__in=owners, lifted_at=None)
        rows = list(standing.select_for_update(no_key=True).order_by("pk"))
        for row in rows:
            row.lifted_at, row.lifted_by = now, by
            row.save(update_fields=["lifted_at", "lifted_by"])
            events.audit(actor=by, verb="lifted", about=row, now=now, code=row.error_code)
            look_again_at(runs_under(owners[row.pk]), now=now)
    return len(rows)


def _owner_of(row: SendHold) -> dict[str, Any]:
    names = ("template_id", "sender_id", "waba_id")
    return {name: getattr(row, name) for name in names if getattr(row, name)}


def _keep(runs: QuerySet[BulkRun]) -> None:
    """Nobody else moves them before this transaction ends. Runs before their holds, and in one
    order: whoever puts or lifts a hold waits for another, never in a circle."""
    keys = runs.order_by().values("pk")
    rows = BulkRun.objects.filter(pk__in=keys).select_for_update(no_key=True).order_by("pk")
    list(rows.values_list("pk"))
