"""Taking places of a messaging limit: time with 1,000,000 rows in the ledger ÷ with 1,000.

Of each ledger a tenth is live, an eighth has lapsed without being marked, and the rest is history;
all that runs may use is taken, so every batch has to mark what it needs. A turn admits batches of a
run, a fifth of them people who have a place, and single messages. The worse of the two counts.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.utils import timezone

from ats.tenancy import company_scope
from bench._load import line, median
from bench._people import stored
from bench._stage import migrated
from bench._turns import answer_turns, start, turn
from tests.factories.whatsapp import World
from whatsapp.connection.limits import learn
from whatsapp.models import BulkRun, PortfolioLimit, RunState
from whatsapp.sending import ledger

GOAL = 1.5
ROUNDS = 5
SIZES = (1_000, 1_000_000)
# In a turn: so often a run's two batches and ten single messages, then all as before.
REPEATS = 25
BATCH, KNOWN = 50, 10


def main() -> None:
    batches: dict[int, list[float]] = {size: [] for size in SIZES}
    singles: dict[int, list[float]] = {size: [] for size in SIZES}
    with ExitStack() as running:
        ledgers = {size: start("admission", size, running) for size in SIZES}
        for one in ledgers.values():
            turn(one)
        for _ in range(ROUNDS):
            for size in SIZES:
                batch, single = turn(ledgers[size])
                batches[size].append(batch)
                singles[size].append(single)
    worst = max(_ratio(batches), _ratio(singles))
    raw = f"batches of {BATCH} {_raw(batches)}; single {_raw(singles)}"
    line("admission", f"{worst:.2f}", f"at most {GOAL}", raw)


def _ratio(times: dict[int, list[float]]) -> float:
    few, many = (times[size] for size in SIZES)
    return median([last / first for first, last in zip(few, many, strict=True)])


def _raw(times: dict[int, list[float]]) -> str:
    sizes = (f"{size:,}: {', '.join(f'{one:.1f}' for one in times[size])}" for size in SIZES)
    return f"{_ratio(times):.2f} ({'; '.join(sizes)} ms)"


@dataclass
class Ledger:
    world: World
    run: BulkRun
    size: int
    asked: int = 0
    new: list[str] = field(default_factory=list)

    @property
    def portfolio(self) -> str:
        return self.world.sender.waba.portfolio_id

    @property
    def live(self) -> int:
        return self.size // 10

    @property
    def lapsed(self) -> int:
        return self.size // 8

    def grow(self, now: datetime) -> None:
        learn(self.portfolio, self.size // 4, at=now, now=now)
        values = {
            "portfolio": self.portfolio,
            "company": self.world.company.pk,
            "sender": self.world.sender.pk,
            "run": self.run.pk,
            "now": now,
            "size": self.size,
            "lapsed": self.lapsed,
            "live": self.live,
            "people": [ledger.person_of(self.portfolio, number(n), "") for n in range(self.live)],
        }
        with connection.cursor() as cursor:
            cursor.execute(_GROWTH, values)
            cursor.execute("VACUUM ANALYZE")
        self.as_before()

    def as_before(self) -> None:
        """Takes away what a turn wrote, and unmarks what it marked."""
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM whatsapp_tieruse WHERE holder = ANY(%s)", [self.new])
            cursor.execute(
                "UPDATE whatsapp_tieruse SET live = TRUE WHERE NOT live"
                " AND id > %(history)s AND id <= %(history)s + %(lapsed)s",
                {"history": self.size - self.live - self.lapsed, "lapsed": self.lapsed},
            )
        self.new.clear()
        PortfolioLimit.objects.update(used=self.live + self.lapsed)

    def admit(self, known: int, new: int, *, run: BulkRun | None) -> None:
        people = [*range(known), *range(self.size + self.asked, self.size + self.asked + new)]
        asks = []
        for person in people:
            self.asked += 1
            self.new.append(f"b{self.asked}")
            company, sender = self.world.company.pk, self.world.sender.pk
            asks.append(ledger.Ask(self.new[-1], company, sender, number=number(person)))
        admission = ledger.admit(self.portfolio, asks, run=run, now=timezone.now())
        if admission.refused:
            raise SystemExit(f"{len(admission.refused)} of {len(asks)} were refused.")

    def turn(self) -> list[float]:
        """Milliseconds of a batch and of a single message."""
        of_run, of_single = 0.0, 0.0
        for _ in range(REPEATS):
            self.as_before()
            of_run += _timed(2, lambda: self.admit(KNOWN, BATCH - KNOWN, run=self.run))
            of_single += _timed(10, lambda: self.admit(0, 1, run=None))
        return [of_run / REPEATS / 2, of_single / REPEATS / 10]


def _timed(times: int, call: Callable[[], None]) -> float:
    began = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - began) * 1000


def number(person: int) -> str:
    return f"+2547{person:08d}"


# By id: history, then what has lapsed unmarked, then what is live.
_GROWTH = """
INSERT INTO whatsapp_tieruse (portfolio_id, recipient, holder, company_id, sender_id, run_id,
    taken_at, live)
SELECT %(portfolio)s,
    CASE WHEN n > %(size)s - %(live)s
        THEN (%(people)s::uuid[])[n - (%(size)s - %(live)s)]
        WHEN n > %(size)s - %(live)s - %(lapsed)s THEN md5('lapsed' || n)::uuid
        ELSE md5('past' || n / 3)::uuid END,
    'old' || n, %(company)s, %(sender)s, %(run)s,
    CASE WHEN n > %(size)s - %(live)s
        THEN %(now)s - interval '23 hours' * (%(size)s - n) / %(live)s
        WHEN n > %(size)s - %(live)s - %(lapsed)s
        THEN %(now)s - interval '25 hours'
            - interval '20 hours' * (%(size)s - %(live)s - n) / %(lapsed)s
        ELSE %(now)s - interval '2 days' - interval '28 days' * (%(size)s - n) / %(size)s END,
    n > %(size)s - %(live)s - %(lapsed)s
FROM generate_series(1, %(size)s) n"""


def admitter(size: int) -> None:
    """The process of one size."""
    migrated()
    world, now = stored().world, timezone.now()
    with company_scope(world.company):
        run = BulkRun.objects.create(
            company=world.company,
            name="Night shift",
            sender=world.sender,
            template=world.template,
            template_category="UTILITY",
            state=RunState.RUNNING,
            created_at=now,
            starts_at=now,
        )
    there = Ledger(world, run, size)
    there.grow(now)
    answer_turns(lambda _: there.turn())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        admitter(int(sys.argv[1]))
    else:
        main()
