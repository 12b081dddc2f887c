"""The messaging limit on the configuration page: how full, by whom, when places come free, and what
is missing for the next tier."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from ats.public import User
from whatsapp.models import BulkRun, CompanySettings, PortfolioLimit, Sender, TierUse, Waba
from whatsapp.policy import tiers
from whatsapp.policy.quiet import quiet_until, read_quiet
from whatsapp.sending import ledger

HOUR = timedelta(hours=1)
# Pixels of the longest bar, and hours between two labels.
HIGHEST = 84
LABEL_EVERY = 4
# Whom the list of users names; what is left is one line.
MOST_USERS = 20


@dataclass(frozen=True, slots=True)
class Hour:
    """Places that come free in an hour. `label` is empty where none stands below the bar."""

    clock: str
    places: int
    height: int
    label: str
    is_most: bool
    is_quiet: bool


@dataclass(frozen=True, slots=True)
class Taker:
    """Who holds places, and how many people that is."""

    what: str
    who: str
    people: int


@dataclass(frozen=True, slots=True)
class Way:
    """To the next tier. `to` is None where that is unlimited."""

    to: int | None
    done: int
    needed: int
    days: int
    by_verification: bool
    # Names of senders whose quality stands in the way.
    held_up_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LimitView:
    """Places are people outside the window in 24 hours; `most` is None while unlimited. The four
    parts of the meter add up to `most`, or to what is used where that is more."""

    name: str
    most: int | None
    used: int
    reserved: int
    kept: int
    free: int
    learned_at: datetime | None
    hours: tuple[Hour, ...]
    has_quiet: bool
    users: tuple[Taker, ...]
    others: int
    way: Way | None

    @property
    def kept_from(self) -> int:
        """Where the last part of the meter begins: free places stand before it."""
        return self.used + self.reserved + self.free


def limit_views(
    company_id: int, wabas: Iterable[Waba], settings: CompanySettings, zone: str, *, now: datetime
) -> list[LimitView]:
    """One for each portfolio, of which a company has one as a rule."""
    portfolios: dict[str, str] = {}
    for waba in wabas:
        portfolios.setdefault(ledger.portfolio_of(waba), waba.portfolio_name or waba.name)
    return [
        _view(key, name, company_id, settings, zone, now=now) for key, name in portfolios.items()
    ]


def _view(
    portfolio_id: str,
    name: str,
    company_id: int,
    settings: CompanySettings,
    zone: str,
    *,
    now: datetime,
) -> LimitView:
    state = ledger.state(portfolio_id, now=now)
    limit = PortfolioLimit.objects.filter(portfolio_id=portfolio_id).first()
    used_by = ledger.used_by(portfolio_id, company_id, now=now)
    hours = _hours(portfolio_id, settings, zone, now=now)
    left = max(0, (state.most or 0) - state.used)
    kept = min(left, state.kept_for_singles)
    reserved = min(left - kept, state.reserved)
    return LimitView(
        name=name,
        most=state.most,
        used=state.used,
        reserved=reserved,
        kept=kept,
        free=left - kept - reserved,
        learned_at=limit.learned_at if limit else None,
        hours=hours,
        has_quiet=any(hour.is_quiet for hour in hours),
        users=_users(used_by.own),
        others=used_by.others,
        way=_way(portfolio_id, state.most, now=now),
    )


def _hours(
    portfolio_id: str, settings: CompanySettings, zone: str, *, now: datetime
) -> tuple[Hour, ...]:
    """By hours of the clock, the first of them the one that is on."""
    life = ledger.life(now)
    local = timezone.localtime(now)
    first = now - timedelta(minutes=local.minute, seconds=local.second)
    freed = TierUse.objects.last_uses_by_hour(portfolio_id, now - life, first - life)
    if not freed:
        return ()
    quiet = read_quiet(settings.quiet_times, settings.quiet_zone or zone)
    most = max(freed.values())
    found = []
    for number in range(max(24, *freed) + 1):
        at, places = first + number * HOUR, freed.get(number, 0)
        clock = f"{timezone.localtime(at):%H:%M}" if number else "now"
        found.append(
            Hour(
                clock=clock,
                places=places,
                height=max(2, round(HIGHEST * places / most)) if places else 0,
                label=clock if number % LABEL_EVERY == 0 else "",
                is_most=places == most,
                is_quiet=quiet_until(quiet, max(at, now)) is not None,
            )
        )
    return tuple(found)


def _users(shares: Iterable[ledger.Share]) -> tuple[Taker, ...]:
    shares = list(shares)
    runs = BulkRun.objects.in_bulk({one.run_id for one in shares if one.run_id})
    senders = Sender.objects.in_bulk({one.sender_id for one in shares})
    authors = User.objects.in_bulk({one.author_id for one in shares if one.author_id})
    found = []
    for one in shares[:MOST_USERS]:
        run, sender = runs.get(one.run_id or 0), senders.get(one.sender_id)
        author = authors.get(one.author_id or 0)
        what = f"Bulk send “{run.name}”" if run else "Single messages"
        who = [author.full_name if author else "", f"from {sender.name}" if sender else ""]
        found.append(Taker(what, ", ".join(filter(None, who)), one.people))
    rest = sum(one.people for one in shares[MOST_USERS:])
    return tuple(found) + ((Taker("Others", "with fewer each", rest),) if rest else ())


def _way(portfolio_id: str, most: int | None, *, now: datetime) -> Way | None:
    step = tiers.next_step(most, now)
    if step is None:
        return None
    low = Sender.objects.filter(
        is_gone=False, quality_rating__in=("YELLOW", "RED"), waba__portfolio_id=portfolio_id
    )
    return Way(
        to=step.to,
        done=TierUse.objects.people_since(portfolio_id, now - step.period),
        needed=step.needed,
        days=step.period.days,
        by_verification=step.by_verification,
        held_up_by=tuple(sender.name for sender in low.order_by("pk")[:5]),
    )
