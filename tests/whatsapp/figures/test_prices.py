"""The rate cards that come with the program, and which country is priced in which market."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import phonenumbers
import pytest

from whatsapp.figures import FiguresError, prices
from whatsapp.figures.prices import Card, free_in_window, markets, shipped_cards

CARDS = {(card.currency, card.first_day): card for card in shipped_cards()}
OCTOBER = date(2026, 10, 1)


def test_every_country_that_has_numbers_has_a_market_or_is_said_to_have_none() -> None:
    known = markets()
    placed = {*known.countries.values(), *known.group_of, *known.calling_code_of}
    assert not placed & known.without
    assert placed | known.without == phonenumbers.SUPPORTED_REGIONS


def test_no_country_is_in_two_groups() -> None:
    listed = [one for found in _groups().values() for one in found]
    assert len(listed) == len(set(listed))


def _groups() -> dict[str, list[str]]:
    found: dict[str, list[str]] = prices.read_toml("prices/markets.toml")["groups"]
    return found


@pytest.mark.parametrize("currency", ["USD", "EUR"])
def test_a_card_of_october_2026_has_each_of_metas_47_markets(currency: str) -> None:
    """Also those without a price: or their countries would have that of their group."""
    card = CARDS[currency, OCTOBER]
    assert len(card.rates) == 47
    assert set(card.rates) == markets().groups | set(markets().countries.values())


@pytest.mark.parametrize(
    ("currency", "region", "marketing", "utility"),
    [
        ("USD", "IT", "0.0795", "0.0300"),
        ("USD", "KE", "0.0225", "0.0040"),
        ("USD", "BR", "0.0625", "0.0068"),
        ("USD", "KZ", "0.0604", "0.0180"),
        ("EUR", "IT", "0.0658", "0.0248"),
        ("EUR", "KE", "0.0186", "0.0033"),
        ("EUR", "DE", "0.1131", "0.0456"),
        # Meta changed one of them, and the new one is not confirmed.
        ("EUR", "ZA", "0.0314", None),
        ("EUR", "AE", None, "0.0130"),
        # Morocco has a price of its own since then, and not Rest of Africa's.
        ("EUR", "MA", None, None),
        # +1, and not North America.
        ("USD", "DO", "0.0740", "0.0113"),
        ("USD", "JM", "0.0740", "0.0113"),
        ("USD", "PR", "0.0740", "0.0113"),
        ("USD", "CA", "0.0250", "0.0034"),
        # The code is Britain's.
        ("USD", "JE", "0.0635", "0.0220"),
        ("USD", "BS", None, None),
        ("USD", "CU", None, None),
        ("USD", "001", None, None),
    ],
)
def test_prices_as_of_october_2026(
    currency: str, region: str, marketing: str | None, utility: str | None
) -> None:
    card = CARDS[currency, OCTOBER]
    for category, price in (("MARKETING", marketing), ("UTILITY", utility)):
        assert card.rate(region, category) == (None if price is None else Decimal(price))


def test_a_country_is_priced_in_its_group_until_a_card_has_it() -> None:
    group = {"Rest of Africa": {"UTILITY": Decimal("0.0040")}}
    before = Card("USD", date(2026, 7, 1), group)
    after = Card("USD", OCTOBER, {**group, "MA": {"UTILITY": Decimal("0.0230")}})
    assert before.rate("MA", "UTILITY") == Decimal("0.0040")
    assert after.rate("MA", "UTILITY") == Decimal("0.0230")
    # +7 was Russia's; what Kazakhstan cost is not known.
    assert before.rate("KZ", "UTILITY") is None


def test_utility_was_free_in_the_window_for_five_quarters() -> None:
    days = (date(2025, 6, 30), date(2025, 7, 1), date(2026, 9, 30), OCTOBER)
    assert [sorted(free_in_window(day)) for day in days] == [[], ["UTILITY"], ["UTILITY"], []]


@pytest.mark.parametrize(
    ("line", "problem"),
    [("Atlantis,0.1,0.1,0.1,,0.1", "in no list"), ("Italy,ten,0.1,0.1,,0.1", "no number")],
)
def test_a_card_that_is_wrong_says_where(tmp_path: Path, line: str, problem: str) -> None:
    path = tmp_path / "2026-10-01-usd.csv"
    path.write_text(f"# Source: Meta\nmarket,{','.join(prices.CATEGORIES)}\n{line}\n")
    with pytest.raises(FiguresError, match=f"2026-10-01-usd.csv: .*{problem}"):
        prices._card(path)
