"""The ledger against a simple model of it: any history, with moves of the clock to exact edges."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.factories.whatsapp import NOW, World
from tests.whatsapp.sending.places import make_run
from whatsapp.connection.limits import learn
from whatsapp.models import TierReservation
from whatsapp.sending import ledger
from whatsapp.sending.ledger import Ask

LIFE = ledger.life(NOW)
PEOPLE, HOLDERS = 8, 14
_portfolios = count(1)


@dataclass
class Use:
    person: int
    taken_at: datetime
    ended: bool = False


@dataclass
class Model:
    """What the ledger's page says, as naively as it can be said."""

    most: int | None = 250
    uses: dict[int, Use] = field(default_factory=dict)
    reserved: dict[int, int] = field(default_factory=dict)

    def live(self, now: datetime) -> dict[int, datetime]:
        """People who have a place, and when their last use was."""
        people: dict[int, datetime] = {}
        for use in self.uses.values():
            if not use.ended and use.taken_at > now - LIFE:
                people[use.person] = max(use.taken_at, people.get(use.person, use.taken_at))
        return people

    def room(self, run: int | None, now: datetime, *, freed: int = 0) -> int | None:
        if self.most is None:
            return None
        used = len(self.live(now)) - freed
        if run is None:
            return self.most - used
        others = sum(places for key, places in self.reserved.items() if key != run)
        free = self.most - -(-self.most // 10) - used
        return min(free, max(self.reserved.get(run, 0), free - others))

    def admit(self, holders: list[int], run: int | None, now: datetime) -> set[int]:
        granted = set()
        for holder in holders:
            person, placed = holder % PEOPLE, self.live(now)
            if person not in placed:
                room = self.room(run, now)
                if room is not None and room <= 0:
                    continue
                # Of a limit that is none nothing is kept, so nothing kept is used up.
                if room is not None and run is not None:
                    self.reserved[run] = max(0, self.reserved.get(run, 0) - 1)
            old = self.uses.get(holder)
            taken_at = max(old.taken_at, now) if old else now
            self.uses[holder] = Use(person, taken_at)
            granted.add(holder)
        return granted

    def reserve(self, run: int, wanted: int, now: datetime) -> int:
        if self.most is None:
            self.reserved.pop(run, None)
            return wanted
        self.reserved.pop(run, None)
        free = self.most - -(-self.most // 10) - len(self.live(now))
        self.reserved[run] = max(0, min(wanted, free - sum(self.reserved.values())))
        return self.reserved[run]

    def delivered(self, holder: int, at: datetime, now: datetime) -> None:
        use = self.uses.get(holder)
        if use is None:
            return
        if at > use.taken_at + ledger.PROMPT:
            use.taken_at, use.ended = at, use.ended and at <= now - LIFE
        elif use.taken_at > now - LIFE:
            use.ended = False


_holders = st.lists(st.integers(0, HOLDERS - 1), min_size=1, max_size=6, unique=True)
_passing = st.sampled_from(
    [
        timedelta(),
        timedelta(seconds=1),
        ledger.PROMPT,
        timedelta(hours=7),
        timedelta(hours=24),
        LIFE - timedelta(microseconds=1),
        LIFE,
        LIFE + timedelta(microseconds=1),
    ]
)
_steps = st.one_of(
    st.tuples(st.just("admit"), _holders, st.sampled_from([None, 0, 1])),
    st.tuples(st.just("pass"), _passing),
    st.tuples(st.just("give_back"), st.integers(0, HOLDERS - 1)),
    st.tuples(st.just("delivered"), st.integers(0, HOLDERS - 1), _passing),
    st.tuples(st.just("reserve"), st.sampled_from([0, 1]), st.integers(0, 9)),
    st.tuples(st.just("release"), st.sampled_from([0, 1])),
    st.tuples(st.just("learn"), st.sampled_from([1, 2, 3, 5, 6, 20, -1])),
    st.tuples(st.just("lapse")),
)


@given(most=st.sampled_from([1, 2, 3, 5, 20]), steps=st.lists(_steps, min_size=4, max_size=30))
@settings(
    max_examples=int(os.environ.get("LEDGER_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
def test_any_history_gives_what_the_model_gives(
    world: World, most: int, steps: list[tuple[Any, ...]]
) -> None:
    portfolio, model, now = f"9{next(_portfolios):014d}", Model(most), NOW
    learn(portfolio, most, at=NOW, now=NOW)
    world.sender.waba.portfolio_id = portfolio
    TierReservation.objects.all().delete()
    runs = [make_run(world), make_run(world)]
    keys = {run.pk: place for place, run in enumerate(runs)}

    def holder(n: int) -> str:
        return f"m{portfolio[-6:]}.{n}"

    def ask(n: int) -> Ask:
        number = f"2547{n % PEOPLE:08d}"
        return Ask(holder(n), world.company.pk, world.sender.pk, number=number)

    for step in steps:
        match step:
            case ("admit", holders, which):
                run = None if which is None else runs[which]
                got = ledger.admit(portfolio, [ask(n) for n in holders], run=run, now=now)
                granted = model.admit(holders, which, now)
                assert got.granted == {holder(n) for n in granted}
                assert got.refused == tuple(holder(n) for n in holders if n not in granted)
                if got.refused:
                    frees = [at + LIFE for at in sorted(model.live(now).values())]
                    rooms = [model.room(which, now, freed=n + 1) for n in range(len(frees))]
                    enough = [at for at, room in zip(frees, rooms, strict=True) if room > 0]
                    assert got.frees_at == (enough[0] if enough else None)
            case ("pass", how_long):
                now += how_long
            case ("give_back", n):
                ledger.give_back(holder(n), now=now)
                if n in model.uses:
                    model.uses[n].ended = True
            case ("delivered", n, ago):
                ledger.delivered(holder(n), at=now - ago, now=now)
                model.delivered(n, now - ago, now)
            case ("reserve", which, wanted):
                got_places = ledger.reserve(runs[which], wanted, now=now)
                assert got_places == model.reserve(which, wanted, now)
            case ("release", which):
                ledger.release(runs[which])
                model.reserved.pop(which, None)
            case ("learn", tier):
                learn(portfolio, tier, at=now, now=now)
                model.most = None if tier == -1 else tier
            case ("lapse",):
                ledger.lapse_due(now=now)
        state = ledger.state(portfolio, now=now)
        live = model.live(now)
        assert state.used == len(live)
        soonest = [at + LIFE for at in sorted(live.values())]
        assert ledger.frees(portfolio, PEOPLE, now=now) == soonest
        assert state.free_for_single == (
            None if model.most is None else max(0, model.most - len(live))
        )
        kept = TierReservation.objects.filter(portfolio_id=portfolio, places__gt=0)
        assert {keys[row.run_id]: row.places for row in kept} == {
            key: places for key, places in model.reserved.items() if places
        }
    kept_now, counted = ledger.recount(portfolio, now=now)
    assert kept_now == counted == len(model.live(now))
