"""Takes what is due from the database and makes it ready to leave, in a thread of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import InterfaceError, OperationalError

from ats.tenancy import all_companies, company_scope
from whatsapp import jobs
from whatsapp.models import BulkRun, Message, RunRecipient
from whatsapp.models.run_claims import ClaimedRow
from whatsapp.sending import outcome, runs
from whatsapp.sending.messages import prepare_messages
from whatsapp.sending.outgoing import Outgoing
from whatsapp.sending.rows import prepare_rows

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]

# As many are taken at one look: of single messages, else of those of runs that go again.
SINGLES, AGAIN = 50, 20


class Claims:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.runs = runs.Watch(clock)

    def singles(self) -> list[Outgoing]:
        self.runs.look()
        claim = self._clock()
        with all_companies():
            ids = Message.objects.claim_single(now=claim, most=SINGLES)
            if not ids:
                # Each is made ready by itself, and a single message would wait for all of them.
                senders = [run.sender_id for run in self.runs.running()]
                ids = Message.objects.claim_of_runs(now=claim, senders=senders, most=AGAIN)
        return prepare_messages(ids, claim=claim, clock=self._clock)

    def rows(self, run: BulkRun, most: int) -> list[Outgoing]:
        claim = self._clock()
        self.runs.turn(run)
        with company_scope(run.company_id):
            rows = RunRecipient.objects.claim(run.pk, now=claim, most=most)
            if not rows:
                self.runs.empty(run)
                return []
            if len(rows) == most:
                # There is more than this process may take at once: others may help.
                jobs.wake(jobs.SEND_MESSAGES)
            try:
                return prepare_rows(run, rows, claim=claim, clock=self._clock)
            except (OperationalError, InterfaceError):
                raise
            except Exception:
                logger.exception("run_not_prepared run=%s rows=%s", run.pk, len(rows))
                return self._one_by_one(run, rows, claim)

    def _one_by_one(
        self, run: BulkRun, rows: Sequence[ClaimedRow], claim: datetime
    ) -> list[Outgoing]:
        """A fault of ours with some row: nothing is lost, and it does not stand in the way of the
        others."""
        found: list[Outgoing] = []
        for row in rows:
            try:
                found += prepare_rows(run, [row], claim=claim, clock=self._clock)
            except (OperationalError, InterfaceError):
                raise
            except Exception as error:
                logger.error("row_not_prepared row=%s error=%s", row.id, type(error).__name__)
                until = claim + outcome.AGAIN_AFTER
                RunRecipient.objects.give_back([row.id], claim=claim, until=until)
        return found
