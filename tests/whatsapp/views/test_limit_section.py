"""The messaging limit on the configuration page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ats.models import Role
from ats.tenancy import company_scope
from tests.factories.ats import CompanyFactory, UserFactory
from tests.factories.whatsapp import NOW, SenderFactory, WabaFactory, World
from tests.whatsapp.sending.places import ask, make_run
from whatsapp.connection.limits import learn
from whatsapp.models import Waba
from whatsapp.policy.tiers import next_step
from whatsapp.selectors.configuration import recipient_settings
from whatsapp.selectors.limits import LimitView, limit_views
from whatsapp.sending import ledger

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def view(world: World) -> LimitView:
    with company_scope(world.company), timezone.override("Europe/Rome"):
        wabas = list(Waba.objects.all())
        [found] = limit_views(world.company.pk, wabas, recipient_settings(), "Europe/Rome", now=NOW)
        return found


def use(world: World, people: range, *, ago: timedelta) -> None:
    portfolio_id = world.sender.waba.portfolio_id
    asks = [ask(world, person, author_id=world.alice.pk) for person in people]
    ledger.admit(portfolio_id, asks, run=None, now=NOW - ago)


def test_places_are_shown_with_the_hour_in_which_they_come_free(world: World) -> None:
    learn(world.sender.waba.portfolio_id, "TIER_2K", at=NOW, now=NOW)
    use(world, range(3), ago=23 * HOUR)
    use(world, range(3, 5), ago=3 * HOUR)
    # Who is written to again keeps the place, and it comes free later.
    ledger.admit(
        world.sender.waba.portfolio_id, [ask(world, 0, holder="m99")], run=None, now=NOW - 2 * HOUR
    )
    found = view(world)
    assert (found.most, found.used) == (2000, 5)
    # It is 15:18 in Rome.
    places = {hour.clock: hour.places for hour in found.hours if hour.places}
    assert places == {"16:00": 2, "12:00": 2, "13:00": 1}
    assert found.used + found.reserved + found.kept + found.free == 2000


def test_who_used_them_names_own_people_and_no_other_company(world: World) -> None:
    use(world, range(3), ago=HOUR)
    resorts = CompanyFactory(modules=["whatsapp"])
    with company_scope(resorts):
        waba = WabaFactory(company=resorts, portfolio_id=world.sender.waba.portfolio_id)
        theirs = SenderFactory(company=resorts, waba=waba, verified_name="Resorts")
    run = make_run(world)
    ledger.admit(world.sender.waba.portfolio_id, [ask(world, 9)], now=NOW - HOUR, run=run)
    other = ledger.Ask("m77", resorts.pk, theirs.pk, "+254700000077", author_id=None)
    ledger.admit(world.sender.waba.portfolio_id, [other], run=None, now=NOW - HOUR)
    found = view(world)
    assert [(one.what, one.people) for one in found.users] == [
        ("Single messages", 3),
        ("Bulk send “Night shift”", 1),
    ]
    assert found.users[0].who == f"{world.alice.full_name}, from {world.sender.name}"
    assert found.others == 1


def test_the_way_up_counts_people_of_days_and_names_who_holds_it_up(world: World) -> None:
    learn(world.sender.waba.portfolio_id, "TIER_2K", at=NOW, now=NOW)
    use(world, range(4), ago=timedelta(days=6))
    use(world, range(2, 6), ago=timedelta(days=8))
    with company_scope(world.company):
        world.sender.quality_rating = "YELLOW"
        world.sender.save()
    way = view(world).way
    assert way is not None
    assert (way.to, way.done, way.needed, way.days) == (10_000, 4, 1_000, 7)
    assert way.held_up_by == (world.sender.name,)


def test_out_of_the_smallest_tier_verification_leads() -> None:
    step = next_step(250, NOW)
    assert step is not None
    assert (step.to, step.needed, step.by_verification) == (2000, 2000, True)
    assert next_step(100_000, NOW) is not None
    assert next_step(None, NOW) is None


def test_the_page_shows_it(world: World, client: Client) -> None:
    use(world, range(3), ago=HOUR)
    client.force_login(UserFactory(company=world.company, role=Role.WHATSAPP_ADMIN))
    page = client.get(reverse("whatsapp:configuration")).content.decode()
    assert "of 250 used in the last 24 hours" in page
    assert "When places come free" in page
