"""Ten workers on two runs of two companies and single messages, all on one portfolio's limit."""

from __future__ import annotations

import random
import threading
from bisect import bisect_right
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from django.db import connection

from ats.tenancy import all_companies
from tests.factories.whatsapp import NOW, World, make_world
from tests.whatsapp.sending.places import ask, make_run
from whatsapp.connection.limits import learn
from whatsapp.models import BulkRun, TierUse, Waba
from whatsapp.sending import ledger

MOST, WORKERS, TURNS = 100, 10, 40
META = timedelta(hours=24)


class Clock:
    """One time that only goes forward, which every worker reads a little wrong. Hours pass only
    while nobody holds a time that was read before: nobody waits that long for their turn."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.now = NOW
        self.lock = threading.Lock()
        self.pause = threading.Barrier(WORKERS, action=self._hours_pass)

    def read(self) -> datetime:
        with self.lock:
            self.now += timedelta(seconds=self.rng.choice([0, 0, 1, 5]))
            return self.now + timedelta(milliseconds=self.rng.uniform(-50, 50))

    def _hours_pass(self) -> None:
        self.now += timedelta(hours=self.rng.choice([1, 5, 12, 23]))


@dataclass
class Worker:
    """Takes places for people whom others write to as well; gives some back; asks again for some,
    as after a crash. Its holders are its own, as a claimed row is one worker's."""

    number: int
    world: World
    run: BulkRun | None
    clock: Clock
    sent: set[str] = field(default_factory=set)
    given_back: set[str] = field(default_factory=set)

    def work(self) -> None:
        rng = random.Random(self.number)
        people: dict[str, int] = {}
        try:
            for turn in range(TURNS):
                if turn % 2:
                    self.clock.pause.wait(timeout=60)
                fresh = {f"w{self.number}.{turn}.{n}": rng.randrange(600) for n in range(8)}
                again = rng.sample(sorted(people), min(len(people), rng.choice([0, 0, 3])))
                people |= fresh
                self._admit([*fresh, *again], people)
                for holder in rng.sample(
                    sorted(self.sent), min(len(self.sent), rng.choice([0, 2]))
                ):
                    ledger.give_back(holder, now=self.clock.read())
                    self.sent.discard(holder)
                    self.given_back.add(holder)
        finally:
            connection.close()

    def _admit(self, holders: list[str], people: dict[str, int]) -> None:
        asks = [ask(self.world, people[holder], holder=holder) for holder in holders]
        portfolio = self.world.sender.waba.portfolio_id
        granted = ledger.admit(portfolio, asks, run=self.run, now=self.clock.read()).granted
        self.sent |= granted
        self.given_back -= granted


@pytest.fixture
def worlds(transactional_db: None) -> list[World]:
    worlds = [make_world(), make_world()]
    portfolio = worlds[0].sender.waba.portfolio_id
    with all_companies():
        Waba.objects.filter(pk=worlds[1].sender.waba_id).update(portfolio_id=portfolio)
    worlds[1].sender.waba.portfolio_id = portfolio
    learn(portfolio, MOST, at=NOW, now=NOW)
    return worlds


def test_nobody_ever_exceeds_the_limit_in_any_moving_24_hours(worlds: list[World]) -> None:
    clock = Clock(random.Random(7))
    runs = [make_run(world) for world in worlds]
    workers = [
        Worker(number, worlds[number % 2], [runs[0], runs[1], None][number % 3], clock)
        for number in range(WORKERS)
    ]
    with ThreadPoolExecutor(WORKERS) as pool:
        for done in [pool.submit(worker.work) for worker in workers]:
            done.result()
    portfolio = worlds[0].sender.waba.portfolio_id
    kept, counted = ledger.recount(portfolio, now=clock.now)
    assert kept == counted

    given_back = set().union(*(worker.given_back for worker in workers))
    sent = set().union(*(worker.sent for worker in workers))
    rows = TierUse.objects.filter(portfolio_id=portfolio)
    history = sorted(rows.values_list("taken_at", "recipient", "holder"))
    assert {holder for _, _, holder in history} == sent | given_back
    history = [use for use in history if use[2] not in given_back]
    assert history[-1][0] - history[0][0] > 3 * META, "the clock should have passed several days"

    moments = [taken_at for taken_at, _, _ in history]
    at_once = []
    for place, (taken_at, _, _) in enumerate(history):
        begin = bisect_right(moments, taken_at - META)
        at_once.append(len({person for _, person, _ in history[begin : place + 1]}))
    assert max(at_once) <= MOST
    # It is a limit that was reached, not one that nobody came near.
    assert max(at_once) > 0.9 * MOST
