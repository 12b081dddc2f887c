"""What people do with bulk runs. Each may be pressed twice, or in two tabs, with one effect.

All raise `NotAllowed` where the run is in a state in which there is no such thing to do.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from ats.public import User
from whatsapp import events, jobs
from whatsapp.bulk.audience import chosen
from whatsapp.bulk.rules import problems
from whatsapp.models import (
    BulkRun,
    MessageStatus,
    MessageTemplate,
    RunRecipient,
    RunState,
    Sender,
)
from whatsapp.models.run import RUN_MOVES
from whatsapp.policy.reasons import Reason, ReasonCode
from whatsapp.sending import ledger
from whatsapp.sending.causes import to_store
from whatsapp.sending.content.template import digest_of
from whatsapp.sending.gate import close_run
from whatsapp.sending.holds import holds_of, lift
from whatsapp.sending.send import NotAllowed
from whatsapp.sending.values import Spec

S = RunState

# A time that is over for no longer is taken as now: clocks differ, and requests take a moment.
AT_ONCE = timedelta(minutes=1)


def create_run(
    *,
    by: User,
    client_id: uuid.UUID,
    sender: Sender,
    template: MessageTemplate,
    values: Spec,
    audience: Mapping[str, Any],
    starts_at: datetime | None,
    now: datetime,
    name: str = "",
) -> BulkRun:
    """A run that is planned at once and begins at `starts_at`, or as soon as it is planned.

    `client_id` names the draft: the same again answers with the run of the first time. Raises
    `NotAllowed` with everything that stands in its way, or where the first time was another run.
    """
    given: dict[str, Any] = {
        "sender_id": sender.pk,
        "template_id": template.pk,
        "values": {key: dict(source) for key, source in values.items()},
        "audience": dict(audience),
        "author_id": by.pk,
        "name": name.strip()[:120] or template.name[:120],
    }
    earlier = _made_before(client_id, given, starts_at)
    if earlier is not None:
        return earlier
    reasons = problems(
        by=by, sender=sender, template=template, values=values, audience=audience, now=now
    )
    if starts_at is not None and starts_at < now - AT_ONCE:
        reasons = (*reasons, Reason(ReasonCode.RUN_TIME_OVER, {"at": starts_at}))
    if reasons:
        raise NotAllowed(reasons)
    try:
        with transaction.atomic():
            run = BulkRun.objects.create(
                **given,
                client_id=client_id,
                template_category=template.category,
                template_digest=digest_of(template),
                state=S.PLANNING,
                created_at=now,
                starts_at=max(starts_at or now, now),
            )
            _note(run, "run_created", by=by, now=now, template=template.pk, sender=sender.pk)
            jobs.wake(jobs.PLAN_RUNS)
            return run
    except IntegrityError:
        # The other click was faster by a moment.
        earlier = _made_before(client_id, given, starts_at)
        if earlier is None:
            raise
        return earlier


def _made_before(
    client_id: uuid.UUID, given: Mapping[str, Any], starts_at: datetime | None
) -> BulkRun | None:
    earlier: BulkRun | None = BulkRun.objects.filter(client_id=client_id).first()
    if earlier is None:
        return None
    same = all(getattr(earlier, name) == value for name, value in given.items())
    # "At once" was at another moment then; and a person may have begun it earlier since.
    if starts_at is not None and earlier.agreed_at is None:
        same = same and earlier.starts_at == max(starts_at, earlier.created_at)
    if not same:
        raise NotAllowed((Reason(ReasonCode.RUN_MADE_OTHERWISE, {"name": earlier.name}),))
    return earlier


def candidates_of_failed(run: BulkRun) -> dict[str, Any]:
    """The audience for a new run: whose message of this one has left, and failed."""
    rows = RunRecipient.objects.filter(
        run=run,
        message__status=MessageStatus.FAILED,
        message__attempts__gt=0,
        candidate__isnull=False,
    ).exclude(message__refusal__contains=[{"code": ReasonCode.GIVEN_UP.value}])
    return chosen(rows.values_list("candidate_id", flat=True))


def pause(*, run: BulkRun, by: User, now: datetime) -> BulkRun:
    """Nothing of it is claimed from here on; what Meta has been handed stays with Meta."""
    with transaction.atomic():
        row = _held(run)
        if row.state == S.PAUSED:
            return row
        cause = to_store([Reason(ReasonCode.RUN_PAUSED_BY, {"name": by.full_name})])
        _move(row, S.PAUSED, cause=cause, look_at=None, waits_until=None)
        ledger.release(row)
        _note(row, "run_paused", by=by, now=now)
    return row


def resume(*, run: BulkRun, by: User, now: datetime) -> BulkRun:
    """A paused run goes on, or waits for its time again."""
    with transaction.atomic():
        row = _held(run)
        if row.state in (S.RUNNING, S.WAITING, S.SCHEDULED, S.PLANNING):
            return row
        if row.state != S.PAUSED:
            raise _moved_on(row)
        _go_on(row, now=now, agreed_by=by)
        _note(row, "run_resumed", by=by, now=now)
    return row


def start_now(*, run: BulkRun, by: User, now: datetime) -> BulkRun:
    """One that was to begin later begins now, or as soon as it is planned."""
    with transaction.atomic():
        row = _held(run)
        if row.starts_at <= now and row.state not in (S.STOPPED, S.PAUSED):
            return row
        if row.state == S.PLANNING:
            row.starts_at = now
            row.save(update_fields=["starts_at"])
        elif row.state in (S.SCHEDULED, S.WAITING):
            row.starts_at = now
            _go_on(row, now=now)
        else:
            raise _moved_on(row)
        _note(row, "run_started_now", by=by, now=now)
    return row


def stop(*, run: BulkRun, by: User, now: datetime) -> BulkRun:
    """For good: rows that were not begun are left out, messages that Meta has certainly not taken
    do not go. What is on its way to Meta at this moment goes."""
    with transaction.atomic():
        row = _held(run)
        if row.state == S.STOPPED:
            return row
        if row.state not in RUN_MOVES[S.STOPPED]:
            raise _moved_on(row)
        cause = [Reason(ReasonCode.RUN_STOPPED_BY, {"name": by.full_name})]
        why = (Reason(ReasonCode.RUN_STOPPED),)
        left_out = close_run(row, cause, why, now=now)
        row.refresh_from_db()
        _note(row, "run_stopped", by=by, now=now, left_out=left_out)
    return row


def let_go_on(*, run: BulkRun, by: User, now: datetime) -> BulkRun:
    """A person has mended what Meta complained about: the holds of the run's template, number and
    account are lifted, and every run that waits is looked at now."""
    with transaction.atomic():
        lifted = lift(holds_of(run), by=by, now=now)
        row = _held(run)
        if row.state in (S.STOPPED, S.FINISHED):
            raise _moved_on(row)
        if row.state == S.PAUSED:
            _go_on(row, now=now, agreed_by=by)
        elif not lifted:
            return row
        _note(row, "run_let_go_on", by=by, now=now, holds=lifted)
        jobs.wake(jobs.SEND_MESSAGES)
    return row


def _held(run: BulkRun) -> BulkRun:
    """The run as it is now; nobody moves it before this transaction ends."""
    rows = BulkRun.objects.select_related("sender__waba", "template").select_for_update(
        no_key=True, of=("self",)
    )
    row: BulkRun = rows.get(pk=run.pk)
    return row


def _move(row: BulkRun, state: str, **changes: Any) -> None:
    """Of a run that is held."""
    if row.state not in RUN_MOVES[state]:
        raise _moved_on(row)
    row.state = state
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=["state", *changes])


def _go_on(row: BulkRun, *, now: datetime, agreed_by: User | None = None) -> None:
    """`agreed_by` has seen how it stands: from here on only what is new speaks against it. Of the
    template they agree to what they were told, and to no change besides."""
    changes: dict[str, Any] = {"cause": [], "waits_until": None, "starts_at": row.starts_at}
    if agreed_by is not None:
        told = {one["code"] for one in row.cause}
        changes |= {
            "agreed_by": agreed_by,
            "agreed_at": now,
            "sender_quality_agreed": row.sender.quality_rating,
            "template_quality_agreed": row.template.quality,
        }
        if ReasonCode.RUN_CATEGORY_CHANGED in told:
            changes["template_category"] = row.template.category
        if ReasonCode.RUN_TEMPLATE_CHANGED in told:
            changes["template_digest"] = digest_of(row.template)
    if row.starts_at > now:
        _move(row, S.SCHEDULED, look_at=row.starts_at, **changes)
    else:
        # Through the gate: whatever else stands in the way is told at once.
        _move(row, S.RUNNING, look_at=now, **changes)
        jobs.wake(jobs.SEND_MESSAGES)


def _moved_on(row: BulkRun) -> NotAllowed:
    state = RunState(row.state).label
    return NotAllowed((Reason(ReasonCode.RUN_MOVED_ON, {"state": state}),))


def _note(row: BulkRun, verb: str, *, by: User, now: datetime, **data: Any) -> None:
    events.audit(actor=by, verb=verb, about=row, now=now, **data)
    events.publish(row.company_id, "run", now=now, run=row.pk)
