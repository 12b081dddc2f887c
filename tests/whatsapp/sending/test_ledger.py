"""Places of a portfolio's messaging limit: taken, shared, reserved, given back and free again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from ats.tenancy import all_companies
from tests.factories.whatsapp import NOW, World, make_world
from tests.whatsapp.sending.places import ask, make_run
from whatsapp.connection.limits import learn
from whatsapp.models import BulkRun, PortfolioLimit, RunState, TierReservation, TierUse, Waba
from whatsapp.sending import ledger
from whatsapp.sending.ledger import Admission, Ask, Share

LIFE = ledger.life(NOW)
MICRO = timedelta(microseconds=1)


@pytest.fixture
def portfolio(world: World) -> str:
    """Its limit is 250, 25 of them for single messages."""
    portfolio_id = world.sender.waba.portfolio_id
    learn(portfolio_id, "TIER_250", at=NOW, now=NOW)
    return portfolio_id


@pytest.fixture
def charlies(world: World, portfolio: str) -> World:
    """Another company on the same portfolio."""
    other = make_world()
    with all_companies():
        Waba.objects.filter(pk=other.sender.waba_id).update(portfolio_id=portfolio)
    other.sender.waba.portfolio_id = portfolio
    return other


def admit(
    world: World, people: Iterable[int], *, run: BulkRun | None = None, now: datetime = NOW
) -> Admission:
    asks = [ask(world, n, holder=f"r{run.pk}.{n}" if run else "") for n in people]
    return ledger.admit(world.sender.waba.portfolio_id, asks, run=run, now=now)


def used(portfolio: str, now: datetime = NOW) -> int:
    return ledger.state(portfolio, now=now).used


# Who may use what


def test_a_run_leaves_the_share_for_single_messages(world: World, portfolio: str) -> None:
    first = admit(world, range(300), run=make_run(world))
    assert (len(first.granted), len(first.refused)) == (225, 75)
    assert first.refused[0].endswith(".225")
    assert first.frees_at == NOW + LIFE
    singles = admit(world, range(1000, 1030))
    assert (len(singles.granted), len(singles.refused)) == (25, 5)


def test_a_person_takes_one_place_however_often_they_are_written_to(
    world: World, portfolio: str
) -> None:
    admit(world, range(250))
    again = ledger.admit(portfolio, [ask(world, 7, holder="m9007")], run=None, now=NOW)
    assert again.granted == {"m9007"}
    assert used(portfolio) == 250


def test_two_messages_to_one_new_person_in_one_batch_take_one_place(
    world: World, portfolio: str
) -> None:
    admit(world, range(249))
    asks = [ask(world, 500, holder="m1000"), ask(world, 500, holder="m1001")]
    assert ledger.admit(portfolio, asks, run=None, now=NOW).granted == {"m1000", "m1001"}
    assert used(portfolio) == 250


@pytest.mark.parametrize(
    "numbers",
    [
        ("+5511987654321", "551187654321"),
        ("+5215512345678", "525512345678"),
        ("+254722555014", "254722555014"),
    ],
)
def test_two_spellings_of_a_number_are_one_person(
    world: World, portfolio: str, numbers: tuple[str, str]
) -> None:
    for place, number in enumerate(numbers):
        one = Ask(f"m{place}", world.company.pk, world.sender.pk, number=number)
        ledger.admit(portfolio, [one], run=None, now=NOW)
    assert used(portfolio) == 1


def test_somebody_without_a_number_takes_a_place_by_their_user_id(
    world: World, portfolio: str
) -> None:
    for holder, user_id in (("m1", "KE.1"), ("m2", "KE.1"), ("m3", "KE.2")):
        one = Ask(holder, world.company.pk, world.sender.pk, user_id=user_id)
        ledger.admit(portfolio, [one], run=None, now=NOW)
    assert used(portfolio) == 2
    nobody = Ask("m4", world.company.pk, world.sender.pk)
    with pytest.raises(ValueError, match="neither"):
        ledger.admit(portfolio, [nobody], run=None, now=NOW)


def test_companies_of_one_portfolio_share_its_limit_and_are_not_named_to_each_other(
    world: World, charlies: World, portfolio: str
) -> None:
    run = make_run(charlies)
    assert len(admit(charlies, range(200), run=run).granted) == 200
    mine = ledger.admit(
        portfolio,
        [ask(world, n, author_id=world.alice.pk) for n in range(1000, 1100)],
        run=None,
        now=NOW,
    )
    assert len(mine.granted) == 50
    shares = ledger.used_by(portfolio, world.company.pk, now=NOW)
    assert shares.own == (Share(world.sender.pk, None, world.alice.pk, 50),)
    assert shares.others == 200
    theirs = ledger.used_by(portfolio, charlies.company.pk, now=NOW)
    assert (theirs.own, theirs.others) == ((Share(charlies.sender.pk, run.pk, None, 200),), 50)


def test_a_place_is_told_once_of_a_person_that_two_runs_write_to(
    world: World, portfolio: str
) -> None:
    first, second = make_run(world), make_run(world)
    admit(world, range(10), run=first)
    admit(world, range(5, 15), run=second, now=NOW + MICRO)
    shares = ledger.used_by(portfolio, world.company.pk, now=NOW + MICRO).own
    assert {share.run_id: share.people for share in shares} == {first.pk: 10, second.pk: 5}


# A message asked for again


def test_asking_again_for_a_holder_takes_nothing(world: World, portfolio: str) -> None:
    run = make_run(world)
    admit(world, range(225), run=run)
    again = admit(world, range(225), run=run)
    assert len(again.granted) == 225
    assert (used(portfolio), TierUse.objects.count()) == (225, 225)


def test_a_retry_holds_its_place_from_then_on(world: World, portfolio: str) -> None:
    admit(world, [1])
    later = NOW + timedelta(hours=20)
    admit(world, [1], now=later)
    assert used(portfolio, NOW + LIFE) == 1
    assert used(portfolio, later + LIFE) == 0


def test_a_holder_whose_use_has_lapsed_needs_a_place_again(world: World, portfolio: str) -> None:
    admit(world, [1])
    later = NOW + LIFE
    admit(world, range(1000, 1250), now=later)
    assert admit(world, [1], now=later).refused == ("m1",)


def test_a_holder_that_turns_out_to_be_for_somebody_else_takes_only_their_place(
    world: World, portfolio: str
) -> None:
    admit(world, range(250))
    moved = ledger.admit(portfolio, [ask(world, 999, holder="m7")], run=None, now=NOW)
    assert moved.granted == {"m7"}
    assert ledger.recount(portfolio, now=NOW) == (250, 250)
    # Whoever it was for before has no place any more.
    again = ledger.admit(portfolio, [ask(world, 7, holder="m1007")], run=None, now=NOW)
    assert again.refused == ("m1007",)


# Places come free


def test_a_place_comes_free_when_its_use_lapses_and_not_before(
    world: World, portfolio: str
) -> None:
    admit(world, range(250))
    early = admit(world, [250], now=NOW + LIFE - MICRO)
    assert (early.refused, early.frees_at) == (("m250",), NOW + LIFE)
    assert used(portfolio, NOW + LIFE - MICRO) == 250
    assert ledger.state(portfolio, now=NOW + LIFE).free_for_single == 250
    assert admit(world, [250], now=NOW + LIFE).granted == {"m250"}
    assert ledger.recount(portfolio, now=NOW + LIFE) == (1, 1)


def test_a_use_outlives_metas_24_hours_by_what_a_prompt_delivery_and_clocks_may_take() -> None:
    assert timedelta(hours=24) + ledger.PROMPT < LIFE <= timedelta(hours=24, minutes=2)


def test_a_person_has_the_place_until_their_last_use_has_lapsed(
    world: World, portfolio: str
) -> None:
    admit(world, [1])
    hour = timedelta(hours=1)
    ledger.admit(portfolio, [ask(world, 1, holder="m1001")], run=None, now=NOW + hour)
    admit(world, [2], now=NOW + 2 * hour)
    expected = [NOW + hour + LIFE, NOW + 2 * hour + LIFE]
    assert ledger.frees(portfolio, 5, now=NOW + 3 * hour) == expected
    assert ledger.frees_at(portfolio, 2, now=NOW + 3 * hour) == expected[1]
    assert ledger.frees_at(portfolio, 3, now=NOW + 3 * hour) is None
    assert used(portfolio, NOW + LIFE) == 2
    assert used(portfolio, expected[0]) == 1


def test_a_refused_run_is_told_when_the_first_place_for_it_comes_free(
    world: World, portfolio: str
) -> None:
    """Single messages have used 10 of the places that runs may use up to: as many have to lapse."""
    for minute in range(235):
        admit(world, [minute], now=NOW + timedelta(minutes=minute))
    now = NOW + timedelta(minutes=240)
    refused = admit(world, [1000], run=make_run(world), now=now)
    assert refused.frees_at == NOW + timedelta(minutes=10) + LIFE


def test_what_was_not_delivered_gives_its_place_back_once(world: World, portfolio: str) -> None:
    admit(world, range(250))
    assert ledger.give_back("m7", now=NOW)
    assert not ledger.give_back("m7", now=NOW)
    assert not ledger.give_back("m12345", now=NOW)
    assert used(portfolio) == 249
    assert len(admit(world, [300, 301]).granted) == 1


def test_a_person_with_another_live_use_keeps_the_place(world: World, portfolio: str) -> None:
    admit(world, [1])
    ledger.admit(portfolio, [ask(world, 1, holder="m1001")], run=None, now=NOW)
    assert not ledger.give_back("m1", now=NOW)
    assert used(portfolio) == 1
    assert ledger.give_back("m1001", now=NOW)
    assert used(portfolio) == 0


def test_a_late_delivery_dates_the_use(world: World, portfolio: str) -> None:
    """A phone that was off all night: Meta counts from the morning."""
    admit(world, [1])
    at = NOW + timedelta(hours=9)
    assert ledger.delivered("m1", at=at, now=at)
    assert not ledger.delivered("m1", at=at, now=at)
    assert used(portfolio, NOW + LIFE) == 1
    assert used(portfolio, at + LIFE) == 0


def test_a_prompt_delivery_writes_nothing(world: World, portfolio: str) -> None:
    admit(world, [1])
    assert not ledger.delivered("m1", at=NOW + ledger.PROMPT, now=NOW + ledger.PROMPT)
    assert not ledger.delivered("m404", at=NOW, now=NOW)


@pytest.mark.parametrize("marked", [True, False])
def test_a_delivery_after_its_use_has_lapsed_takes_the_place_again(
    world: World, portfolio: str, marked: bool
) -> None:
    admit(world, [1])
    at = NOW + timedelta(days=3)
    if marked:
        ledger.lapse_due(now=at)
    assert used(portfolio, at) == 0
    assert ledger.delivered("m1", at=at, now=at)
    assert used(portfolio, at) == 1
    assert ledger.recount(portfolio, now=at) == (1, 1)


def test_a_delivery_that_we_hear_of_a_day_later_takes_nothing(world: World, portfolio: str) -> None:
    admit(world, [1])
    at = NOW + timedelta(days=3)
    ledger.lapse_due(now=at)
    assert not ledger.delivered("m1", at=at, now=at + LIFE)
    assert used(portfolio, at + LIFE) == 0


def test_a_delivery_after_a_failure_takes_the_place_again(world: World, portfolio: str) -> None:
    """Meta may tell both, in any order."""
    admit(world, [1])
    ledger.give_back("m1", now=NOW)
    assert ledger.delivered("m1", at=NOW, now=NOW)
    assert ledger.recount(portfolio, now=NOW) == (1, 1)


# Reservations


def test_what_one_run_has_reserved_no_other_run_takes(world: World, portfolio: str) -> None:
    planned = make_run(world, state=RunState.SCHEDULED)
    assert ledger.reserve(planned, 200, now=NOW) == 200
    other = make_run(world)
    assert ledger.reserve(other, 100, now=NOW) == 25
    assert len(admit(world, range(100), run=other).granted) == 25
    assert ledger.state(portfolio, now=NOW, run=other).free_for_bulk == 0
    assert ledger.state(portfolio, now=NOW, run=planned).free_for_bulk == 200
    assert len(admit(world, range(1000, 1300), run=planned).granted) == 200
    # Used up: the first that lapse are anybody's.
    later = NOW + LIFE
    assert len(admit(world, range(2000, 2300), run=other, now=later).granted) == 225


def test_reserving_again_replaces_what_was_reserved(world: World, portfolio: str) -> None:
    run = make_run(world, state=RunState.SCHEDULED)
    assert ledger.reserve(run, 200, now=NOW) == 200
    assert ledger.reserve(run, 40, now=NOW) == 40
    assert ledger.state(portfolio, now=NOW).reserved == 40


def test_a_reservation_ends_with_its_release_and_rests_while_the_run_is_paused(
    world: World, portfolio: str
) -> None:
    run = make_run(world, state=RunState.SCHEDULED)
    ledger.reserve(run, 200, now=NOW)
    with all_companies():
        BulkRun.objects.filter(pk=run.pk).update(state=RunState.PAUSED)
    assert ledger.state(portfolio, now=NOW).free_for_bulk == 225
    with all_companies():
        BulkRun.objects.filter(pk=run.pk).update(state=RunState.RUNNING)
    assert ledger.state(portfolio, now=NOW).free_for_bulk == 25
    ledger.release(run)
    assert ledger.state(portfolio, now=NOW).free_for_bulk == 225


def test_single_messages_may_use_reserved_places_and_then_runs_share_the_rest(
    world: World, portfolio: str
) -> None:
    """Two reservations over less than both: none keeps the other from what is left."""
    first, second = make_run(world), make_run(world)
    ledger.reserve(first, 100, now=NOW)
    ledger.reserve(second, 125, now=NOW)
    assert len(admit(world, range(1000, 1120)).granted) == 120
    granted = len(admit(world, range(2000, 2200), run=first).granted)
    granted += len(admit(world, range(3000, 3200), run=second).granted)
    assert granted == 105
    assert ledger.state(portfolio, now=NOW, run=second).free_for_bulk == 0


def test_places_that_lapse_while_a_run_asks_stay_reserved_for_the_other(
    world: World, portfolio: str
) -> None:
    """More have lapsed than it asks for, and single messages hold what is left."""
    for person in range(100):
        admit(world, [person])
    hour = timedelta(hours=1)
    admit(world, range(1000, 1100), now=NOW + hour)
    reserving = make_run(world, state=RunState.SCHEDULED)
    later = NOW + LIFE
    assert ledger.reserve(reserving, 125, now=later) == 125
    other = make_run(world)
    assert admit(world, [5000, 5001], run=other, now=later).refused == (
        f"r{other.pk}.5000",
        f"r{other.pk}.5001",
    )
    assert admit(world, [5000], run=other, now=later).frees_at == NOW + hour + LIFE
    assert len(admit(world, range(6000, 6200), run=reserving, now=later).granted) == 125


def test_a_run_that_begins_later_than_a_day_reserves_as_if_nothing_were_used(
    world: World, portfolio: str
) -> None:
    admit(world, range(225), run=make_run(world))
    next_week = make_run(world, state=RunState.SCHEDULED, starts_at=NOW + timedelta(days=7))
    assert ledger.reserve(next_week, 300, now=NOW) == 225
    # And keeps nobody from places that will have lapsed by then.
    today = make_run(world)
    assert len(admit(world, range(1000, 1300), run=today, now=NOW + LIFE).granted) == 225


# Limits


def test_a_portfolio_that_meta_told_nothing_about_has_the_smallest_limit(world: World) -> None:
    portfolio_id = world.sender.waba.portfolio_id
    assert ledger.state(portfolio_id, now=NOW).most == 250
    assert len(admit(world, range(251)).granted) == 250
    assert not learn(portfolio_id, "TIER_NOT_SET", at=NOW, now=NOW)
    assert ledger.state(portfolio_id, now=NOW).most == 250


def test_without_a_limit_everybody_is_granted_and_written_down(world: World) -> None:
    portfolio_id = world.sender.waba.portfolio_id
    learn(portfolio_id, "TIER_UNLIMITED", at=NOW, now=NOW)
    run = make_run(world)
    assert ledger.reserve(run, 1000, now=NOW) == 1000
    assert len(admit(world, range(300), run=run).granted) == 300
    state = ledger.state(portfolio_id, now=NOW)
    assert (state.most, state.used, state.free_for_bulk) == (None, 300, None)
    # A limit that comes later knows who was written to.
    learn(portfolio_id, "TIER_250", at=NOW, now=NOW)
    refused = admit(world, [1000])
    assert (refused.refused, refused.frees_at) == (("m1000",), NOW + LIFE)


def test_a_raise_is_told_and_a_lower_limit_is_not(world: World, portfolio: str) -> None:
    for tier, raised in (
        ("TIER_2K", True),
        ("TIER_2K", False),
        ("TIER_250", False),
        ("TIER_UNLIMITED", True),
        ("TIER_100K", False),
    ):
        assert learn(portfolio, tier, at=NOW, now=NOW) is raised


def test_older_news_does_not_undo_newer(world: World, portfolio: str) -> None:
    learn(portfolio, "TIER_2K", at=NOW + timedelta(minutes=1), now=NOW + timedelta(minutes=1))
    assert not learn(portfolio, "TIER_100K", at=NOW, now=NOW + timedelta(minutes=2))
    assert not learn(portfolio, "TIER_NOT_SET", at=NOW + timedelta(hours=1), now=NOW)
    assert ledger.state(portfolio, now=NOW).most == 2000


def test_a_raise_has_the_waiting_runs_of_every_company_on_the_portfolio_looked_at(
    world: World, charlies: World, portfolio: str, django_capture_on_commit_callbacks: Any
) -> None:
    waiting = [make_run(one, state=RunState.WAITING) for one in (world, charlies)]
    paused = make_run(world, state=RunState.PAUSED)
    elsewhere = make_run(make_world(), state=RunState.WAITING)
    with django_capture_on_commit_callbacks(execute=True):
        learn(portfolio, "TIER_2K", at=NOW, now=NOW)
    with all_companies():
        looked_at = dict(BulkRun.objects.values_list("pk", "look_at"))
    assert {looked_at[run.pk] for run in waiting} == {NOW}
    assert {looked_at[paused.pk], looked_at[elsewhere.pk]} == {None}


def test_accounts_of_an_unknown_portfolio_do_not_share_a_limit(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    other = make_world()
    for one in (world, other):
        one.sender.waba.portfolio_id = ""
    mine, theirs = (ledger.portfolio_of(one.sender.waba) for one in (world, other))
    assert mine != theirs
    run = make_run(world, state=RunState.WAITING)
    with all_companies():
        Waba.objects.update(portfolio_id="")
    with django_capture_on_commit_callbacks(execute=True):
        learn(mine, "TIER_2K", at=NOW, now=NOW)
    with all_companies():
        assert BulkRun.objects.get(pk=run.pk).look_at == NOW
    assert ledger.state(theirs, now=NOW).most == 250


# The counter


def test_a_counter_that_went_wrong_is_told_and_put_right(world: World, portfolio: str) -> None:
    admit(world, range(10))
    assert ledger.recount(portfolio, now=NOW) == (10, 10)
    PortfolioLimit.objects.update(used=17)
    assert ledger.recount(portfolio, now=NOW) == (17, 10)
    assert ledger.recount(portfolio, now=NOW) == (10, 10)


def test_what_has_lapsed_is_marked_by_the_sweep(world: World, portfolio: str) -> None:
    admit(world, range(100))
    admit(world, [7, 200], now=NOW + timedelta(hours=1))
    assert ledger.lapse_due(now=NOW + LIFE) == 99
    assert PortfolioLimit.objects.get().used == 2
    assert ledger.lapse_due(now=NOW + LIFE) == 0


def test_a_run_that_is_gone_takes_its_reservation_along(world: World, portfolio: str) -> None:
    run = make_run(world, state=RunState.SCHEDULED)
    ledger.reserve(run, 200, now=NOW)
    with all_companies():
        run.delete()
    assert not TierReservation.objects.exists()
    assert ledger.state(portfolio, now=NOW).free_for_bulk == 225


def test_what_has_lapsed_of_a_person_is_not_counted_beside_their_new_use(
    world: World, portfolio: str
) -> None:
    for minute in range(20):
        admit(world, [minute], now=NOW + timedelta(minutes=minute))
    later = NOW + timedelta(hours=1) + LIFE
    # The newest of twenty that lapsed.
    ledger.admit(portfolio, [ask(world, 19, holder="m1019")], run=None, now=later)
    assert used(portfolio, later) == 1
    assert ledger.recount(portfolio, now=later) == (1, 1)


def test_workers_whose_clocks_are_apart_never_free_a_place_early(
    world: World, portfolio: str
) -> None:
    admit(world, range(250))
    behind = NOW + LIFE - timedelta(seconds=5)
    # One that is ahead sees that the places are free, another is dated by its own clock.
    ledger.lapse_due(now=NOW + LIFE)
    admit(world, [1000], now=behind)
    first, last = (TierUse.objects.get(holder=holder) for holder in ("m0", "m1000"))
    assert last.taken_at - first.taken_at >= timedelta(hours=24)
