"""Writes the rows of new runs: one for each candidate, those who cannot be reached left out.

Planning looks only at what a few statements tell for thousands: the number, who shares it, its
country. Every other rule is asked when a row's turn comes, since days may lie between. A run is
planned in batches, each a transaction that also says how far it got, so that what a dead worker
left is planned on from there and nobody is planned twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from ats.public import candidate_mobiles
from ats.tenancy import all_companies, company_scope
from whatsapp import events, figures, jobs
from whatsapp.bulk.audience import Audience
from whatsapp.countries import region_of
from whatsapp.models import BulkRun, CompanySettings, Conversation, RunRecipient, RunState
from whatsapp.models.run_plan import NewRow
from whatsapp.policy.reasons import Reason, ReasonCode
from whatsapp.policy.spellings import canonical, spellings
from whatsapp.sending import ledger
from whatsapp.sending.causes import to_store

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]

# Rows of one transaction: a tenth of a second or two of work, a few megabytes of memory.
BATCH = 2_000
# A planner that has said nothing for this long is gone; a batch takes a fraction of it.
LEASE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Given:
    """What does not change while a run is planned."""

    run: BulkRun
    audience: Audience
    recipient_field: int | None
    allowed_regions: frozenset[str]


def drain(clock: Clock, go_on: Callable[[], bool] = lambda: True) -> bool:
    """Plans what is to be planned, for as long as `go_on` says; whether nothing is left."""
    while go_on():
        run = _claim(clock())
        if run is None:
            return True
        with company_scope(run.company_id):
            _plan(run, clock, go_on)
    return False


def to_plan(*, now: datetime) -> bool:
    """Whether a run waits for a planner. Over all companies."""
    return bool(BulkRun.objects.to_plan(now=now, lease=LEASE).exists())


def _claim(now: datetime) -> BulkRun | None:
    with all_companies(), transaction.atomic():
        rows = BulkRun.objects.to_plan(now=now, lease=LEASE).select_for_update(
            skip_locked=True, of=("self",)
        )
        run: BulkRun | None = rows.select_related("company", "sender").order_by("pk").first()
        if run is not None:
            run.planning_claimed_at = now
            run.save(update_fields=["planning_claimed_at"])
        return run


def _plan(run: BulkRun, clock: Clock, go_on: Callable[[], bool]) -> None:
    given = given_of(run)
    while go_on():
        ids = given.audience.after(run.planned_up_to, most=BATCH)
        if not ids:
            _ready(run, now=clock())
            return
        if not _plan_batch(given, ids, now=clock()):
            # A colleague stopped the run, or another planner took this one for dead.
            return
    ours = BulkRun.objects.filter(pk=run.pk, planning_claimed_at=run.planning_claimed_at)
    ours.update(planning_claimed_at=None)


def given_of(run: BulkRun) -> Given:
    chosen = CompanySettings.objects.first()
    return Given(
        run=run,
        audience=Audience(run.audience, run.company),
        recipient_field=chosen.recipient_field_id if chosen else None,
        allowed_regions=frozenset(chosen.allowed_countries if chosen else ()),
    )


def _plan_batch(given: Given, ids: list[int], *, now: datetime) -> bool:
    """Writes one batch and goes `planned_up_to` its last candidate; False where the run is no more
    ours to plan."""
    run = given.run
    with transaction.atomic():
        ours = BulkRun.objects.filter(
            pk=run.pk, state=RunState.PLANNING, planning_claimed_at=run.planning_claimed_at
        )
        if not ours.update(planned_up_to=ids[-1], planning_claimed_at=now):
            return False
        written = RunRecipient.objects.plan(
            rows_of(given, ids, now=now),
            company_id=run.company_id,
            run_id=run.pk,
            twin_causes=to_store([Reason(ReasonCode.DUPLICATE_NUMBER)]),
            now=now,
        )
        BulkRun.objects.filter(pk=run.pk).update(total=F("total") + written)
    run.planned_up_to, run.planning_claimed_at = ids[-1], now
    return True


def rows_of(given: Given, ids: list[int], *, now: datetime) -> list[NewRow]:
    mobiles = candidate_mobiles(ids, given.recipient_field or 0)
    regions = {phone: region_of(phone) or "" for phone in mobiles.values() if phone}
    causes = _causes_by_phone(given, regions, now=now)
    no_number = to_store([Reason(ReasonCode.NO_NUMBER)])
    return [
        NewRow(
            candidate_id=pk,
            phone=phone,
            number=canonical(phone.removeprefix("+")),
            region=regions[phone],
            causes=causes.get(phone, ()),
        )
        if phone
        else NewRow(candidate_id=pk, causes=no_number)
        for pk in ids
        if (phone := mobiles.get(pk)) is not None
    ]


def _causes_by_phone(
    given: Given, regions: dict[str, str], *, now: datetime
) -> dict[str, list[dict[str, object]]]:
    """Of those in a country that is not allowed, but for whoever may be answered there."""
    if not given.allowed_regions:
        return {}
    outside = {phone: one for phone, one in regions.items() if one not in given.allowed_regions}
    for phone in _with_open_window(given, outside, now=now):
        del outside[phone]
    return {
        phone: to_store(
            [
                Reason(ReasonCode.COUNTRY_NOT_ALLOWED, {"region": region})
                if region
                else Reason(ReasonCode.COUNTRY_UNKNOWN)
            ]
        )
        for phone, region in outside.items()
    }


def _with_open_window(given: Given, phones: Iterable[str], *, now: datetime) -> set[str]:
    by_form = {f"+{form}": phone for phone in phones for form in spellings(phone.removeprefix("+"))}
    if not by_form:
        return set()
    opened = now - figures.at(now).messaging.customer_service_window
    rows = Conversation.objects.filter(
        sender=given.run.sender_id, contact__phone__in=by_form, last_inbound_at__gt=opened
    )
    return {by_form[phone] for phone in rows.values_list("contact__phone", flat=True)}


def _ready(run: BulkRun, *, now: datetime) -> None:
    """Every row is written: the run starts, waits for its time, or has nobody to write to."""
    with transaction.atomic():
        rows = BulkRun.objects.select_related("sender__waba")
        row = rows.select_for_update(no_key=True, of=("self",)).get(pk=run.pk)
        if (row.state, row.planning_claimed_at) != (RunState.PLANNING, run.planning_claimed_at):
            return
        row.planning_claimed_at = None
        if not BulkRun.objects.has_open_rows(row.pk):
            row.state, row.look_at, row.finished_at = RunState.FINISHED, None, now
        elif row.starts_at <= now:
            row.state, row.look_at = RunState.RUNNING, now
        else:
            row.state, row.look_at = RunState.SCHEDULED, row.starts_at
        row.save(update_fields=["planning_claimed_at", "state", "look_at", "finished_at"])
        if row.state != RunState.FINISHED:
            ledger.reserve(row, RunRecipient.objects.planned_in(row.pk), now=now)
        events.publish(row.company_id, "run", now=now, run=row.pk)
        if row.state == RunState.RUNNING:
            jobs.wake(jobs.SEND_MESSAGES)
    logger.info("run_planned run=%s state=%s rows=%s", row.pk, row.state, row.total)
