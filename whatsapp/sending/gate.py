"""May this bulk run go on now? Asked before any of its rows is claimed, and said in the row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.db import transaction

from ats.public import has_module
from whatsapp import events
from whatsapp.access import MODULE, may_write
from whatsapp.connection.sync import request_sync
from whatsapp.models import (
    BulkRun,
    CompanySettings,
    Connection,
    Message,
    MessageStatus,
    RunRecipient,
    RunState,
)
from whatsapp.policy import protection, quiet
from whatsapp.policy import runs as p
from whatsapp.policy.decision import Allowed, Paused, RunDecision, Stopped, Waits
from whatsapp.policy.facts import ConnectionState
from whatsapp.policy.outcomes import Held
from whatsapp.policy.protection import Failures, RunHealth, Slow, Thresholds
from whatsapp.policy.reasons import Reason, ReasonCode
from whatsapp.sending import ledger, outcome
from whatsapp.sending.causes import to_store
from whatsapp.sending.content.template import digest_of, status_of
from whatsapp.sending.facts import connection_state
from whatsapp.sending.holds import holds_of, lift_superseded

# What a run waits for may come without anybody telling: it is looked at again at the latest then.
AGAIN = timedelta(seconds=60)
# The fate of a first batch comes within moments, by webhooks that know nothing of runs.
FIRST_BATCH_AGAIN = timedelta(seconds=2)
# How old what was read from Meta may be while a run waits for it to change. Of a number that may
# send again Meta tells nobody.
READ_AGAIN = timedelta(minutes=10)

NOT_ON_WHATSAPP, MARKETING_LIMIT, MARKETING_STOPPED = 131026, 131049, 131050


@cache
def thresholds() -> Thresholds:
    return protection.thresholds_of(settings.WHATSAPP["RUN_THRESHOLDS"])


def apply_gate(run: BulkRun, *, now: datetime, health: RunHealth | None = None) -> bool:
    """Whether rows of it may be claimed now; else it waits, is paused or stopped, and its row says
    why. `run` comes with sender, WABA, connection, template, company and author; `health` is what
    `health_of` answered a moment ago. Call it in the scope of the company."""
    decision = _decide(run, health, now=now)
    match decision:
        case Allowed():
            return _go_on(run, now=now)
        case Waits():
            _wait(run, decision, now=now)
        case Paused():
            pause_run(run, decision.reasons, now=now)
        case Stopped():
            why = (Reason(ReasonCode.RUN_STOPPED),)
            close_run(run, decision.reasons, why, now=now)
    return False


def _decide(run: BulkRun, health: RunHealth | None, *, now: datetime) -> RunDecision:
    lift_superseded(run, now=now)
    health = health or health_of(run)
    limits = thresholds()
    judgement = protection.judge(health, limits, first_batch=run.first_batch or None)
    _set_speed(run, judgement)
    places = ledger.state(ledger.portfolio_of(run.sender.waba), now=now, run=run)
    responsible = run.agreed_by or run.author
    template = run.template
    facts = p.RunFacts(
        connection=_connection(),
        sender=p.RunSender(run.sender.status, run.sender.is_gone),
        template=p.RunTemplate(
            template.name,
            status_of(template),
            template.category,
            run.template_category,
            is_changed=run.template_digest not in ("", digest_of(template)),
        ),
        places=p.Places(places.free_for_bulk, _next_place(run, places, now=now)),
        starts_at=run.starts_at,
        holds=tuple(
            p.HoldFacts(Held(one.scope), one.error_code, one.until, one.error_details)
            for one in holds_of(run)
        ),
        quiet=quiet_time_of(run),
        judgement=judgement,
        first_batch_until=_first_batch(run, health, limits, now=now),
        module_on=has_module(run.company, MODULE),
        author_may_write=responsible is not None and may_write(responsible),
    )
    return p.may_go_on(facts, now=now)


def _connection() -> ConnectionState:
    # Read again: another process may have found it broken since the run was read.
    state = Connection.objects.values_list("state", flat=True).first()
    return connection_state(state)


def _next_place(run: BulkRun, places: ledger.TierState, *, now: datetime) -> datetime | None:
    if places.most is None or places.free_for_bulk:
        return None
    # Single messages may have gone beyond what bulk ones may have.
    over = places.used - (places.most - places.kept_for_singles)
    nth = 1 + max(0, over)
    return ledger.frees_at(ledger.portfolio_of(run.sender.waba), nth, now=now)


def quiet_time_of(run: BulkRun) -> quiet.QuietTime | None:
    chosen = CompanySettings.objects.first()
    if chosen is None or not chosen.quiet_times:
        return None
    return quiet.read_quiet(chosen.quiet_times, chosen.quiet_zone or str(run.company.tz))


def health_of(run: BulkRun) -> RunHealth:
    """How it does, by what was handed over since a person last let it go on."""
    counts: dict[str, int] = {}
    failed = {"not_on_whatsapp": 0, "marketing_limit": 0, "marketing_stopped": 0, "other": 0}
    names = {
        NOT_ON_WHATSAPP: "not_on_whatsapp",
        MARKETING_LIMIT: "marketing_limit",
        MARKETING_STOPPED: "marketing_stopped",
    }
    since = run.agreed_at or run.created_at
    for status, code, by_us, number in BulkRun.objects.fates(run.pk, since):
        if status != MessageStatus.FAILED:
            counts[status] = counts.get(status, 0) + number
        elif not by_us:
            failed[names.get(code or 0, "other")] += number
    opt_outs, stops = BulkRun.objects.farewells(run.pk, run.company_id, since)
    get = counts.get
    return RunHealth(
        sending=get("sending", 0),
        unconfirmed=get("unconfirmed", 0),
        accepted=get("accepted", 0),
        held=get("held", 0),
        sent=get("sent", 0),
        delivered=get("delivered", 0),
        read=get("read", 0) + get("played", 0),
        failed=Failures(**failed),
        opt_outs=opt_outs,
        marketing_stops=stops,
        sender_quality=run.sender.quality_rating,
        quality_agreed=run.sender_quality_agreed,
        template_quality=run.template.quality,
        template_quality_agreed=run.template_quality_agreed,
    )


def _first_batch(
    run: BulkRun, health: RunHealth, limits: Thresholds, *, now: datetime
) -> datetime | None:
    """Until when the rest waits for what becomes of the first batch. Rows are in it by their key,
    so that any number of workers take no more than it has."""
    if run.first_batch_good_at is not None or run.starts_at > now:
        return None
    if run.first_batch_up_to is None:
        planned = RunRecipient.objects.planned_in(run.pk)
        size = protection.first_batch_size(planned, limits)
        up_to = RunRecipient.objects.nth_planned(run.pk, size)
        run.first_batch, run.first_batch_up_to = size, up_to
        BulkRun.objects.filter(pk=run.pk, first_batch_up_to=None).update(
            first_batch=size, first_batch_up_to=up_to
        )
        return None
    if BulkRun.objects.has_open_rows(run.pk, up_to=run.first_batch_up_to):
        return None
    newest = Message.objects.filter(run=run).order_by("-pk").values_list("created_at", flat=True)
    until = protection.first_batch_until(
        health,
        size=health.handed_over,
        since=newest.first() or now,
        now=now,
        limits=limits,
    )
    if until is None:
        run.first_batch_good_at = now
        BulkRun.objects.filter(pk=run.pk).update(first_batch_good_at=now)
    return until


def _set_speed(run: BulkRun, judgement: protection.Judgement) -> None:
    speed, cause = 100, []
    if isinstance(judgement, Slow):
        speed, cause = judgement.percent, to_store(judgement.reasons)
    if (speed, cause) != (run.speed, run.speed_cause):
        run.speed, run.speed_cause = speed, cause
        BulkRun.objects.filter(pk=run.pk).update(speed=speed, speed_cause=cause)


def _go_on(run: BulkRun, *, now: datetime) -> bool:
    if run.state == RunState.RUNNING:
        return True
    with transaction.atomic():
        went = BulkRun.objects.filter(
            pk=run.pk, state__in=(RunState.SCHEDULED, RunState.WAITING)
        ).update(state=RunState.RUNNING, cause=[], waits_until=None, look_at=now)
        if went:
            BulkRun.objects.filter(pk=run.pk, started_at=None).update(started_at=now)
            _tell(run, now=now)
    return bool(went)


def _wait(run: BulkRun, decision: Waits, *, now: datetime) -> None:
    first = any(one.code == ReasonCode.RUN_FIRST_BATCH for one in decision.reasons)
    latest = now + (FIRST_BATCH_AGAIN if first else AGAIN)
    look_at = min(decision.until or latest, latest)
    cause = to_store(decision.reasons)
    waiting = (RunState.SCHEDULED, RunState.RUNNING, RunState.WAITING)
    with transaction.atomic():
        # Never over a person's pause, nor over news that came while this was decided.
        BulkRun.objects.filter(pk=run.pk, state__in=waiting, look_at=run.look_at).update(
            state=RunState.WAITING, cause=cause, waits_until=decision.until, look_at=look_at
        )
        if (run.state, run.cause) != (RunState.WAITING, cause):
            _tell(run, now=now)
        read_at = run.sender.waba.connection.synced_at
        to_read = any(one.code in p.TO_READ_AGAIN for one in decision.reasons)
        if to_read and (read_at is None or now - read_at > READ_AGAIN):
            request_sync(run.sender.waba.connection, now=now)


def pause_run(run: BulkRun, reasons: Iterable[Reason], *, now: datetime) -> None:
    """For a person to look at; nothing is lost, and others may have its places."""
    with transaction.atomic():
        moved = BulkRun.objects.move(
            run.pk, RunState.PAUSED, cause=to_store(reasons), look_at=None, waits_until=None
        )
        if moved:
            ledger.release(run)
            events.audit(actor=None, verb="run_paused", about=run, now=now)
            _tell(run, now=now)


def close_run(
    run: BulkRun, cause: Iterable[Reason], why: tuple[Reason, ...], *, now: datetime
) -> int:
    """For good: rows that were not begun are left out for `why`, messages that Meta has certainly
    not taken do not go. What is on its way to Meta at this moment goes. How many were left out."""
    with transaction.atomic():
        moved = BulkRun.objects.move(
            run.pk,
            RunState.STOPPED,
            cause=to_store(cause),
            look_at=None,
            waits_until=None,
            finished_at=now,
            planning_claimed_at=None,
        )
        if not moved:
            return 0
        left_out = RunRecipient.objects.close(run.pk, to_store(why))
        ledger.release(run)
        _tell(run, now=now)
        # Afterwards and one by one: each locks a person and their thread. What is left undone by a
        # dead process, or comes back from Meta later, the sweep finds.
        transaction.on_commit(lambda: outcome.refuse_stopped(now=now, run_id=run.pk), robust=True)
    return int(left_out)


def _tell(run: BulkRun, *, now: datetime) -> None:
    events.publish(run.company_id, "run", now=now, run=run.pk)
