"""What one message costs: by day, category, country, currency, and what is free."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from whatsapp.figures.prices import Card
from whatsapp.policy.price_sentences import say_amount, say_change, say_price
from whatsapp.policy.prices import Free, Price, in_free_entry_point, price_of

NOW = datetime(2026, 11, 20, 14, 18, tzinfo=UTC)
ROME = ZoneInfo("Europe/Rome")
JULY = Card(
    "EUR",
    date(2026, 7, 1),
    {"IT": {"MARKETING": Decimal("0.06"), "UTILITY": Decimal("0.02")}},
)
OCTOBER = Card(
    "EUR",
    date(2026, 10, 1),
    {"IT": {"MARKETING": Decimal("0.0658"), "UTILITY": Decimal("0.0248")}},
)
# Not in the order of their days, and one that is not yet in force.
CARDS = [Card("EUR", date(2027, 1, 1), {"IT": {"UTILITY": Decimal(9)}}), OCTOBER, JULY]
NAMES = {"IT": "Italy", "KE": "Kenya"}


def price(at: datetime = NOW, **facts: object) -> Price | None:
    asked = {"category": "UTILITY", "region": "IT", "currency": "EUR", "tz": ROME, **facts}
    return price_of(CARDS, now=at, **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("at", "in_open_window", "amount", "free"),
    [
        # The last minute of September and the first of October in Rome, which is UTC+2.
        ("2026-09-30T21:59Z", False, "0.02", None),
        ("2026-09-30T22:00Z", False, "0.0248", None),
        ("2026-09-30T21:59Z", True, "0", Free.WINDOW),
        ("2026-09-30T22:00Z", True, "0.0248", None),
        ("2026-12-31T22:59Z", False, "0.0248", None),
        ("2026-12-31T23:00Z", False, "9", None),
    ],
)
def test_a_price_changes_at_midnight_where_the_account_is(
    at: str, in_open_window: bool, amount: str, free: Free | None
) -> None:
    found = price(datetime.fromisoformat(at), in_open_window=in_open_window)
    assert found is not None
    assert (found.amount, found.free) == (Decimal(amount), free)


@pytest.mark.parametrize("at", [NOW, datetime(2026, 9, 1, tzinfo=UTC)])
def test_marketing_is_charged_in_the_open_window_too(at: datetime) -> None:
    found = price(at, category="MARKETING", in_open_window=True)
    assert found is not None
    assert found.amount > 0


@pytest.mark.parametrize("category", ["MARKETING", "UTILITY", "AUTHENTICATION"])
def test_everything_is_free_for_somebody_who_came_from_an_ad(category: str) -> None:
    """Also where no card says what it would cost."""
    found = price(category=category, region="BS", in_free_entry_point=True)
    assert found is not None
    assert (found.amount, found.free) == (0, Free.ENTRY_POINT)


@pytest.mark.parametrize(
    "facts",
    [
        {"region": "KE"},
        {"region": ""},
        {"currency": "USD"},
        {"currency": ""},
        {"category": "AUTHENTICATION"},
        {"category": "TRANSACTIONAL"},
        {"at": datetime(2026, 6, 30, tzinfo=UTC)},
    ],
    ids=str,
)
def test_what_no_card_says_has_no_price(facts: dict[str, object]) -> None:
    assert price(**facts) is None  # type: ignore[arg-type]


def test_of_two_cards_of_one_day_the_later_counts() -> None:
    loaded = Card("EUR", OCTOBER.first_day, {"IT": {"UTILITY": Decimal("0.03")}})
    facts = {"category": "UTILITY", "region": "IT", "currency": "EUR", "tz": ROME}
    found = price_of([OCTOBER, loaded], now=NOW, **facts)  # type: ignore[arg-type]
    assert found is not None
    assert found.amount == Decimal("0.03")


@pytest.mark.parametrize(
    ("hours_ago", "is_open"),
    [((), False), ((71,), True), ((72,), False), ((100, 71), False), ((140, 60), True)],
)
def test_a_free_entry_point_lasts_72_hours_from_the_first_free_message(
    hours_ago: tuple[int, ...], is_open: bool
) -> None:
    free_at = [NOW - timedelta(hours=hours) for hours in hours_ago]
    assert in_free_entry_point(free_at, now=NOW) is is_open


def test_a_price_is_said_with_its_category_country_and_day() -> None:
    found = price()
    assert found is not None
    said = say_price(found, country_name=NAMES.__getitem__)
    assert said == "about €0.0248: utility, Italy, prices of 1 October 2026"


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (
            {"in_open_window": True, "at": datetime(2026, 8, 1, tzinfo=UTC)},
            "free: utility in the open window costs nothing",
        ),
        (
            {"in_free_entry_point": True},
            "free for now: they came from an ad or a Facebook page",
        ),
    ],
)
def test_what_is_free_says_why(facts: dict[str, object], said: str) -> None:
    found = price(**facts)  # type: ignore[arg-type]
    assert found is not None
    assert say_price(found, country_name=NAMES.__getitem__) == said


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        ("0.0500", "EUR", "€0.05"),
        ("0.1", "USD", "$0.10"),
        ("0.0008", "GBP", "£0.0008"),
        ("2280.0000", "COP", "COP 2280.00"),
        ("12", "INR", "₹12.00"),
        ("0", "EUR", "€0.00"),
    ],
)
def test_an_amount_has_its_places_and_two_at_least(amount: str, currency: str, said: str) -> None:
    assert say_amount(Price(Decimal(amount), currency, "UTILITY", "IT", None)) == said


def test_another_category_is_said_with_both_prices() -> None:
    old, new = price(), price(category="MARKETING")
    assert old is not None
    assert new is not None
    said = [
        say_change(old, new, is_done=is_done, country_name=NAMES.__getitem__)
        for is_done in (True, False)
    ]
    assert said == [
        "A message to Italy now costs about €0.0658 instead of €0.0248.",
        "A message to Italy will cost about €0.0658 instead of €0.0248.",
    ]
