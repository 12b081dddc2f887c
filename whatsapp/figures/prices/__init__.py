"""Meta's rate cards: what a delivered message costs, by currency, first day, market and category.

A card is a CSV beside this file, named after its first day and currency; `markets.toml` says which
countries are which market. A price is the list price: volume tiers lower it for utility and
authentication. Days are those of the account's time zone.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

from whatsapp.figures.loader import HERE, FiguresError, read_toml

CATEGORIES = ("marketing", "utility", "authentication", "authentication_international", "service")
# By category, in capital letters as a template's; what is not known is not in it.
Rates = Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Card:
    """`rates` by market: the ISO 3166 code of a market of one country, the name of a group."""

    currency: str
    first_day: date
    rates: Mapping[str, Rates]

    def rate(self, region: str, category: str) -> Decimal | None:
        """None where the country's market, or its price, is not known. `region` is an ISO code."""
        market = self.market_of(region)
        return self.rates.get(market, {}).get(category) if market else None

    def market_of(self, region: str) -> str | None:
        """A country is priced by itself once a card has it, and in its group before."""
        country = markets().calling_code_of.get(region, region)
        return country if country in self.rates else markets().group_of.get(country)


@dataclass(frozen=True, slots=True)
class Markets:
    """`countries` by the names that Meta's cards have; `group_of` and `calling_code_of` by ISO
    code; `without` are the countries of which it is known that no price is known."""

    countries: Mapping[str, str]
    groups: frozenset[str]
    group_of: Mapping[str, str]
    calling_code_of: Mapping[str, str]
    without: frozenset[str]

    def key(self, name: str) -> str | None:
        """What a card's market is kept by; None for one that is not known."""
        return name if name in self.groups else self.countries.get(name)


@cache
def markets() -> Markets:
    document = read_toml("prices/markets.toml")
    if not document.get("from") or not document.get("source"):
        raise FiguresError("prices/markets.toml lacks its from date or its source")
    groups: dict[str, list[str]] = document["groups"]
    return Markets(
        countries=document["countries"],
        groups=frozenset(groups),
        group_of={country: name for name, found in groups.items() for country in found},
        calling_code_of=document["calling_code_of"],
        without=frozenset(one for found in document["without"].values() for one in found),
    )


@cache
def shipped_cards() -> tuple[Card, ...]:
    """Those that came with this version."""
    return tuple(_card(path) for path in sorted((HERE / "prices").glob("*.csv")))


def free_in_window(day: date) -> frozenset[str]:
    """The categories that cost nothing while the customer service window is open."""
    entries = read_toml("prices/free.toml")["in_window"]
    found = [one for one in entries if one["from"] <= day]
    return frozenset(max(found, key=lambda one: one["from"])["value"]) if found else frozenset()


def entry_point_hours() -> int:
    """How long everything is free after the first answer to somebody who came from an ad."""
    hours: int = read_toml("prices/free.toml")["entry_point_hours"]["value"]
    return hours


def _card(path: Path) -> Card:
    year, month, day, currency = path.stem.split("-")
    lines = (one for one in path.read_text(encoding="utf-8").splitlines() if one[:1] != "#")
    rates = dict(_rows(path.name, csv.DictReader(lines)))
    return Card(currency.upper(), date(int(year), int(month), int(day)), rates)


def _rows(name: str, rows: csv.DictReader[str]) -> Iterator[tuple[str, Rates]]:
    for row in rows:
        market = markets().key(row["market"])
        if market is None:
            raise FiguresError(f"prices/{name}: {row['market']} is in no list of markets.toml")
        try:
            yield market, {one.upper(): Decimal(row[one]) for one in CATEGORIES if row[one]}
        except InvalidOperation as error:
            raise FiguresError(f"prices/{name}: {row['market']}: a price is no number") from error
