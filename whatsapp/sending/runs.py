"""Which bulk runs may go on now, as one sending process sees it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, QuerySet

from ats.tenancy import all_companies, company_scope
from whatsapp import events
from whatsapp.models import BulkRun, Message, RunRecipient, RunState
from whatsapp.policy.protection import RunHealth
from whatsapp.sending import ledger
from whatsapp.sending.gate import apply_gate, health_of

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]

# Every run that runs or is due is looked at this often by each process, and told of this often.
EVERY = 1.0
# Runs that one process sends for at the same time.
MOST = 50
# What became of a run's messages is counted this often.
COUNT_EVERY = 5.0
# After a fault of ours in looking at a run.
FAULT = timedelta(minutes=1)
# Others have the run's last rows: they come back, or are done, soon.
SOON = timedelta(seconds=2)


class Watch:
    """Asks the gate of each run, at most once in `EVERY` seconds; the statement that claims rows
    sees for itself whether the run has been paused since."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._looked = 0.0
        self._running: list[BulkRun] = []
        self._emptied: list[BulkRun] = []
        self._counted: dict[int, tuple[float, RunHealth | None]] = {}
        self._had_turns: set[int] = set()
        # Nothing but messages that were written already is to be had of these.
        self._rowless: set[int] = set()

    def running(self) -> list[BulkRun]:
        """Those of which something may be claimed."""
        return self._running

    def with_rows(self) -> list[BulkRun]:
        """Those whose rows may be claimed; whoever had the fewest turns first."""
        return [run for run in self._running if run.pk not in self._rowless]

    def look(self) -> None:
        if time.monotonic() - self._looked < EVERY:
            return
        self._looked = time.monotonic()
        now = self._clock()
        with all_companies():
            # Said here and not at each turn, which is many times a second; of a run that somebody
            # else writes at this moment it is not said, rather than that anybody waits.
            free = BulkRun.objects.select_for_update(no_key=True, skip_locked=True)
            with transaction.atomic():
                turns = list(free.filter(pk__in=self._had_turns).values_list("pk", flat=True))
                BulkRun.objects.filter(pk__in=turns).update(claimed_at=now)
            self._had_turns.clear()
            rows = (
                _to_look_at(now)
                .select_related(
                    "sender__waba__connection", "template", "author", "agreed_by", "company"
                )
                .order_by(F("claimed_at").asc(nulls_first=True), "pk")
            )
            due = list(rows[:MOST])
        self._running = []
        self._rowless.clear()
        for run in due:
            with company_scope(run.company_id):
                if self._may_go_on(run, now=now):
                    self._running.append(run)

    def _may_go_on(self, run: BulkRun, *, now: datetime) -> bool:
        """As the gate says; where asking it fails, that is one run's trouble and nobody else's."""
        try:
            return apply_gate(run, now=now, health=self._health(run))
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("run_gate_failed run=%s", run.pk)
            BulkRun.objects.filter(pk=run.pk).update(look_at=now + FAULT)
            return False

    def _health(self, run: BulkRun) -> RunHealth:
        """All messages of a run are counted for it, so not at each look, but for a first batch.
        What Meta thinks of number and template is what was read with the run."""
        counted_at, health = self._counted.get(run.pk, (0.0, None))
        old = time.monotonic() - counted_at >= COUNT_EVERY
        changes = run.first_batch_good_at is None or run.state != RunState.RUNNING
        if health is None or old or changes:
            health = health_of(run)
            self._counted[run.pk] = (time.monotonic(), health)
        return replace(
            health,
            sender_quality=run.sender.quality_rating,
            template_quality=run.template.quality,
        )

    def turn(self, run: BulkRun) -> None:
        """It has its turn now: the others of this process go before it next time."""
        self._had_turns.add(run.pk)
        if run in self._running:
            self._running.remove(run)
            self._running.append(run)

    def empty(self, run: BulkRun) -> None:
        """No row of it could be claimed: the rest is under way, somebody else's, or later."""
        now = self._clock()
        self._rowless.add(run.pk)
        self._emptied.append(run)
        later = _next_of(run) or now + SOON
        if later > now and run in self._running:
            self._running.remove(run)
        # Only where nobody has it looked at sooner.
        BulkRun.objects.filter(pk=run.pk, state=RunState.RUNNING, look_at__lte=now).update(
            look_at=max(later, now)
        )

    def settle(self) -> None:
        """Nothing is under way here any more: what has become of the runs that gave no rows."""
        emptied, self._emptied = self._emptied, []
        for run in emptied:
            with company_scope(run.company_id):
                if not finish_if_done(run, now=self._clock()) and (soonest := _next_of(run)):
                    # What was put back here since nothing of it could be claimed.
                    BulkRun.objects.filter(
                        pk=run.pk, state=RunState.RUNNING, look_at__gt=soonest
                    ).update(look_at=soonest)


def _next_of(run: BulkRun) -> datetime | None:
    """When the next of its rows and messages is due that nobody has claimed."""
    rows = RunRecipient.objects.filter(run=run, due_at__isnull=False).order_by("due_at")
    written = Message.objects.filter(run=run, next_try_at__isnull=False).order_by("next_try_at")
    ahead = (
        rows.values_list("due_at", flat=True).first(),
        written.values_list("next_try_at", flat=True).first(),
    )
    return min((one for one in ahead if one), default=None)


def any_due(*, now: datetime) -> bool:
    """Whether a run is to be looked at. Over all companies."""
    return _to_look_at(now).exists()


def _to_look_at(now: datetime) -> QuerySet[BulkRun]:
    return BulkRun.objects.filter(
        state__in=(RunState.SCHEDULED, RunState.RUNNING, RunState.WAITING), look_at__lte=now
    )


def finish_if_done(run: BulkRun, *, now: datetime) -> bool:
    """Every row has begun or is left out, and nothing of it is still to leave; whether this call
    said so. What became of the messages goes on to be told."""
    with transaction.atomic():
        # Whoever sends something of it again locks it first.
        BulkRun.objects.select_for_update(no_key=True).get(pk=run.pk)
        if BulkRun.objects.has_open_rows(run.pk):
            return False
        done = BulkRun.objects.move(
            run.pk, RunState.FINISHED, cause=[], look_at=None, finished_at=now
        )
        if done:
            ledger.release(run)
            events.publish(run.company_id, "run", now=now, run=run.pk)
    return done
